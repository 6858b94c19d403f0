// foundation: what a project begins with: its APIs, the keys, the registry of images, the names, and the CI's way in.
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";

export const foundation = defineStack({
  name: "foundation",
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    /** Domain below which everything of this environment is found; to be delegated to `nameServers`. */
    domain: z.string(),
    /** Repositories of GitHub whose workflows may push images. */
    repositories: z.array(z.string()).min(1),
    /** Refuse to delete keys, images and names in Pulumi. */
    protect: z.boolean().default(false),
  }),
  outputs: {
    /** Address of the registry, with which names of images begin. */
    registry: z.string(),
    /** Key for what stacks encrypt. */
    key: z.string(),
    /** Name of the zone, and its domain. */
    zone: z.string(),
    domain: z.string(),
    nameServers: z.array(z.string()),
    /** What the CI's login step asks for, and as whom it then acts. */
    ciProvider: z.string(),
    ciAccount: z.string(),
  },
  program: () => import("./program.ts"),
});
