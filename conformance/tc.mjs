import { GenericContainer, getContainerRuntimeClient, Wait } from "testcontainers";
console.time("client");
const c = await getContainerRuntimeClient();
console.timeEnd("client");
console.log(c.info.containerRuntime);
console.time("start");
const k = await new GenericContainer(process.argv[2] ?? "revo-test/postgres")
  .withExposedPorts(5432)
  .withEnvironment({ POSTGRES_PASSWORD: "x" })
  .withWaitStrategy(Wait.forListeningPorts())
  .withStartupTimeout(60000)
  .start();
console.timeEnd("start");
console.log(k.getHost(), k.getMappedPort(5432));
const { default: pg } = await import("pg");
const cl = new pg.Client(`postgres://postgres:x@${k.getHost()}:${k.getMappedPort(5432)}/postgres`);
await cl.connect();
console.log((await cl.query("select version()")).rows);
await cl.end();
await k.stop();
