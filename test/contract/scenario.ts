// A scenario: a tiny program and what is done with it, step after step. What an engine makes of it (events, state, errors)
// is compared with what the official engine made of it.
import { appendFileSync } from "node:fs";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { Cloud } from "./cloud.ts";

export type Operation = "up" | "preview" | "refresh" | "preview-refresh" | "destroy";

export interface Step {
  readonly run: Operation;
  /** The program from this step on; a scenario's first step must give one. */
  readonly program?: PulumiFn;
  /** Which stack; "dev" when not given. Stacks of one scenario share project and backend. */
  readonly stack?: string;
  /** Changes the cloud behind the engine's back, before the step. */
  readonly meanwhile?: (cloud: Cloud) => void;
  /** Files of the project's folder that are written before the step. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Changes what the state says of its resources, before the step. */
  readonly edit?: (resources: readonly Record<string, unknown>[]) => void;
  readonly options?: StepOptions;
}

export interface StepOptions {
  /** URNs, or `name` for the resource of that name in this project and stack (see `urnOf`). */
  readonly target?: readonly string[];
  readonly targetDependents?: boolean;
  readonly exclude?: readonly string[];
  readonly excludeDependents?: boolean;
  readonly replace?: readonly string[];
  readonly refresh?: boolean;
  readonly continueOnError?: boolean;
  readonly expectNoChanges?: boolean;
  readonly runProgram?: boolean;
  readonly excludeProtected?: boolean;
  /** The Automation API has no word for it. */
  readonly ignoreProtect?: boolean;
  readonly clearPendingCreates?: boolean;
  /** The engine is killed when the cloud has done this to a `Held`, e.g. `create a`, and its lock is taken away after it. */
  readonly killAt?: string;
}

export interface Scenario {
  /** Words with dashes; the name of its recording. */
  readonly name: string;
  readonly steps: readonly Step[];
  /** Stack configuration by key; the value is secret when the key ends with `!` (which is cut off), part of an object when it has a dot. */
  readonly config?: Readonly<Record<string, string>>;
  /** Records of the dates of resources by which step they came. */
  readonly dated?: true;
  /** Records what events tell of resources before and after their steps. */
  readonly told?: true;
  /** Records what engine and program only inform of, beside errors and warnings. */
  readonly informed?: true;
  /** Lets the Automation API write its own project file, whose `main` is the folder the scenarios run in. */
  readonly main?: true;
}

export const PROJECT = "contract";

/** The URN of a `Thing` without a parent. */
export const thing = (name: string, stack = "dev"): string =>
  `urn:pulumi:${stack}::${PROJECT}::pulumi-nodejs:dynamic/cloud:Thing::${name}`;

/** The URN of a RandomPet without a parent. */
export const pet = (name: string, stack = "dev"): string =>
  `urn:pulumi:${stack}::${PROJECT}::random:index/randomPet:RandomPet::${name}`;

/** The URN of the thing in a `Pair`. */
export const thingOfPair = (name: string, stack = "dev"): string =>
  `urn:pulumi:${stack}::${PROJECT}::contract:index:Pair$pulumi-nodejs:dynamic/cloud:Thing::${name}-thing`;

/** Names the file that a program in a process of its own says its lines to. */
export const SAID_FILE = "CONTRACT_SAID";

const said: string[] = [];

/** Has a program, or a callback of it, add a line to the record of the step under way. */
export function say(line: string): void {
  const file = process.env[SAID_FILE];
  if (file === undefined) said.push(line);
  else appendFileSync(file, `${line}\n`);
}

/** What was said since the last call. */
export function takeSaid(): readonly string[] {
  return said.splice(0);
}
