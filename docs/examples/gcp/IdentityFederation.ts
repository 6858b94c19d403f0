// Workflows of one repository push images as a service account. No key exists that could leak.
import { IdentityFederation } from "../../../components/gcp/identityFederation.ts";
import { ServiceAccount } from "../../../components/gcp/serviceAccount.ts";

const project = "acme-prod";
const github = new IdentityFederation("github", {
  project,
  trust: { by: "github", repositories: ["acme/shop"] },
});

new ServiceAccount("releases", {
  project,
  description: "Pushes the images of releases",
  actors: { shop: github.repository("acme/shop") },
});

export const provider = github.provider;
