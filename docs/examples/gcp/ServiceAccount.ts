// An identity for one workload of a GKE cluster: it writes logs, reads one bucket, and nothing else.
import { Bucket } from "../../../components/gcp/bucket.ts";
import { ServiceAccount } from "../../../components/gcp/serviceAccount.ts";

const pictures = new Bucket("pictures", { location: "EU" });

const thumbnails = new ServiceAccount("thumbnails", {
  project: "acme-prod",
  description: "Makes thumbnails of pictures",
  roles: ["roles/logging.logWriter"],
  grants: { pictures: { on: "bucket", bucket: pictures.name, may: "read" } },
  kubernetes: [{ namespace: "shop", serviceAccount: "thumbnails" }],
});

export const email = thumbnails.email;
