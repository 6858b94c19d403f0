// web: the application people use, in the cluster, with the database, files and topic of `data`.
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";
import { cluster } from "../cluster/contract.ts";
import { data } from "../data/contract.ts";
import { migrate } from "../migrate/contract.ts";

export const web = defineStack({
  name: "web",
  needs: { cluster, data },
  after: [migrate],
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    pods: z.enum(["gke", "federated"]).default("gke"),
    /** With a tag other than `latest`, or a digest. */
    image: z.string(),
    /** Pods: never fewer than `min`, never more than `max`. */
    replicas: z.object({ min: z.number(), max: z.number() }),
    /** What one pod requests. */
    resources: z.object({ cpu: z.string(), memory: z.string() }).default({ cpu: "100m", memory: "128Mi" }),
    /** Whether pods may be uneven over zones; `required` for an application that must survive the loss of one. */
    spread: z.enum(["required", "preferred"]).default("preferred"),
    /** Raise by one to rotate the key that signs sessions; sessions signed before stay valid. */
    sessionRotation: z.number().int().default(0),
  }),
  outputs: {
    namespace: z.string(),
    deployment: z.string(),
    service: z.string(),
    /** Where pods of the cluster find it. */
    url: z.string(),
  },
  program: () => import("./program.ts"),
});
