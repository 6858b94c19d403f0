// The `random` package served by the embedded engine: every resource of pulumi-random 4.21.2, with the inputs, outputs and
// state of the real plugin, so that a stack written by one shows no change under the other. Recordings of the plugin's
// answers hold it to that (test/engine/random). It differs by intent in three ways:
// - all randomness is cryptographic (the plugin uses a clock-seeded generator for integers, pets and shuffles);
// - pet names come from our own words;
// - where the plugin ends with a panic (negative lengths), this one fails the resource with a sentence.
import type { PropertyMap } from "../../values.ts";
import type { DiffResult, Provider, Target } from "../provider.ts";
import { plainMap, readValues, type Values } from "./config.ts";
import { generators } from "./generate.ts";
import { withIgnored } from "./ignoreChanges.ts";
import { importers } from "./importState.ts";
import { type Plan, plan } from "./plan.ts";
import { stateVersion, toOutputs, toState } from "./rawState.ts";
import { importedInputs, refreshedInputs } from "./readInputs.ts";
import { type ResourceSchema, schemas } from "./schema.ts";
import { withSecretsOf } from "./secrets.ts";
import { upgrade } from "./upgrade.ts";
import { validate } from "./validate.ts";

/** The version of the plugin whose behaviour this provider has. */
export const RANDOM_VERSION = "4.21.2";

const schemaByToken = new Map(
  schemas.map((schema) => [
    `random:index/${schema.name[0]!.toLowerCase()}${schema.name.slice(1)}:${schema.name}`,
    schema,
  ]),
);

/** Stateless: one may serve any number of stacks at once. */
export function createRandomProvider(): Provider {
  return {
    package: "random",
    // As the plugin does; nothing it makes has such a name.
    supportsAutonaming: true,
    version: RANDOM_VERSION,

    async checkConfig({ newInputs, name }) {
      const extra = Object.keys(newInputs).filter((key) => !settings.includes(key));
      return { inputs: newInputs, failures: extra.map((key) => ({ property: "", reason: noSetting(key, name) })) };
    },
    async diffConfig({ oldInputs, newInputs }) {
      const changed = settings.filter((key) => oldInputs[key] !== newInputs[key]);
      const kind = (key: string) => (!(key in oldInputs) ? "add" : key in newInputs ? "update" : "delete");
      if (changed.length === 0) return noDiff;
      const detailedDiff = Object.fromEntries(
        changed.map((key) => [key, { kind: kind(key), inputDiff: true } as const]),
      );
      return { ...noDiff, changes: "unknown", detailedDiff };
    },
    async configure() {},

    async check({ type, name, newInputs }) {
      const schema = schemaOf(type);
      const reasons = validate(schema, readValues(schema, newInputs), name);
      return { inputs: newInputs, failures: reasons.map((reason) => ({ property: "", reason })) };
    },

    async diff(request) {
      const { changed, replaces } = await planChange(request);
      return { ...noDiff, changes: changed.length > 0 ? "some" : "none", replaces, diffs: changed };
    },

    async create({ type, inputs, preview }) {
      const schema = schemaOf(type);
      const { values: planned } = plan(schema, readValues(schema, inputs), undefined);
      if (preview) return { id: "", outputs: withSecretsOf(inputs, toOutputs(schema, planned)) };
      const values = { ...planned, ...(await generators[schema.name]!(planned)) };
      return { id: idOf(values), outputs: withSecretsOf(inputs, toState(schema, values)) };
    },

    async read({ type, id, inputs, outputs }) {
      const schema = schemaOf(type);
      if (Object.keys(outputs).length === 0) {
        const state = toState(schema, await importValues(schema, id));
        return { id: idOf(readValues(schema, state)), outputs: state, inputs: importedInputs(schema, state) };
      }
      const values = await stateValues(schema, outputs);
      const state = toState(schema, values);
      return {
        id: idOf(values),
        outputs: withSecretsOf(outputs, state),
        inputs: withSecretsOf(inputs, refreshedInputs(inputs, plainMap(state))),
      };
    },

    async update(request) {
      const schema = schemaOf(request.type);
      const { values } = await planChange(request);
      const outputs = request.preview ? toOutputs(schema, values) : toState(schema, values);
      return withSecretsOf(request.newInputs, outputs);
    },

    // Nothing exists outside the state.
    async delete() {},

    async invoke(token) {
      throw new Error(`the random package has no functions, got ${JSON.stringify(token)}`);
    },
    async cancel() {},
    async close() {},
  };
}

/** All that can be said to the provider itself; it has no configuration of its own. */
const settings: readonly string[] = ["version", "pluginDownloadURL"];

function noSetting(key: string, provider: string): string {
  return provider.startsWith("default")
    ? `\`random:${key}\` is not a valid configuration key for the random provider, which has none`
    : `could not validate provider configuration: Invalid or unknown key. Examine values at '${provider}.${key}'.`;
}

const noDiff: DiffResult = { changes: "none", replaces: [], stables: [], deleteBeforeReplace: false, diffs: [] };

interface Change extends Target {
  readonly oldOutputs: PropertyMap;
  readonly newInputs: PropertyMap;
  readonly ignoreChanges: readonly string[];
}

async function planChange({ type, oldOutputs, newInputs, ignoreChanges }: Change): Promise<Plan> {
  const schema = schemaOf(type);
  const inputs = withIgnored(plainMap(oldOutputs), plainMap(newInputs), ignoreChanges);
  return plan(schema, readValues(schema, inputs), await stateValues(schema, oldOutputs));
}

async function stateValues(schema: ResourceSchema, state: PropertyMap): Promise<Values> {
  return upgrade(schema, stateVersion(state), readValues(schema, state));
}

async function importValues(schema: ResourceSchema, id: string): Promise<Values> {
  const importer = importers[schema.name];
  if (!importer)
    throw new Error(`${schema.name} cannot be imported or read by id: its id does not tell how it was made`);
  const absent = Object.fromEntries(schema.attributes.map(({ name }) => [name, null]));
  try {
    return { ...absent, ...(await importer(id)) };
  } catch (error) {
    throw new Error(`cannot read a ${schema.name} from the id ${JSON.stringify(id)}: ${(error as Error).message}`);
  }
}

/** RandomBytes has no `id` attribute: the plugin derives the id from a secret, which an id cannot be. */
function idOf(values: Values): string {
  return String(values["id"] ?? values["base64"] ?? "");
}

function schemaOf(type: string): ResourceSchema {
  const schema = schemaByToken.get(type);
  if (schema) return schema;
  throw new Error(
    `the random package ${RANDOM_VERSION} has no resource ${JSON.stringify(type)}; it has ${[...schemaByToken.keys()].join(", ")}`,
  );
}
