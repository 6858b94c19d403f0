// foundation: APIs first; keys, registry, zone and the CI's identity wait for them.
import { program } from "../../automation/program.ts";
import { ContainerRegistry } from "../../components/gcp/containerRegistry.ts";
import { DnsZone } from "../../components/gcp/dnsZone.ts";
import { IdentityFederation } from "../../components/gcp/identityFederation.ts";
import { KeyRing } from "../../components/gcp/keyRing.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { ProjectServices } from "../../components/gcp/projectServices.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { foundation } from "./contract.ts";

/** Everything that a stack of the platform calls, beside what `bootstrap` has turned on; an API that is on costs nothing. */
const services = [
  "artifactregistry",
  "bigquery",
  "billingbudgets",
  "certificatemanager",
  "cloudkms",
  "compute",
  "container",
  "dns",
  "iam",
  "iamcredentials",
  "iap",
  "monitoring",
  "pubsub",
  "redis",
  "secretmanager",
  "servicenetworking",
  "sqladmin",
  "sts",
];

export default program(foundation, ({ settings, stack }) => {
  const { project, region, domain, repositories, protect } = settings;
  const labels = stackLabels(stack);
  const provider = googleProvider({ project, region });
  const apis = new ProjectServices("apis", { project, services }, { provider });
  const options = { provider, protect, dependsOn: [apis] };

  const federation = new IdentityFederation("ci", { project, trust: { by: "github", repositories } }, options);
  const deployer = new ServiceAccount(
    "ci",
    {
      project,
      description: "Builds and pushes images",
      actors: Object.fromEntries(
        repositories.map((path) => [path.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"), federation.repository(path)]),
      ),
    },
    options,
  );
  const keys = new KeyRing("main", { location: region, keys: { stacks: {} }, labels }, options);
  const registry = new ContainerRegistry(
    "images",
    {
      location: region,
      description: `Images of ${stack.environment}`,
      access: { ci: { member: deployer.member, may: "write" } },
      labels,
    },
    options,
  );
  const zone = new DnsZone(
    "main",
    { domain, certificateAuthorities: ["pki.goog", "letsencrypt.org"], labels },
    options,
  );

  return {
    registry: registry.url,
    key: keys.keys.stacks,
    zone: zone.zone,
    domain,
    nameServers: zone.nameServers,
    ciProvider: federation.provider,
    ciAccount: deployer.email,
  };
});
