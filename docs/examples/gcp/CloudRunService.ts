// An API that only one other service may call, and that reads its key from Secret Manager.
import { CloudRunService } from "../../../components/gcp/cloudRunService.ts";
import { ServiceAccount } from "../../../components/gcp/serviceAccount.ts";

const project = "acme-prod";
const shop = new ServiceAccount("webshop", { project, description: "The shop calls the prices API" });

const prices = new CloudRunService("prices", {
  project,
  region: "europe-west1",
  image: "europe-west1-docker.pkg.dev/acme-prod/shop/prices:2.1.0",
  instances: { min: 1, max: 20 },
  config: { CURRENCY: "EUR" },
  callers: { shop: shop.member },
  labels: { team: "shop" },
});

export const url = prices.url;
