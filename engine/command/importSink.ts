// `preview --import-file`: what a preview would create, as a file that `import --file` takes once somebody has put the ids
// in. (pulumi/pulumi: pkg/cmd/pulumi/operations/preview.go)
import type { Emitted, EventSink } from "../deployment/events.ts";
import { isDefaultProvider, isProviderType, parseProviderReference } from "../deployment/resource.ts";
import { isRootStack, urnName } from "../deployment/urn.ts";
import { arrayText, indentText, plainText, stringText, structText } from "../state/json.ts";
import type { ResourceState } from "../state/resource.ts";
import type { SecretsManager } from "../state/secrets.ts";
import { encodeProperties, type SecretWriter } from "../state/serialize.ts";
import { freeName } from "./importFile.ts";

/**
 * Collects a preview; `write` is given the file when it ends. `secrets` is asked only when a provider is configured with one:
 * its key takes time to derive.
 */
export function importSink(
  write: (text: string) => Promise<void>,
  secrets: () => Promise<Pick<SecretsManager, "encrypt">>,
): EventSink {
  const names = new Map<string, string>();
  const providers = new Map<string, ResourceState>();
  const created = new Map<string, ResourceState>();
  return {
    write({ event, new: now }: Emitted) {
      if (!("resourcePreEvent" in event)) return;
      const { op, urn, type } = event.resourcePreEvent.metadata;
      if (!names.has(urn)) names.set(urn, freeName(urnName(urn), type, new Set(names.values())));
      if (now && isProviderType(type)) providers.set(urn, now);
      if (now && op === "create" && !isRootStack(urn) && !isDefaultProvider(urn)) created.set(urn, now);
    },
    async close() {
      const table: Record<string, string> = {};
      /** What a resource of the file calls another; one that is in the state is listed apart. */
      const named = (urn: string): string => {
        const name = names.get(urn) ?? urnName(urn);
        if (!created.has(urn)) table[name] = urn;
        return name;
      };
      const specs = (encrypt: (plaintext: string) => string) =>
        [...created.values()].map((state) =>
          specText(state, { names, named, providers, secrets: { type: "encrypt", encrypt } }),
        );
      let hasSecrets = false;
      let resources = specs(() => {
        hasSecrets = true;
        return "";
      });
      if (hasSecrets) {
        const manager = await secrets();
        resources = specs((plaintext) => manager.encrypt(plaintext));
      }
      const nameTable = Object.keys(table).length === 0 ? undefined : plainText(table);
      await write(
        `${indentText(
          structText([
            ["nameTable", nameTable],
            ["resources", arrayText(resources)],
          ]),
        )}\n`,
      );
    },
  };
}

interface Context {
  readonly names: ReadonlyMap<string, string>;
  readonly named: (urn: string) => string;
  readonly providers: ReadonlyMap<string, ResourceState>;
  readonly secrets: SecretWriter;
}

function specText(state: ResourceState, { names, named, providers, secrets }: Context): string {
  const { urn, type, parent, custom, inputs } = state;
  const isProvider = isProviderType(type);
  const name = names.get(urn)!;
  const provider = state.provider === "" ? "" : parseProviderReference(state.provider).urn;
  const settings = providers.get(provider)?.inputs ?? {};
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? stringText(value) : undefined);
  const internal = settings["__internal"];
  const url = internal !== null && typeof internal === "object" && "pluginDownloadURL" in internal;
  return structText([
    ["type", stringText(type)],
    ["name", stringText(name)],
    ["id", custom && !isProvider ? stringText("<PLACEHOLDER>") : undefined],
    ["parent", parent === "" || isRootStack(parent) ? undefined : stringText(named(parent))],
    ["provider", provider === "" || isDefaultProvider(provider) ? undefined : stringText(named(provider))],
    ["version", text(settings["version"])],
    ["pluginDownloadUrl", url ? text(internal["pluginDownloadURL"]) : undefined],
    ["component", custom ? undefined : "true"],
    ["inputs", isProvider ? encodeProperties(inputs, secrets, urn) : undefined],
    ["logicalName", name === urnName(urn) ? undefined : stringText(urnName(urn))],
  ]);
}
