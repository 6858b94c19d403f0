// Reads what other stacks of a backend have put out. Secrets come back as secrets, decrypted with that stack's own salt;
// the key is derived only when one of the values asked for is a secret.
import { openDeployment } from "../state/checkpoint.ts";
import type { FileBackend } from "../state/fileBackend.ts";
import type { JsonObject } from "../state/json.ts";
import { isJsonObject } from "../state/json.ts";
import { fullName, parseStackName } from "../state/stackName.ts";
import type { PropertyMap } from "../values.ts";

const ROOT_TYPE = "pulumi:pulumi:Stack";

export interface StackReader {
  /**
   * `organization/<project>/<stack>` of a name in any form.
   * @throws EngineError for a name that cannot be a stack's.
   */
  fullName(name: string): string;
  /** Outputs of the stack; `{}` before its first update, `undefined` when there is no such stack. */
  outputs(fullName: string): Promise<PropertyMap | undefined>;
  /** Outputs of all resources by URN, as `{ type, outputs }`. */
  resourceOutputs(fullName: string): Promise<PropertyMap | undefined>;
}

export interface StackReaderOptions {
  readonly backend: FileBackend;
  /** The project whose name a short stack name stands in. */
  readonly project: string;
  /** Asked only when a value is a secret. */
  readonly passphrase: () => Promise<string>;
  /** Where a stack is kept that is not in `backend`; `undefined` for one that is. */
  readonly elsewhere?: (
    stack: string,
    project: string,
  ) => Promise<Pick<StackReaderOptions, "backend" | "passphrase"> | undefined>;
}

export function createStackReader(options: StackReaderOptions): StackReader {
  const { project, elsewhere } = options;
  const read = async (name: string, wanted: (resource: JsonObject) => boolean) => {
    const stack = parseStackName(name, project);
    const { backend, passphrase } = (await elsewhere?.(stack.stack, stack.project)) ?? options;
    if (!(await backend.exists(stack))) return undefined;
    const { deployment } = await backend.readRaw(stack);
    const all = deployment?.["resources"];
    if (deployment === undefined || !Array.isArray(all)) return [];
    const resources = all.filter((item) => isJsonObject(item) && item["delete"] !== true && wanted(item));
    // Only what was asked for is decoded: the rest may hold secrets that nobody needs, and thousands of resources.
    const part = { ...deployment, resources, pending_operations: [] };
    try {
      return (await openDeployment(part, { passphrase, checkIntegrity: false })).snapshot.resources;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`could not read the outputs of stack "${name}": ${reason}`);
    }
  };
  return {
    fullName: (name) => fullName(parseStackName(name, project)),
    async outputs(name) {
      const resources = await read(name, (resource) => resource["type"] === ROOT_TYPE);
      return resources === undefined ? undefined : (resources[0]?.outputs ?? {});
    },
    async resourceOutputs(name) {
      const resources = await read(name, () => true);
      if (resources === undefined) return undefined;
      return Object.fromEntries(resources.map(({ urn, type, outputs }) => [urn, { type, outputs }]));
    },
  };
}
