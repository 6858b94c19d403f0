// The packages that the sandbox serves.
import { googleCloud } from "./gcp/index.ts";
import { kubernetesCluster } from "./kubernetes/index.ts";
import type { SandboxPackage } from "./schema.ts";
import type { SandboxService } from "./service.ts";

export const services: Readonly<Record<SandboxPackage, SandboxService>> = {
  gcp: googleCloud,
  kubernetes: kubernetesCluster,
};
