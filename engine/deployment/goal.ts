// Turns a RegisterResource request, after its transforms, into the goal a deployment works with. Pure: what a request
// leaves to context (its parent's options) the monitor has filled in before.

import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Alias as AliasMessage } from "@pulumi/pulumi/proto/alias_pb.js";
import type { RegisterResourceRequest, TransformResourceOptions } from "@pulumi/pulumi/proto/resource_pb.js";
import type { SourcePosition, StackTrace } from "@pulumi/pulumi/proto/source_pb.js";
import type { PropertyMap } from "../values.ts";
import { lowerOutputs } from "./outputValues.ts";
import type { Alias, Goal } from "./source.ts";
import { decodeValue } from "./wire.ts";

/** What a resource needs, by URN: all in one list, and for each property. */
export interface Dependencies {
  readonly all: readonly string[];
  readonly byProperty: Readonly<Record<string, readonly string[]>>;
}

/**
 * Builds the goal. `options` is what transforms left of the request's options.
 *
 * @throws Error for a custom timeout that is no duration.
 */
export function goalOf(
  request: RegisterResourceRequest,
  options: TransformResourceOptions,
  properties: PropertyMap,
  dependencies: Dependencies,
  rootDirectory: string,
): Goal {
  const trigger = options.getReplacementTrigger();
  const timeouts = options.getCustomTimeouts();
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    remote: request.getRemote(),
    parent: request.getParent(),
    inputs: lowerOutputs(properties),
    dependencies: dependencies.all,
    propertyDependencies: dependencies.byProperty,
    provider: options.getProvider(),
    providers: Object.fromEntries(options.getProvidersMap().entries() as Iterable<[string, string]>),
    version: options.getVersion(),
    pluginDownloadUrl: options.getPluginDownloadUrl().replace(/\/$/, ""),
    protect: options.getProtect() ?? false,
    retainOnDelete: options.getRetainOnDelete() ?? false,
    deletedWith: options.getDeletedWith(),
    ignoreChanges: options.getIgnoreChangesList(),
    replaceOnChanges: options.getReplaceOnChangesList(),
    deleteBeforeReplace: options.hasDeleteBeforeReplace() ? options.getDeleteBeforeReplace() : undefined,
    additionalSecretOutputs: options.getAdditionalSecretOutputsList(),
    aliases: options.getAliasesList().map(aliasOf),
    importId: options.getImport(),
    customTimeouts: {
      create: seconds(timeouts?.getCreate()),
      update: seconds(timeouts?.getUpdate()),
      delete: seconds(timeouts?.getDelete()),
    },
    hideDiffs: options.getHideDiffList(),
    replaceWith: options.getReplaceWithList(),
    replacementTrigger: trigger === undefined ? undefined : decodeValue(trigger),
    envVarMappings: Object.fromEntries(request.getEnvvarmappingsMap().entries() as Iterable<[string, string]>),
    hooks: hooksOf(options),
    sourcePosition: projectPosition(request.getSourceposition(), rootDirectory),
    stackTrace: projectTrace(request.getStacktrace(), rootDirectory),
  };
}

/** Names of hooks by moment, as a state keeps them; without the moments that have none. */
function hooksOf(options: TransformResourceOptions): Readonly<Record<string, readonly string[]>> {
  const hooks = options.getHooks();
  const byMoment = {
    BeforeCreate: hooks?.getBeforeCreateList() ?? [],
    AfterCreate: hooks?.getAfterCreateList() ?? [],
    BeforeUpdate: hooks?.getBeforeUpdateList() ?? [],
    AfterUpdate: hooks?.getAfterUpdateList() ?? [],
    BeforeDelete: hooks?.getBeforeDeleteList() ?? [],
    AfterDelete: hooks?.getAfterDeleteList() ?? [],
    OnError: hooks?.getOnErrorList() ?? [],
  };
  return Object.fromEntries(Object.entries(byMoment).filter(([, names]) => names.length > 0));
}

function aliasOf(message: AliasMessage): Alias {
  const spec = message.getSpec();
  if (spec === undefined) return { urn: message.getUrn() };
  return {
    ...(spec.getName() === "" ? {} : { name: spec.getName() }),
    ...(spec.getType() === "" ? {} : { type: spec.getType() }),
    ...(spec.getProject() === "" ? {} : { project: spec.getProject() }),
    ...(spec.getStack() === "" ? {} : { stack: spec.getStack() }),
    // The SDK sends an empty parent URN for "the same parent as now".
    ...(spec.getParenturn() === "" ? {} : { parentUrn: spec.getParenturn() }),
    ...(spec.getNoparent() ? { noParent: true } : {}),
  };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Reads a Go duration (`90s`, `1h30m`, `1.5h`) as seconds; absent or empty is 0. */
export function seconds(duration: string | undefined): number {
  if (duration === undefined || duration === "" || duration === "0") return 0;
  const parts = [...duration.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== duration) {
    throw new Error(`unable to parse customTimeout Value ${duration}: write a duration such as "90s", "5m" or "1h30m"`);
  }
  return parts.reduce(
    (total, [, amount, unit]) => total + Number(amount) * (UNIT_SECONDS[unit as string] as number),
    0,
  );
}

/**
 * The position as it is kept in state: `project:///<path from the project root>#<line>,<column>`; "" when the program
 * sent none or one that is no file (pulumi/pulumi: pkg/resource/deploy/source_eval.go, parseSourcePosition).
 */
export function projectPosition(position: SourcePosition | undefined, rootDirectory: string): string {
  const uri = position?.getUri() ?? "";
  if (position === undefined || !uri.startsWith("file:") || position.getLine() < 0) return "";
  const relative = path.relative(rootDirectory, fileURLToPath(uri));
  const escaped = relative.split(path.sep).map(encodeURI).join("/");
  const column = position.getColumn() === 0 ? "" : `,${position.getColumn()}`;
  return `project:///${escaped}#${position.getLine()}${column}`;
}

/** The positions of a call's frames, innermost first; "" for a frame that has none. */
export function projectTrace(trace: StackTrace | undefined, rootDirectory: string): string[] {
  return (trace?.getFramesList() ?? []).map((frame) => projectPosition(frame.getPc(), rootDirectory));
}
