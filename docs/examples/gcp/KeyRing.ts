// Two keys that rotate: one for the state of stacks, one in hardware for payment data.
import { KeyRing } from "../../../components/gcp/keyRing.ts";

const ring = new KeyRing("acme", {
  location: "europe-west1",
  keys: {
    stacks: { users: { deployers: "group:deployers@example.com" } },
    payments: { protection: "hsm", rotationDays: 30 },
  },
  labels: { team: "platform" },
});

export const stacksKey = ring.keys.stacks;
