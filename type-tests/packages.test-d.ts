// Every package's declarations are found and compile; the database storages' in storages.test-d.ts.
import type * as conformance from "@revojs/conformance";
import type * as nodeTest from "@revojs/conformance/node-test";
import type * as vitest from "@revojs/conformance/vitest";
import type * as core from "@revojs/core";
import type * as memory from "@revojs/memory";

export type Conformance = keyof typeof conformance | keyof typeof nodeTest | keyof typeof vitest;
export type Core = keyof typeof core;
export type Memory = keyof typeof memory;
