/** The caller asked for something that can't be; the message says what can. Ends the program with code 2. */
export class UsageError extends Error {}
