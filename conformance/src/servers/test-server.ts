/** The stores that tests ask a server of. `mongodb` is a replica set of one server. */
export type StoreName = "postgres" | "redis" | "mongodb" | "mongodb-standalone";

/** Where a server may come from, in the order in which the places are looked at. */
export const serverSources: readonly ["url", "docker", "machine", "package"] = [
  "url",
  "docker",
  "machine",
  "package",
];

/**
 * `url`: named in the environment. `docker`: a container, through Testcontainers. `machine`: a server program that is installed.
 * `package`: a server program that a package of a registry ships, fetched into a cache folder.
 */
export type ServerSource = (typeof serverSources)[number];

/** A real server that accepts connections. Whoever uses it makes a schema, prefix or database of its own for each test. */
export interface TestServer {
  readonly store: StoreName;
  readonly source: ServerSource;
  /** How a driver connects, with rights to everything. Carries the password: not for printing. */
  readonly url: string;
  /** As the server says it itself: `18.4`. */
  readonly version: string;
  /** For people: `PostgreSQL 15.18, a program of this machine (…)`. Without the password. */
  readonly description: string;
}

/** A server of one's own, for a test that ends it. */
export interface OwnServer extends TestServer, AsyncDisposable {
  /** Ends the server at once, without a chance to tidy up. Its data stays. A server that a URL names can't be ended. */
  readonly crash: () => Promise<void>;
  /** Starts it again after {@link OwnServer.crash}, at the same URL, and waits until it accepts connections. */
  readonly restart: () => Promise<void>;
  /** Ends the server and removes its data. */
  readonly stop: () => Promise<void>;
}

/** What a search came to. A store without a server is skipped by name and reason, or fails where `CI` is `true`. */
export type FoundServer<Server extends TestServer = TestServer> =
  | { readonly kind: "found"; readonly server: Server }
  | {
      readonly kind: "missing";
      readonly store: StoreName;
      /** For people: the store, and why each place had none. */
      readonly reason: string;
    };

export interface TestServerOptions {
  /**
   * Whether the server flushes to disk as in production. Tests do without, benchmarks do not. A server of the environment is
   * taken as it is.
   * @defaultValue false
   */
  readonly durable?: boolean;
}

export interface OwnServerOptions extends TestServerOptions {
  /** More arguments for the server program; where the store lets the last of two win, they change those given here. */
  readonly arguments?: readonly string[];
  /**
   * What clients have to give; letters and digits. Servers that talk to each other need the same one.
   * @defaultValue chance
   */
  readonly password?: string;
  /**
   * Whether it has to be a program that runs on this machine: servers in containers don't reach each other at their URLs.
   * @defaultValue false
   */
  readonly local?: boolean;
}
