import type { KeptContainer } from "./container-keeper.ts";
import { freePort } from "./free-port.ts";
import { startKeeper } from "./keeper.ts";
import type { RunningServer } from "./running-server.ts";
import type { Environment, ServerRecipe, ServerRequest } from "./server-recipe.ts";
import { untilReady } from "./until-ready.ts";

/**
 * Starts a container by Testcontainers, whose own variables hold: `DOCKER_HOST`, `TESTCONTAINERS_RYUK_DISABLED`,
 * `TESTCONTAINERS_HOST_OVERRIDE` and the others.
 *
 * @throws Error There is no engine, the image can't be had, or the server in it doesn't start.
 */
export async function startContainer(
  recipe: ServerRecipe,
  request: ServerRequest,
  environment: Environment,
): Promise<RunningServer & { readonly image: string }> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import(
    "testcontainers"
  ).catch((error: unknown) => {
    throw new Error("the package testcontainers can't be loaded", { cause: error });
  });
  await getContainerRuntimeClient().catch((error: unknown) => {
    throw new Error("no Docker engine answers", { cause: error });
  });

  const { container } = recipe;
  const image = container.image(environment);
  const started = await new GenericContainer(image)
    .withEnvironment(container.environment(request))
    .withCommand([...container.command(request)])
    // A port of our own choice is still the same after a restart.
    .withExposedPorts({ container: container.port, host: await freePort() })
    .withWaitStrategy(Wait.forLogMessage(container.readyLine))
    .start();
  // Ryuk, which would do the same, is an image more to pull, and can be off.
  const kept: KeptContainer = { containerId: started.getId() };
  const { crash, restart, stop } = startKeeper("container-keeper", kept);
  try {
    const address = {
      host: started.getHost(),
      port: started.getMappedPort(container.port),
      password: request.password,
    };
    const url = recipe.urlOf(address);
    const ready = (): Promise<string> => untilReady(() => recipe.probe(url), new Promise(() => {}));
    const version = await ready();
    return {
      url,
      version,
      image,
      crash,
      async restart() {
        await restart();
        await ready();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
