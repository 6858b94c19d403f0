// bootstrap: the APIs that the rest of it needs, the bucket of the states, the key of their secrets, and the deployer.
import { interpolate } from "@pulumi/pulumi";
import { program } from "../../automation/program.ts";
import { Bucket } from "../../components/gcp/bucket.ts";
import { IdentityFederation } from "../../components/gcp/identityFederation.ts";
import { KeyRing } from "../../components/gcp/keyRing.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { ProjectServices } from "../../components/gcp/projectServices.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { bootstrap } from "./contract.ts";

const services = ["cloudkms", "cloudresourcemanager", "iam", "iamcredentials", "serviceusage", "storage", "sts"];

/**
 * What the stacks of the platform create, a role for each service. Compared with the permissions of these roles as published
 * (docs/first-cloud.md); a budget needs a right on the billing account beside them.
 */
const roles = [
  "roles/artifactregistry.admin",
  "roles/bigquery.admin",
  "roles/certificatemanager.owner",
  "roles/cloudkms.admin",
  "roles/cloudsql.admin",
  "roles/compute.networkAdmin",
  "roles/compute.securityAdmin",
  "roles/container.admin",
  "roles/dns.admin",
  "roles/iam.serviceAccountAdmin",
  "roles/iam.serviceAccountUser",
  "roles/iam.workloadIdentityPoolAdmin",
  "roles/iap.admin",
  "roles/monitoring.admin",
  "roles/pubsub.admin",
  "roles/redis.admin",
  "roles/resourcemanager.projectIamAdmin",
  "roles/secretmanager.admin",
  "roles/serviceusage.serviceUsageAdmin",
  "roles/storage.admin",
];

export default program(bootstrap, ({ settings, stack }) => {
  const { project, region, repositories, refs, protect } = settings;
  const labels = stackLabels(stack);
  const provider = googleProvider({ project, region });
  const apis = new ProjectServices("bootstrap", { project, services }, { provider });
  const options = { provider, protect, dependsOn: [apis] };

  const federation = new IdentityFederation(
    "deployer",
    { project, trust: { by: "github", repositories, refs } },
    options,
  );
  const deployer = new ServiceAccount(
    "deployer",
    {
      project,
      description: "Brings the stacks of this project up",
      roles,
      actors: Object.fromEntries(
        repositories.map((path) => [path.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"), federation.repository(path)]),
      ),
    },
    options,
  );
  const keys = new KeyRing(
    "state",
    { location: region, keys: { stacks: { users: { deployer: deployer.member } } }, labels },
    options,
  );
  const states = new Bucket(
    "states",
    {
      location: region,
      // A state that was overwritten by mistake is what one goes back to.
      history: { versions: 50, days: 90 },
      softDeleteDays: 30,
      access: { deployer: { member: deployer.member, may: "write" } },
      labels,
    },
    options,
  );
  return {
    stateUrl: interpolate`gs://${states.name}`,
    secretsProvider: interpolate`gcpkms://${keys.keys.stacks}`,
    ciProvider: federation.provider,
    ciAccount: deployer.email,
  };
});
