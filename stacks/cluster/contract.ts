// cluster: what applications run on: a GKE cluster of its own, or one that is there already, on premises for instance. Those who
// use it cannot tell the difference.
import * as z from "zod";
import { defineStack, secret } from "../../automation/define.ts";
import { network } from "../network/contract.ts";

const gke = z.object({
  kind: z.literal("gke"),
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
});

const existing = z.object({
  kind: z.literal("existing"),
  /** Address of the API server, without scheme. */
  endpoint: z.string(),
  /** What tells it from every other cluster, when that is no longer its address: what its address was before. */
  id: z.string().optional(),
  /** Certificate of its authority, PEM in base64; empty for one that every machine knows. */
  ca: z.string().default(""),
  /** The program that prints credentials for it, on the PATH of whoever uses it. */
  credentials: z.object({ command: z.string(), args: z.array(z.string()).default([]), installHint: z.string() }),
  /** Who issues the tokens of its pods, https://; by them pods act as Google service accounts. */
  issuer: z.string(),
});

export const cluster = defineStack({
  name: "cluster",
  needs: { network },
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    cluster: z.discriminatedUnion("kind", [gke, existing]),
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
    /** For Pulumi's provider, kubectl and Helm; holds no token. */
    kubeconfig: secret(z.string()),
    /** Pool of the identities of its pods, and what their tokens are made for; empty for GKE, which has its own way. */
    identityPool: z.string(),
    identityAudience: z.string(),
  },
  program: () => import("./program.ts"),
});
