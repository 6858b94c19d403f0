// cluster: the GKE cluster that applications run on.
import * as z from "zod";
import { defineStack, secret } from "../../automation/define.ts";
import { network } from "../network/contract.ts";

export const cluster = defineStack({
  name: "cluster",
  needs: { network },
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    /** One zone of the region for a zonal cluster; left out, the cluster and its nodes are in three. */
    zone: z.string().optional(),
    /** Who reaches the API server: whoever IAM lets, the network only, or named ranges beside it. */
    controlPlane: z
      .discriminatedUnion("from", [
        z.object({ from: z.literal("identity") }),
        z.object({ from: z.literal("network") }),
        z.object({ from: z.literal("ranges"), ranges: z.record(z.string(), z.string()) }),
      ])
      .default({ from: "identity" }),
    nodes: z.object({ machineType: z.string(), min: z.number(), max: z.number(), spot: z.boolean().default(false) }),
    releaseChannel: z.enum(["rapid", "regular", "stable"]).default("regular"),
    /** Refuse to delete the cluster, in Pulumi and in the provider. */
    protect: z.boolean().default(false),
  }),
  outputs: {
    name: z.string(),
    clusterId: z.string(),
    /** Address of the API server, without scheme. */
    endpoint: z.string(),
    /** Certificate of the authority of the endpoint, PEM in base64; empty when it is one that every machine knows. */
    ca: secret(z.string()),
  },
  program: () => import("./program.ts"),
});
