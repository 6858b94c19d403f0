// Two keys that rotate: one for the state of stacks, one in hardware for the files of payments.
import { Bucket } from "../../../components/gcp/bucket.ts";
import { KeyRing } from "../../../components/gcp/keyRing.ts";

const ring = new KeyRing("acme", {
  location: "europe-west1",
  keys: {
    stacks: { users: { deployers: "group:deployers@example.com" } },
    payments: { protection: "hsm", rotationDays: 30, services: ["storage"] },
  },
  labels: { team: "platform" },
});

new Bucket("receipts", { location: "europe-west1", key: ring.keys.payments });

export const stacksKey = ring.keys.stacks;
