// Loads the SDK's Automation API when it is first needed, with what it seldom needs deferred: half a second of a start
// would go into the TypeScript compiler and npm's arborist, which only programs with dynamic providers use.
import { once } from "./once.ts";

type Automation = typeof import("@pulumi/pulumi/automation/index.js");

/** The Automation API; loaded once a process. */
export const automation = once(async (): Promise<Automation> => {
  // Without the preload it is only slower.
  await import(new URL("../lean.mjs", import.meta.url).href).catch(() => undefined);
  return import("@pulumi/pulumi/automation/index.js");
});
