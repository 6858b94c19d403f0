// platform: what the cluster has for everybody in it: scaling by queues (KEDA) and certificates (cert-manager).
import * as z from "zod";
import { defineStack } from "../../automation/define.ts";
import { cluster } from "../cluster/contract.ts";

export const platform = defineStack({
  name: "platform",
  needs: { cluster },
  settings: z.object({
    /** Google Cloud project id. */
    project: z.string(),
    region: z.string(),
    pods: z.enum(["gke", "federated"]).default("gke"),
    /** Whom the certificate authority tells when a certificate is not renewed. */
    contact: z.email(),
    /** Directory of the ACME authority; its staging one issues certificates that nobody trusts, as often as asked. */
    authority: z.url().default("https://acme-v02.api.letsencrypt.org/directory"),
  }),
  outputs: {
    /** Name of the ClusterIssuer, known once cert-manager is ready. */
    issuer: z.string(),
    /** Namespace of KEDA, known once it is ready. */
    scaling: z.string(),
  },
  program: () => import("./program.ts"),
});
