// bootstrap: what has to be there before the first stack of a project can run: where states are kept, the key of their secrets,
// and the identity that the CI runs everything as. Run once by a person on a local state, then moved (docs/first-cloud.md).
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";

export const bootstrap = defineStack({
  name: "bootstrap",
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    /** Repositories of GitHub whose workflows may act as the deployer, `owner/name`. */
    repositories: z.array(z.string()).min(1),
    /** Refs whose workflows may; the deployer may do nearly everything, so no branch that anybody can push. */
    refs: z.array(z.string()).min(1).default(["refs/heads/main"]),
    /** Refuse to delete states and keys in Pulumi. */
    protect: z.boolean().default(true),
  }),
  outputs: {
    /** What `TUTTI_STATE_URL` is set to: `gs://<bucket>`. */
    stateUrl: z.string(),
    /** What `TUTTI_SECRETS_PROVIDER` is set to: `gcpkms://<key>`. */
    secretsProvider: z.string(),
    /** What the CI's login step asks for, and as whom it then acts. */
    ciProvider: z.string(),
    ciAccount: z.string(),
  },
  program: () => import("./program.ts"),
});
