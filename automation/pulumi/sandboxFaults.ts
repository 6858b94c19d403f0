// Places faults in the cloud of a sandbox environment, from any process; runs that go on meet them at their next call.
import {
  clearFaults,
  type FaultRule,
  type PlacedFaults,
  placedFaults,
  placeFault,
} from "../../engine/providers/sandbox/faults.ts";
import { TuttiError } from "../errors.ts";
import { sandboxFiles } from "./sandboxFiles.ts";

export type { FaultRule, PlacedFaults } from "../../engine/providers/sandbox/faults.ts";

/** What is placed. @throws TuttiError `files` when the file of faults was broken by hand. */
export function cloudFaults(base: string, environment: string): Promise<PlacedFaults> {
  return legible(environment, placedFaults(sandboxFiles(base, environment).cloud));
}

/** Adds a rule, and sets the seed when one is given. @throws TuttiError as cloudFaults. */
export function placeCloudFault(
  base: string,
  environment: string,
  rule: FaultRule,
  seed?: number,
): Promise<PlacedFaults> {
  return legible(environment, placeFault(sandboxFiles(base, environment).cloud, rule, seed));
}

/** Takes every rule away; gives how many there were. */
export function clearCloudFaults(base: string, environment: string): Promise<number> {
  return clearFaults(sandboxFiles(base, environment).cloud);
}

async function legible<T>(environment: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new TuttiError("files", (error as Error).message, {
      hint: `start afresh: tutti sandbox faults -e ${environment} --clear`,
      cause: error,
    });
  }
}
