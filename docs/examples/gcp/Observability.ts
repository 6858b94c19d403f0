// Somebody is woken up when the shop cannot be reached, and the team gets a mail when orders wait or money runs out.
import { Config } from "@pulumi/pulumi";
import { Observability } from "../../../components/gcp/observability.ts";

const shop = new Observability("shop", {
  project: "acme-prod",
  mails: { team: "shop@example.com" },
  pagers: { duty: new Config().requireSecret("pagerDutyKey") },
  watch: {
    shop: { on: "site", host: "www.example.com", path: "/health" },
    orders: { on: "subscription", subscription: "orders-worker", waitMinutes: 15 },
  },
  budget: { billingAccount: "012345-6789AB-CDEF01", amount: 2000, currency: "EUR" },
  labels: { team: "shop" },
});

export const dashboard = shop.dashboard;
