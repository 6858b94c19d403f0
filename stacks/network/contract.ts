// network: the VPC that everything else is in, with one subnet whose secondary ranges a cluster uses.
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";
import { foundation } from "../foundation/contract.ts";

export const network = defineStack({
  name: "network",
  // The APIs must be on; nothing of it is read.
  after: [foundation],
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    /** Address ranges; none of them may overlap, nor overlap those of a network that is ever to be connected. */
    ranges: z.object({
      nodes: z.string(),
      pods: z.string(),
      services: z.string(),
      /** Of Google's services (Cloud SQL), in CIDR notation. */
      privateServices: z.string(),
    }),
    /** Share of the flows that are logged, 0 to 1. */
    flowLogs: z.number().default(0),
    protect: z.boolean().default(false),
  }),
  outputs: {
    networkId: z.string(),
    /** The same id, known once databases can get a private address. */
    privateServicesNetwork: z.string(),
    subnetId: z.string(),
    podsRange: z.string(),
    servicesRange: z.string(),
  },
  program: () => import("./program.ts"),
});
