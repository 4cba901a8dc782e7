import type { Revo } from "./revo.ts";

/**
 * A part that a package adds to the configuration: a console, telemetry, a framework's module. Made once, by its class, when
 * first asked for by `configuration.getSection(…)`.
 */
export interface IConfigurationSection {
  /** Called when everything else has started. What it throws stops the start, and everything started is stopped again. */
  start?(revo: Revo): Promise<void> | void;
  /** Called first when everything stops. */
  stop?(): Promise<void> | void;
}
