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
    /** Ranges, by name, that reach the API server beside the network itself. */
    reachableFrom: z.record(z.string(), z.string()).default({}),
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
    /** Certificate of the cluster's authority, PEM in base64. */
    ca: secret(z.string()),
  },
  program: () => import("./program.ts"),
});
