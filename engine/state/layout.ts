// Where a file backend keeps what (pulumi/pulumi: pkg/backend/diy/store.go, layout version 1). All paths are below
// `<root>/.pulumi/`.
import { join } from "node:path";
import { organization, type StackName } from "./stackName.ts";

export interface Layout {
  readonly meta: string;
  readonly stacks: string;
  /** Without extension: `.json`, `.json.gz`, `.json.bak` and `.pulumi-tags` follow. */
  stackBase(name: StackName): string;
  history(name: StackName): string;
  backups(name: StackName): string;
  locks(name: StackName): string;
}

export function layoutOf(root: string): Layout {
  const base = join(root, ".pulumi");
  return {
    meta: join(base, "meta.yaml"),
    stacks: join(base, "stacks"),
    stackBase: ({ project, stack }) => join(base, "stacks", project, stack),
    history: ({ project, stack }) => join(base, "history", project, stack),
    backups: ({ project, stack }) => join(base, "backups", project, stack),
    locks: ({ project, stack }) => join(base, "locks", organization, project, stack),
  };
}

/** Nanoseconds since 1970, for file names that sort by time. */
export function nanoseconds(): bigint {
  return BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
}
