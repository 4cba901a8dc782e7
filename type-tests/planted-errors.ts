// Compiled only to see that the runner can fail: each line is an error that has to be reported.
export const wrong: number = "not a number";
// @ts-expect-error nothing is wrong with the next line
export const right: number = 1;
