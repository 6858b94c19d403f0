// The Google Cloud provider of a stack: one project and one region, said in the program and reviewed with it, instead of taken
// from the configuration of whoever happens to run it.
import { Provider } from "@pulumi/gcp/provider.js";
import { ArgumentCheck } from "../arguments.ts";
import { checkRegion } from "./locations.ts";

export interface GoogleProviderArgs {
  /** Project id, 6 to 30 characters (docs.cloud.google.com/resource-manager/docs/creating-managing-projects). */
  readonly project: string;
  /** Region of everything that does not name its own. */
  readonly region: string;
}

/**
 * The provider to give to components: `new Network("main", ..., { provider })`. Credentials come from the environment of the
 * engine, never from here.
 *
 * @throws RunError before anything is registered when an argument is wrong.
 */
export function googleProvider(args: GoogleProviderArgs): Provider {
  const check = new ArgumentCheck("googleProvider", "google");
  check.matches(
    "project",
    args.project,
    /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    "a project id of 6 to 30 lower-case letters, digits and dashes, first a letter, last no dash",
  );
  checkRegion(check, "region", args.region);
  check.done();
  return new Provider("google", { project: args.project, region: args.region });
}
