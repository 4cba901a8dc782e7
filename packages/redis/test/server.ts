/** Where the tests find a Redis server; `undefined`: there is none, and what needs one is skipped by name. */
export const serverUrl: string | undefined = process.env["REVO_TEST_REDIS_URL"];
