// migrate: brings the schema of the database of `data` up to date, before `web` meets it.
import * as z from "zod";
import { defineTask } from "../../automation/define.ts";
import { data } from "../data/contract.ts";

export const migrate = defineTask({
  name: "migrate",
  needs: { data },
  settings: z.object({
    /** Where to reach the database from where tutti runs: the end of a tunnel or a proxy. Default: its own address. */
    through: z.object({ host: z.string(), port: z.number() }).optional(),
    /** `require`: encrypted, whatever the certificate (a proxy checks it); `off` for a proxy on the same machine. */
    tls: z.enum(["require", "off"]).default("require"),
    /** How long to wait for another migration of the same database, seconds. */
    lockSeconds: z.number().default(300),
  }),
  /** Name of the newest migration that is applied; empty when there is none. */
  outputs: { version: z.string() },
  network: true,
  // A password that is rotated changes nothing in the database; another database, or another file, does.
  fingerprint: ({ needs: { data } }) => [data.databaseInstance, data.databaseName],
  timeout: "30m",
  retry: { attempts: 3, on: ["network"] },
  program: () => import("./task.ts"),
});
