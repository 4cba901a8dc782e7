import assert from "node:assert/strict";
import { assertStamped, enqueue, nowOf } from "../assertions.ts";
import { aJob, anId, MINUTE_MS, someJobs, toSucceed } from "../builders.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { aServer, type ServerDriver } from "../server-driver.ts";

export const serversCases: readonly ConformanceCase[] = [
  {
    id: "servers/list",
    title: "every registered server is listed, by id, with what it told of itself",
    async run({ storage, slackMs }) {
      const nowMs = await nowOf(storage);
      const ids = [anId(), anId(), anId()];
      for (const serverId of ids.toReversed()) {
        await storage.register({ serverId, leaseMs: 20_000, info: '{"host":"a"}' });
      }

      const servers = await storage.monitor.servers();

      assert.deepEqual(
        servers.map((server) => server.serverId),
        ids,
      );
      for (const server of servers) {
        assert.equal(server.leaseMs, 20_000);
        assert.equal(server.info, '{"host":"a"}');
        assert.equal(server.beat, 1);
        assert.equal(server.desired, "run");
        assert.equal(server.lost, false);
        assert.equal(server.processing, 0);
        assertStamped(server.beatAt, nowMs, slackMs);
      }
    },
  },
  {
    id: "servers/beat",
    title: "the list shows the newest beat, its time and what is desired",
    async run({ storage, advance, slackMs }) {
      const server = await aServer(storage);
      await advance(MINUTE_MS);
      const { storageNow } = await server.heartbeat();
      await storage.control.signalServer(server.id, "quiet");

      const [record] = await storage.monitor.servers();

      assert.equal(record?.beat, 2);
      assertStamped(record.beatAt, storageNow.getTime() - slackMs, 2 * slackMs);
      assert.equal(record.desired, "quiet");
    },
  },
  {
    id: "servers/info",
    title: "a heartbeat with `info` replaces what the server told of itself, one without keeps it",
    async run({ storage }) {
      const server = await aServer(storage, { info: '{"lag":1}' });
      await server.heartbeat({ info: '{"lag":2}' });
      await server.heartbeat();

      const [record] = await storage.monitor.servers();

      assert.equal(record?.info, '{"lag":2}');
    },
  },
  {
    id: "servers/info-large",
    title: "a server may tell 16 KiB of itself",
    async run({ storage }) {
      const info = `"${"x".repeat(16 * 1024 - 2)}"`;
      const server = await aServer(storage, { info });
      await server.heartbeat({ info });

      const [record] = await storage.monitor.servers();

      assert.equal(record?.info, info);
    },
  },
  {
    id: "servers/processing",
    title: "the list counts the jobs that each server is processing",
    async run({ storage }) {
      await enqueue(storage, ...someJobs(5));
      const [first, second] = [await aServer(storage), await aServer(storage)];
      const [done] = await first.claim(3);
      await second.claim(1);
      assert.ok(done);
      await first.settle(done, toSucceed());

      const servers = await storage.monitor.servers();

      const processing = new Map(servers.map((server) => [server.serverId, server.processing]));
      assert.equal(processing.get(first.id), 2);
      assert.equal(processing.get(second.id), 1);
    },
  },
  {
    id: "servers/lost",
    title: "a lost server is listed as lost while it holds jobs",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const server = await aServer(storage);
      await server.claimOne();
      await server.unregister();

      const [record] = await storage.monitor.servers();

      assert.equal(record?.serverId, server.id);
      assert.equal(record.lost, true);
      assert.equal(record.processing, 1);
    },
  },
  {
    id: "servers/peers-none",
    title: "with `peers` 0 a heartbeat reports no other server",
    async run({ storage }) {
      await aServer(storage);
      const server = await aServer(storage);

      assert.deepEqual((await server.heartbeat({ peers: 0 })).peers, []);
    },
  },
  {
    id: "servers/peers-alone",
    title: "a server that is alone has no peers, itself least of all",
    async run({ storage }) {
      const server = await aServer(storage);

      assert.deepEqual((await server.heartbeat({ peers: 64 })).peers, []);
    },
  },
  {
    id: "servers/peers-round",
    title: "peers are the servers that follow by id, going round",
    async run({ storage }) {
      const servers = await someServers(5, (count) => aServer(storage, { leaseMs: count * 1000 }));
      const [a, b, c, d, e] = servers.map((server) => server.id);

      const told = [];
      for (const server of servers) {
        const { peers } = await server.heartbeat({ peers: 2 });
        told.push(peers.map((peer) => peer.serverId));
      }

      assert.deepEqual(told, [
        [b, c],
        [c, d],
        [d, e],
        [e, a],
        [a, b],
      ]);
    },
  },
  {
    id: "servers/peers-all",
    title: "asked for more peers than there are, a server is told each other server once",
    async run({ storage }) {
      const servers = await someServers(4, () => aServer(storage));
      const [a, b, c, d] = servers;
      assert.ok(a && b && c && d);

      const { peers } = await b.heartbeat({ peers: 64 });

      assert.deepEqual(
        peers.map((peer) => peer.serverId),
        [c.id, d.id, a.id],
      );
    },
  },
  {
    id: "servers/peers-content",
    title: "a peer is told with its beat and its lease",
    async run({ storage }) {
      const [watcher, watched] = [
        await aServer(storage),
        await aServer(storage, { leaseMs: 30_000 }),
      ];
      await watched.heartbeat();
      await watched.heartbeat();

      const { peers } = await watcher.heartbeat({ peers: 1 });

      assert.deepEqual(peers, [{ serverId: watched.id, beat: 3, leaseMs: 30_000, lost: false }]);
    },
  },
  {
    id: "servers/peers-lost",
    title: "peers that are lost are told as lost until all their jobs were recovered",
    async run({ storage }) {
      await enqueue(storage, aJob());
      const [watcher, watched] = [await aServer(storage), await aServer(storage)];
      await watched.claimOne();
      await watched.unregister();

      const before = await watcher.heartbeat({ peers: 1 });
      await watched.recover();
      const after = await watcher.heartbeat({ peers: 1 });

      assert.deepEqual(
        before.peers.map((peer) => [peer.serverId, peer.lost]),
        [[watched.id, true]],
      );
      assert.deepEqual(after.peers, []);
    },
  },
  {
    id: "servers/peers-everybody-watched",
    title: "with 65 servers everybody is watched by 64 others",
    clocks: "once",
    async run({ storage }) {
      const servers = await someServers(66, () => aServer(storage));
      const watchers = new Map<string, number>();

      for (const server of servers) {
        const { peers } = await server.heartbeat({ peers: 64 });
        assert.equal(new Set(peers.map((peer) => peer.serverId)).size, 64);
        for (const { serverId } of peers) {
          watchers.set(serverId, (watchers.get(serverId) ?? 0) + 1);
        }
      }

      assert.deepEqual(
        servers.map((server) => watchers.get(server.id)),
        servers.map(() => 64),
      );
    },
  },
  {
    id: "servers/register-peers",
    title: "the answer to a registration is a heartbeat reply",
    async run({ storage }) {
      const { storageId } = await storage.open();

      const reply = await storage.register({ serverId: anId(), leaseMs: 15_000, info: "{}" });

      assert.equal(reply.storageId, storageId);
      assert.ok(reply.storageNow instanceof Date);
      assert.ok(Array.isArray(reply.peers));
    },
  },
];

/** Servers in ascending order of id. */
async function someServers(
  count: number,
  make: (number: number) => Promise<ServerDriver>,
): Promise<readonly ServerDriver[]> {
  const servers: ServerDriver[] = [];
  for (let number = 1; number <= count; number++) servers.push(await make(number));
  return servers;
}
