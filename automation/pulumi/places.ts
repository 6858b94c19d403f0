// Where stacks are: each environment of a run, opened once for the workspace's own project, and once more for each existing
// project that has stacks in it.
import type { AnyContract } from "../define.ts";
import type { OpenEnvironment } from "./environment.ts";

/** What says where a stack is. */
export interface Placed {
  readonly environment: string;
  /** Absent: no contract claims it; it is one of the workspace's own project. */
  readonly contract?: Pick<AnyContract, "folder">;
}

export interface Places {
  /** The environment as the stack's own project sees it; opened when it is first asked for. */
  of(stack: Placed): Promise<OpenEnvironment>;
}

export function createPlaces(
  open: (environment: string, folder: string | undefined) => Promise<OpenEnvironment>,
): Places {
  const opened = new Map<string, Promise<OpenEnvironment>>();
  return {
    of({ environment, contract }) {
      const folder = contract?.folder?.dir;
      const key = JSON.stringify([environment, folder]);
      const place = opened.get(key) ?? open(environment, folder);
      opened.set(key, place);
      return place;
    },
  };
}
