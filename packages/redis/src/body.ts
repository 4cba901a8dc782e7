/**
 * What of a job no script reads: tags, payload and envelope in one text. The first line has the payload's length in bytes and in
 * UTF-16 units and the tags as JSON (nothing for none); payload and envelope follow without a separator.
 */
export interface JobBody {
  readonly tags: readonly string[];
  readonly payload: string;
  readonly envelope: string;
}

const NO_TAGS: readonly string[] = [];

/** The body as it is stored. `bytes`: of the payload, where they are known. */
export function encodeBody(
  { tags, payload, envelope }: JobBody,
  bytes: number = Buffer.byteLength(payload),
): string {
  const labels = tags.length === 0 ? "" : JSON.stringify(tags);
  return `${bytes} ${payload.length} ${labels}\n${payload}${envelope}`;
}

/** The stored body, or `undefined` when the text is none. */
export function decodeBody(text: string): JobBody | undefined {
  const line = text.indexOf("\n");
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  if (line < 0 || second < 0 || second > line) return undefined;
  const units = Number(text.slice(first + 1, second));
  const end = line + 1 + units;
  if (!Number.isInteger(units) || units < 0 || end > text.length) return undefined;
  return {
    tags: second + 1 === line ? NO_TAGS : parseTags(text.slice(second + 1, line)),
    payload: text.slice(line + 1, end),
    envelope: text.slice(end),
  };
}

/** The tags in the first line of a body; none when there is no such line. */
export function tagsOf(text: string): readonly string[] {
  const line = text.indexOf("\n");
  const second = text.indexOf(" ", text.indexOf(" ") + 1);
  if (second < 0 || second + 1 >= line) return [];
  return [...parseTags(text.slice(second + 1, line))];
}

function parseTags(text: string): readonly string[] {
  try {
    const tags: unknown = JSON.parse(text);
    return Array.isArray(tags) ? tags.map(String) : NO_TAGS;
  } catch {
    return NO_TAGS;
  }
}
