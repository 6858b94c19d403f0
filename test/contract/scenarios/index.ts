// Every scenario.
import type { Scenario } from "../scenario.ts";
import { aliasing } from "./aliasing.ts";
import { basics } from "./basics.ts";
import { carried } from "./carried.ts";
import { components } from "./components.ts";
import { deletions } from "./deletions.ts";
import { failures } from "./failures.ts";
import { files } from "./files.ts";
import { hooks } from "./hooks.ts";
import { ignores } from "./ignores.ts";
import { kills } from "./kills.ts";
import { meeting } from "./meeting.ts";
import { mistakes } from "./mistakes.ts";
import { more } from "./more.ts";
import { options } from "./options.ts";
import { programs } from "./programs.ts";
import { references } from "./references.ts";
import { refreshes } from "./refreshes.ts";
import { replacements } from "./replacements.ts";
import { secrets } from "./secrets.ts";
import { selecting } from "./selecting.ts";
import { selections } from "./selections.ts";
import { unregistered } from "./unregistered.ts";
import { values } from "./values.ts";

export const scenarios: readonly Scenario[] = [
  ...basics,
  ...options,
  ...secrets,
  ...failures,
  ...selections,
  ...refreshes,
  ...references,
  ...more,
  ...ignores,
  ...replacements,
  ...aliasing,
  ...values,
  ...files,
  ...mistakes,
  ...meeting,
  ...components,
  ...selecting,
  ...hooks,
  ...programs,
  ...kills,
  ...unregistered,
  ...deletions,
  ...carried,
];
