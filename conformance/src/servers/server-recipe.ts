import type { StoreName } from "./test-server.ts";

/** All that is particular to one store: a new store is one object of this form. */
export interface ServerRecipe {
  readonly store: StoreName;
  /** For people: `PostgreSQL`. */
  readonly title: string;
  /** Names the variable with the URL of a server that is there already. */
  readonly urlVariable: string;
  readonly container: ContainerRecipe;
  /** Program folders of this machine that have such a server, the one to prefer first. */
  readonly findPrograms: (environment: Environment) => Promise<readonly string[]>;
  /** Fetches the programs into the cache folder, unless they are there; what comes back is the folder with the server program. */
  readonly fetchPrograms: (cacheFolder: string, environment: Environment) => Promise<string>;
  /** What {@link LaunchPlan.secretFile} holds, in the form in which the server reads its password. */
  readonly secret: (password: string) => string;
  /** What to run, in order; the last command is the server. */
  readonly commands: (plan: LaunchPlan) => readonly ServerCommand[];
  /** The signal on which the server ends at once, as in a crash, and its children with it. */
  readonly stopSignal: NodeJS.Signals;
  readonly urlOf: (address: ServerAddress) => string;
  /** Connects once, and comes back with the server's version. Throws while it is not ready. */
  readonly probe: (url: string) => Promise<string>;
}

export interface ContainerRecipe {
  /** The image to run, whole: `postgres:18`. */
  readonly image: (environment: Environment) => string;
  readonly port: number;
  readonly environment: (request: ServerRequest) => Readonly<Record<string, string>>;
  readonly command: (request: ServerRequest) => readonly string[];
  /** A line of the log that comes when the server is up. */
  readonly readyLine: RegExp;
}

export interface ServerCommand {
  readonly program: string;
  readonly arguments: readonly string[];
}

/** What whoever asks for a server wants it to be like. A server that a URL names is taken as it is. */
export interface ServerRequest {
  /** Whether it flushes to disk as in production. */
  readonly durable: boolean;
  /** What clients have to give; letters and digits only. */
  readonly password: string;
  /** More arguments for the server program. */
  readonly arguments: readonly string[];
}

export interface LaunchPlan extends ServerRequest {
  /** The folder with the server's programs. */
  readonly programs: string;
  /** An empty folder for its data, removed when it has ended. */
  readonly folder: string;
  /** A file that only the server's user can read. */
  readonly secretFile: string;
  readonly port: number;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** The variables of the environment, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;
