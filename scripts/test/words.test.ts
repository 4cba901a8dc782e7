import { expect, test } from "vitest";
import { findWords } from "../check-words.ts";

const words = ["/machine/", "host.example"];

test("a path and a host are found, with their line", () => {
  expect(findWords("one\nsee /machine/x\nhttps://host.example/y", words)).toEqual([
    "2: /machine/",
    "3: host.example",
  ]);
});

test("the same word in the middle of a longer path is no hit", () => {
  expect(findWords("a/machine/x and ../machine/x", words)).toEqual([]);
});

test("a hit behind a harmless word of the same line is found", () => {
  expect(findWords("a/machine/x, but also /machine/x", words)).toEqual(["1: /machine/"]);
});
