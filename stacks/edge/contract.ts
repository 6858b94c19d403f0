// edge: the way from people to applications: names, certificates, a firewall, sign-in, headers.
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";
import { cluster } from "../cluster/contract.ts";
import { foundation } from "../foundation/contract.ts";
import { platform } from "../platform/contract.ts";
import { web } from "../web/contract.ts";

/** Google's global load balancer with Cloud Armor and Identity-Aware Proxy. */
const google = z.object({
  kind: z.literal("google"),
  /** `everybody`, or those IAM members by name who may sign in. */
  visitors: z.union([z.literal("everybody"), z.object({ members: z.record(z.string(), z.string()) })]),
  /** Attacks that the rules know are blocked, or only logged. */
  attacks: z.enum(["block", "watch"]).default("block"),
  /** Requests of one address in a minute before it has to wait. */
  requestsPerMinute: z.number().default(600),
});

/** A gateway of the cluster itself. Firewall and sign-in are then that gateway's and the data centre's business. */
const own = z.object({
  kind: z.literal("cluster"),
  gatewayClass: z.string(),
  /** Addresses under which people reach the gateway. */
  addresses: z.array(z.string()).min(1),
});

export const edge = defineStack({
  name: "edge",
  needs: { foundation, cluster, platform, web },
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    /** Host of the web application, below the domain of `foundation`; that domain is known before it runs. */
    domain: z.string(),
    entry: z.discriminatedUnion("kind", [google, own]),
  }),
  outputs: {
    host: z.string(),
    /** Where people find the application. */
    url: z.string(),
    /** Addresses that the name leads to. */
    addresses: z.array(z.string()),
  },
  program: () => import("./program.ts"),
});
