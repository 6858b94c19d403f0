// images: classifies every image that comes into a bucket (see README.md for throughput and cost).
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";
import { cluster } from "../cluster/contract.ts";
import { platform } from "../platform/contract.ts";

export const images = defineStack({
  name: "images",
  needs: { cluster, platform },
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    pods: z.enum(["gke", "federated"]).default("gke"),
    /**
     * Image of the worker, with a tag other than `latest`, or a digest. It takes messages from `SUBSCRIPTION` and publishes rows
     * (the columns of the table, as JSON) to `RESULTS`.
     */
    image: z.string(),
    /** A number of workers, or as many as the queue asks for. */
    workers: z.union([
      z.object({ fixed: z.number() }),
      z.object({ messagesPerPod: z.number(), min: z.number(), max: z.number() }),
    ]),
    /** What one worker requests. */
    resources: z.object({ cpu: z.string(), memory: z.string() }).default({ cpu: "500m", memory: "512Mi" }),
    /** Days that images are kept after they came, and results. */
    keepImagesDays: z.number().default(30),
    keepResultsDays: z.number().default(365),
    /** Refuse to delete images and results. */
    protect: z.boolean().default(false),
  }),
  outputs: {
    /** Where images are put. */
    bucket: z.string(),
    /** `<project>.<dataset>.<table>` of the results. */
    table: z.string(),
    /** The subscription that the workers take from. */
    subscription: z.string(),
    deployment: z.string(),
  },
  program: () => import("./program.ts"),
});
