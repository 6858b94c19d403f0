// smoke: asks the application, from outside and through the whole of `edge`, whether it is there.
import * as z from "zod";
import { defineTask } from "../../automation/define.ts";
import { edge } from "../edge/contract.ts";

export const smoke = defineTask({
  name: "smoke",
  needs: { edge },
  settings: z.object({
    path: z.string().startsWith("/").default("/"),
    /** 302 where people have to sign in first: the way to Google's page. */
    status: z.number().default(200),
    /** A text that the answer must hold; empty: any answer. */
    contains: z.string().default(""),
    /** How long one answer may take, milliseconds, its body included. */
    budgetMs: z.number().default(2000),
    /** How long to ask again before it counts as failed, seconds: a new certificate and a new name take their time. */
    patienceSeconds: z.number().default(900),
  }),
  /** Of the answer that was right, milliseconds. */
  outputs: { tookMs: z.number() },
  network: true,
  // What it asks may have changed though nothing here has.
  fingerprint: "always",
  timeout: "30m",
  program: () => import("./task.ts"),
});
