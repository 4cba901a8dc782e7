/** Text from outside, fit for a terminal: at most 80 characters, none of which moves the cursor or hides another. */
export function printable(text: string): string {
  const visible = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return visible.length > 80 ? `${visible.slice(0, 79)}…` : visible;
}
