// seed: puts sample images into the bucket of `images`, so that there is something to classify.
import * as z from "zod";
import { defineTask } from "../../automation/define.ts";
import { images } from "../images/contract.ts";

export const seed = defineTask({
  name: "seed",
  needs: { images },
  settings: z.object({
    /** How many images; 0 where real ones come. */
    count: z.int().min(0).max(1000).default(0),
    /** Where Cloud Storage is; another one for a private endpoint. */
    storage: z.url().default("https://storage.googleapis.com"),
  }),
  outputs: { uploaded: z.number() },
  network: true,
  timeout: "10m",
  retry: { attempts: 3 },
  program: () => import("./task.ts"),
});
