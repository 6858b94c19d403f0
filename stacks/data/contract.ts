// data: what must not be lost, a PostgreSQL database and a bucket for files, with a Redis for what can be, and a topic whose
// messages a worker pulls.
import * as z from "zod";
import { defineStack, secret } from "../../automation/define.ts";
import { network } from "../network/contract.ts";

export const data = defineStack({
  name: "data",
  needs: { network },
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    database: z.object({
      /** `regional` survives the loss of a zone. */
      availability: z.enum(["zonal", "regional"]),
      machine: z.union([
        z.object({ shared: z.enum(["db-f1-micro", "db-g1-small"]) }),
        z.object({ cpus: z.number(), memoryGiB: z.number() }),
      ]),
      diskGiB: z.number().default(10),
      /** Daily backups kept; 0 for no backups at all. */
      backups: z.number().default(14),
    }),
    /** A Redis for what can be lost; `standby` survives the loss of a zone. */
    cache: z.object({
      memoryGiB: z.number().default(1),
      availability: z.enum(["single", "standby"]).default("single"),
    }),
    /** Raise by one to rotate the database password. */
    passwordRotation: z.number().int().default(0),
    /** A region, or a multi-region such as `EU` where files must survive the loss of a region. */
    bucketLocation: z.string(),
    /** Refuse to delete the database and the files, in Pulumi and in the cloud. */
    protect: z.boolean().default(false),
  }),
  outputs: {
    /** Name of the instance, as its metrics have it. */
    databaseInstance: z.string(),
    databaseHost: z.string(),
    databasePort: z.number(),
    databaseName: z.string(),
    databaseUser: z.string(),
    databasePassword: secret(z.string()),
    /** Name of the secret that holds address and password as JSON. */
    databaseSecret: z.string(),
    /** Name of the secret that holds address, password and certificate of the cache as JSON. */
    cacheSecret: z.string(),
    bucket: z.string(),
    topic: z.string(),
    subscription: z.string(),
  },
  program: () => import("./program.ts"),
});
