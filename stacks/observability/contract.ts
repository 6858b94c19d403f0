// observability: somebody is told when people cannot reach the platform, or when it is about to fail.
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";
import { data } from "../data/contract.ts";
import { edge } from "../edge/contract.ts";
import { images } from "../images/contract.ts";

export const observability = defineStack({
  name: "observability",
  needs: { data, images },
  // The host is known beforehand; the check should not fail before there is something to reach.
  after: [edge],
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    domain: z.string(),
    /** Whether people sign in before they see the site, as `edge` has it. */
    signIn: z.boolean().default(false),
    /** Who is told: mail addresses by name. */
    mails: z.record(z.string(), z.email()),
    /** Told when this amount of a month is spent, and before. */
    budget: z.object({ billingAccount: z.string(), amount: z.number(), currency: z.string() }).optional(),
    /** Minutes that an image may wait. */
    imagesWaitMinutes: z.number().default(60),
  }),
  outputs: { dashboard: z.string() },
  program: () => import("./program.ts"),
});
