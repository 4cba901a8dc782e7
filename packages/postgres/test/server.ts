/** Where the tests find a real server. */
export function testServerUrl(): string {
  const url = process.env["REVO_TEST_POSTGRES_URL"];
  if (url === undefined || url === "") {
    throw new Error("Set REVO_TEST_POSTGRES_URL to a PostgreSQL database that tests may fill");
  }
  return url;
}
