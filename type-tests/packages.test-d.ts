// Every package's declarations are found and compile.
import type * as core from "@revojs/core";
import type * as memory from "@revojs/memory";

export type Core = keyof typeof core;
export type Memory = keyof typeof memory;
