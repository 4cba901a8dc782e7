import { describe, expect, it } from "vitest";
import { parseShopArguments } from "../src/console/shop-arguments.ts";
import { renderTable } from "../src/console/table.ts";
import { quantile } from "../src/statistics.ts";
import { makeStorage, withoutPassword } from "../src/storages.ts";

describe("the command line", () => {
  it("runs on memory, ten jobs at once, when nothing is said", () => {
    expect(parseShopArguments([])).toEqual({ storage: "memory://", concurrency: 10, help: false });
  });

  it("takes a file, a storage and a folder", () => {
    const parsed = parseShopArguments(["--storage", "memory://", "--out", "books", "-"]);

    expect(parsed).toMatchObject({ path: "-", storage: "memory://", out: "books" });
  });

  it.each([
    ["an unknown option", ["--colour"], /--colour/],
    ["two files", ["one", "two"], /One file at a time, got one two/],
    ["a concurrency of nothing", ["--concurrency", "0"], /from 1 to 1000, got 0/],
  ])("refuses %s", (_what, words, message) => {
    expect(() => parseShopArguments(words)).toThrow(message);
  });

  it.each(["sqlite://jobs", "memory", "", "constructor"])(
    "names the storages it has for %j",
    async (url) => {
      await expect(makeStorage(url)).rejects.toThrow(
        `There is no storage ${url}. There is: memory://, postgres://, redis://, mongodb://`,
      );
    },
  );

  it.each([
    ["memory://", "MemoryJobStorage"],
    ["postgres://shop:secret@db/shop", "PostgresJobStorage"],
    ["postgresql://db/shop", "PostgresJobStorage"],
    ["redis://cache:6379", "RedisJobStorage"],
    ["rediss://cache:6379", "RedisJobStorage"],
    ["mongodb://one,two,three/shop?replicaSet=rs", "MongodbJobStorage"],
  ])("makes the storage of %s without connecting to it", async (url, name) => {
    const storage = await makeStorage(url);

    expect(storage.constructor.name).toBe(name);
  });

  it("says what is wrong with the URL of a storage, but not its password", async () => {
    const refusal = makeStorage("postgres://shop:secret@:port");

    await expect(refusal).rejects.toThrow(/^Can't use the storage postgres:\/\/:port: /);
  });

  it("shows a URL without user and password", () => {
    expect(withoutPassword("redis://user:p@ss@cache:6379/1")).toBe("redis://cache:6379/1");
  });
});

describe("a table", () => {
  it("is as wide as its widest cells, numbers to the right", () => {
    expect(
      renderTable(
        ["Type", "n"],
        [
          ["capture", "12"],
          ["ship", "1,234"],
        ],
      ),
    ).toEqual(["Type         n", "───────  ─────", "capture     12", "ship     1,234"]);
  });
});

describe("a quantile", () => {
  it("is the value that the share of all values does not exceed", () => {
    const values = [5, 1, 4, 2, 3];

    expect([quantile(values, 0.5), quantile(values, 0.95), quantile([], 0.5)]).toEqual([
      3,
      5,
      null,
    ]);
  });
});
