import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { toSettings } from "../src/options.ts";
import { rootOf, storageKeyOf } from "../src/keys.ts";
import { RedisJobStorage } from "../src/redis-job-storage.ts";

const connectionString = "redis://127.0.0.1:6379";

describe("the options of a Redis storage", () => {
  it("have defaults for all but where the server is", () => {
    expect(toSettings({ connectionString })).toEqual({
      connectionString,
      client: undefined,
      prefix: "revo",
      durability: "server",
      callTimeoutMs: 5000,
      allowEviction: false,
      indexTags: false,
      partitions: 1,
    });
  });

  it("take a client of ioredis as a description of the server", () => {
    const client = new Redis({ lazyConnect: true });

    expect(toSettings({ client }).client).toBe(client);
    expect(client.status).toBe("wait");
  });

  it.each([
    [{}, "either `connectionString` or `client`"],
    [{ connectionString, client: new Redis({ lazyConnect: true }) }, "either"],
    [{ connectionString: "localhost" }, "`connectionString` to begin with redis://"],
    [{ client: {} }, "`client` to be a `Redis` or `Cluster`"],
    [{ connectionString, prefix: "" }, "`prefix` to be 1 to 64"],
    [{ connectionString, prefix: "{a}" }, "`prefix`"],
    [{ connectionString, prefix: "a b" }, "`prefix`"],
    [{ connectionString, durability: "memory" }, "`durability` to be server, replica or disk"],
    [{ connectionString, callTimeoutMs: 0 }, "`callTimeoutMs` to be an integer >= 1"],
    [{ connectionString, callTimeoutMs: 1.5 }, "`callTimeoutMs`"],
    [{ connectionString, allowEviction: "yes" }, "`allowEviction` to be true or false"],
    [{ connectionString, indexTags: 1 }, "`indexTags` to be true or false"],
    [{ connectionString, prefx: "a" }, "did you mean `prefix`?"],
    [{ connectionString, partitions: 65 }, "`partitions` to be an integer from 1 to 64"],
    [{ connectionString, partitions: 1.5 }, "`partitions`"],
  ])("refuse %j", (options, message) => {
    expect(() => new RedisJobStorage(options as never)).toThrow(message);
  });

  // Row 94 of the table of bad input: no key of one storage is a key of another.
  it.each(["a:b", "a:1:", "a.", "A", "aa"])("keep `a` and `%s` apart as prefixes", (other) => {
    const [roots, others] = ["a", other].map((prefix) => [rootOf(prefix), storageKeyOf(prefix)]);

    for (const root of roots ?? []) {
      for (const foreign of others ?? []) {
        expect(foreign.startsWith(root) || root.startsWith(foreign)).toBe(false);
      }
    }
  });

  it("never show a password in a message", () => {
    expect(() => toSettings({ connectionString: "redis:/user:secret@host" })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});
