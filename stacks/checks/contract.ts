// checks: looks at the endpoint of `edge` as a stranger would: TLS versions, certificate, headers, open ports.
import * as z from "zod";
import { defineTask } from "../../automation/define.ts";
import { edge } from "../edge/contract.ts";

export const checks = defineTask({
  name: "checks",
  needs: { edge },
  settings: z.object({
    /** Versions that must be refused, and those of which one must be accepted. */
    tls: z
      .object({
        refused: z.array(z.enum(["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])),
        accepted: z.array(z.enum(["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])),
      })
      .default({ refused: ["TLSv1", "TLSv1.1"], accepted: ["TLSv1.2", "TLSv1.3"] }),
    /** The certificate must be good for so many days more: renewal happens before. */
    daysLeft: z.number().default(14),
    /** A certificate authority of one's own, PEM; empty: those that Node.js knows. */
    ca: z.string().default(""),
    /** Headers of the answer to `path`, and a regular expression for each; empty: that the header must not be there. */
    headers: z.record(z.string(), z.string()).default({
      "strict-transport-security": "max-age=(?:1[5-9]|[2-9]\\d|\\d{3,})\\d{6}",
      "x-content-type-options": "^nosniff$",
      "x-powered-by": "",
    }),
    path: z.string().startsWith("/").default("/"),
    /** Ports that must be closed to strangers. */
    closedPorts: z.array(z.number()).default([22, 3306, 5432, 6379, 8080, 9090, 10250]),
  }),
  /** What was looked at, in words. */
  outputs: { passed: z.array(z.string()) },
  network: true,
  // Certificates end and settings are changed by others, though nothing here has changed.
  fingerprint: "always",
  timeout: "10m",
  retry: { attempts: 3, on: ["network"] },
  program: () => import("./task.ts"),
});
