import { describe, expect, it } from "vitest";
import { EventHub } from "../../src/events/event-hub.ts";

const started = { serverId: "a" };

describe("EventHub", () => {
  it("tells every listener of the event, in the order in which they came", () => {
    const events = new EventHub();
    const heard: string[] = [];
    events.on("server.started", ({ serverId }) => heard.push(`first ${serverId}`));
    events.on("server.started", ({ serverId }) => heard.push(`second ${serverId}`));
    events.on("server.stopped", () => heard.push("never"));

    events.emit("server.started", started);

    expect(heard).toEqual(["first a", "second a"]);
  });

  it("tells nobody who has stopped listening", () => {
    const events = new EventHub();
    let heard = 0;
    const off = events.on("server.started", () => (heard += 1));

    off();
    off();
    events.emit("server.started", started);

    expect([heard, events.has("server.started")]).toEqual([0, false]);
  });

  it("lets one function listen twice and stop once", () => {
    const events = new EventHub();
    let heard = 0;
    const listener = (): void => {
      heard += 1;
    };
    const off = events.on("server.started", listener);
    events.on("server.started", listener);

    off();
    events.emit("server.started", started);

    expect(heard).toBe(1);
  });

  it("keeps a new listener when an old one stops a second time", () => {
    const events = new EventHub();
    const off = events.on("server.started", () => {});
    off();
    let heard = 0;
    events.on("server.started", () => (heard += 1));

    off();
    events.emit("server.started", started);

    expect(heard).toBe(1);
  });

  it("knows whether anybody listens", () => {
    const events = new EventHub();
    const before = events.has("job.succeeded");

    events.on("job.succeeded", () => {});

    expect([before, events.has("job.succeeded")]).toEqual([false, true]);
  });

  it("lets a listener that throws harm nobody, and tells of it", () => {
    const events = new EventHub();
    const heard: unknown[] = [];
    events.on("server.started", () => {
      throw new Error("listener broken");
    });
    events.on("server.started", () => heard.push("others"));
    events.on("listener.failed", ({ event, error }) =>
      heard.push([event, (error as Error).message]),
    );

    events.emit("server.started", started);

    expect(heard).toEqual([["server.started", "listener broken"], "others"]);
  });

  it("takes a rejection of an asynchronous listener as it takes a throw: it never ends the process", async () => {
    const events = new EventHub();
    const failed = new Promise((resolve) => events.on("listener.failed", resolve));
    events.on("server.started", async () => {
      await Promise.resolve();
      throw new Error("listener broken");
    });

    events.emit("server.started", started);

    expect(await failed).toMatchObject({
      event: "server.started",
      error: { message: "listener broken" },
    });
  });

  it("does not go round in circles when the listener for failed listeners fails", () => {
    const events = new EventHub();
    let times = 0;
    events.on("listener.failed", () => {
      times += 1;
      throw new Error("again");
    });
    events.on("server.started", () => {
      throw new Error("first");
    });

    events.emit("server.started", started);

    expect(times).toBe(1);
  });

  it("tells those who listened when the event came, whatever a listener changes", () => {
    const events = new EventHub();
    const heard: string[] = [];
    events.on("server.started", () => {
      heard.push("one");
      events.on("server.started", () => heard.push("too late"));
    });

    events.emit("server.started", started);

    expect(heard).toEqual(["one"]);
  });

  it("refuses the name of no event with the nearest one, since nothing would ever be heard", () => {
    const events = new EventHub();
    const listen = (name: string) => () => events.on(name as "job.failed", () => {});

    expect(listen("job.suceeded")).toThrow(
      'Expected `name` to be the name of an event (did you mean `job.succeeded`?), got "job.suceeded"',
    );
    expect(listen("toString")).toThrow(expect.objectContaining({ code: "REVO_ARGUMENT_INVALID" }));
  });

  it("refuses a listener that is no function", () => {
    const events = new EventHub();

    const listen = (): unknown => events.on("job.failed", undefined as never);

    expect(listen).toThrow("Expected `listener` to be a function, got undefined");
  });
});
