import { type DelayProxy, startDelayProxy } from "./delay-proxy.ts";

/** URLs of one server, each through a proxy with a delay of its own. */
export class DelayedUrls {
  readonly #url: string;
  readonly #proxies = new Map<number, Promise<DelayProxy>>();

  constructor(url: string) {
    this.#url = url;
  }

  /** @param rttMs 0: the server's own URL. */
  async url(rttMs: number): Promise<string> {
    if (rttMs === 0) return this.#url;
    const { hostname, port } = new URL(this.#url);
    if (hostname !== "127.0.0.1") throw new Error("Only a server at 127.0.0.1 can be delayed");
    let proxy = this.#proxies.get(rttMs);
    if (proxy === undefined) {
      proxy = startDelayProxy(Number(port), rttMs);
      this.#proxies.set(rttMs, proxy);
    }
    const delayed = new URL(this.#url);
    delayed.port = String((await proxy).port);
    return delayed.href;
  }

  async stop(): Promise<void> {
    for (const proxy of this.#proxies.values()) (await proxy).stop();
  }
}
