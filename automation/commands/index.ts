// Every command, in the order of the help text.
import type { Register } from "./command.ts";
import { register as completion } from "./completion.ts";
import { register as destroy } from "./destroy.ts";
import { register as doctor } from "./doctor.ts";
import { register as drift } from "./drift.ts";
import { register as env } from "./env.ts";
import { register as graph } from "./graph.ts";
import { register as list } from "./list.ts";
import { register as logs } from "./logs.ts";
import { register as create } from "./new.ts";
import { register as outputs } from "./outputs.ts";
import { register as preview } from "./preview.ts";
import { register as pulumi } from "./pulumi.ts";
import { register as recover } from "./recover.ts";
import { register as refresh } from "./refresh.ts";
import { register as report } from "./report.ts";
import { register as resume } from "./resume.ts";
import { register as runs } from "./runs.ts";
import { register as sandbox } from "./sandbox.ts";
import { register as unlock } from "./unlock.ts";
import { register as up } from "./up.ts";

export const commands: readonly Register[] = [
  up,
  preview,
  refresh,
  destroy,
  drift,
  resume,
  recover,
  unlock,
  outputs,
  list,
  graph,
  logs,
  runs,
  report,
  sandbox,
  create,
  doctor,
  env,
  pulumi,
  completion,
];
