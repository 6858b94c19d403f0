// Every scenario.
import type { Scenario } from "../scenario.ts";
import { basics } from "./basics.ts";
import { failures } from "./failures.ts";
import { more } from "./more.ts";
import { options } from "./options.ts";
import { references } from "./references.ts";
import { refreshes } from "./refreshes.ts";
import { secrets } from "./secrets.ts";
import { selections } from "./selections.ts";

export const scenarios: readonly Scenario[] = [
  ...basics,
  ...options,
  ...secrets,
  ...failures,
  ...selections,
  ...refreshes,
  ...references,
  ...more,
];
