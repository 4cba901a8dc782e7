import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { freePort } from "./free-port.ts";
import { startKeeper } from "./keeper.ts";
import type { RunningServer } from "./running-server.ts";
import type { KeptServer } from "./server-keeper.ts";
import type { ServerRecipe, ServerRequest } from "./server-recipe.ts";
import { giveTo, isOpenToAll, unprivilegedUser } from "./unprivileged-user.ts";
import { untilReady } from "./until-ready.ts";

/**
 * Starts a server program on a free port of this machine, with its data in a temporary folder. It ends, and the folder goes, when
 * `stop` is called or this process ends in whatever way. Run as root it is started as a user without rights.
 *
 * @param programs The folder with the server's programs.
 * @throws Error The program did not start: the message has the end of its output.
 */
export async function launch(
  recipe: ServerRecipe,
  programs: string,
  request: ServerRequest,
): Promise<RunningServer> {
  const user = await unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), `revo-${recipe.store}-`));
  try {
    const secretFile = join(folder, "secret");
    await writeFile(secretFile, recipe.secret(request.password), { mode: 0o600 });
    const reachable =
      user === undefined || (await isOpenToAll(programs)) ? programs : await copy(programs, folder);
    if (user !== undefined) await giveTo(user, folder);

    const port = await freePort();
    const commands = recipe.commands({ ...request, programs: reachable, folder, secretFile, port });
    const { stopSignal } = recipe;
    const kept: KeptServer = { folder, commands, stopSignal, ...(user && { user }) };
    const keeper = startKeeper("server-keeper", kept);
    const url = recipe.urlOf({ host: "127.0.0.1", port, password: request.password });
    try {
      const ready = (): Promise<string> => untilReady(() => recipe.probe(url), keeper.ended);
      const version = await ready();
      const restart = async (): Promise<void> => {
        await keeper.restart();
        await ready();
      };
      return { url, version, crash: keeper.crash, restart, stop: keeper.stop };
    } catch (error) {
      await keeper.stop();
      throw error;
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What a user without rights can't walk to is copied to where it can: the whole installation, for its libraries. */
async function copy(programs: string, folder: string): Promise<string> {
  const installation = join(folder, "programs");
  await cp(dirname(programs), installation, { recursive: true, verbatimSymlinks: true });
  return join(installation, basename(programs));
}
