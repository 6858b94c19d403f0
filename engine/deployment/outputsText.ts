// Which outputs of a step are shown, as lines: of the stack always, in a preview those that change; of other resources where
// they are known and differ from what they were, or say more than the inputs (pulumi/pulumi:
// pkg/backend/display/object_diff.go, getResourceOutputsPropertiesString). "" when there is nothing to show.
import { unknownSentinel } from "../state/serialize.ts";
import type { StepMetadata } from "./events.ts";
import type { StepOp } from "./steps.ts";
import { isRootStack } from "./urn.ts";
import { type Change, type Changes, changesOf, hiddenOf, type Members, mapOf } from "./valueChanges.ts";
import { changesText, isWorthShowing, type Layout, mapText, margin } from "./valueText.ts";

export interface OutputsOptions {
  readonly planning: boolean;
  /** A refresh found them. */
  readonly refresh: boolean;
  readonly showSames: boolean;
}

/** What a preview knows as well as an update. */
const read: ReadonlySet<StepOp> = new Set(["read", "read-replacement", "import", "import-replacement"]);

export function outputsText(metadata: StepMetadata, layout: Layout, options: OutputsOptions): string {
  const { planning, refresh } = options;
  const root = isRootStack(metadata.urn);
  const showSames = options.showSames || (root && !planning);
  if (planning && !refresh && !root && !read.has(metadata.op)) return "";
  if ((metadata.old?.initErrors ?? []).length > 0) return "";
  const inputs = mapOf(metadata.new?.inputs);
  const outputs = mapOf(metadata.new?.outputs);
  const hidden = hiddenOf(metadata);
  const isAsGiven = (name: string) =>
    !refresh &&
    Object.hasOwn(inputs, name) &&
    (changesOf({ [name]: inputs[name]! }, { [name]: outputs[name] ?? null }, hidden).members?.size ?? 0) === 0;
  if (metadata.old) {
    const changes = changesOf(mapOf(metadata.old.outputs), outputs, hidden);
    if (changes.members) {
      const members = planning && root ? withoutUnknown(changes.members) : changes.members;
      const isSame = (name: string) => members.get(name)?.kind === "same";
      return (
        hiddenText(changes, layout) +
        changesText(members, layout, (name) => !isAsGiven(name) && (showSames || !isSame(name)))
      );
    }
    if (!showSames) return "";
  }
  return mapText(outputs, layout, (name) => isWorthShowing(outputs[name]!) && !isAsGiven(name));
}

/** A line for each path whose changes are hidden. */
export function hiddenText({ hidden }: Changes, layout: Layout): string {
  return hidden.map((path) => `${margin({ ...layout, mark: "~ " })}${path} (hidden)\n`).join("");
}

/** That an output of the stack will be known only later is no change. */
function withoutUnknown(members: Members): Members {
  const isUnknown = (change: Change) => change.kind === "update" && change.now === unknownSentinel;
  return new Map([...members].filter(([, change]) => !isUnknown(change)));
}
