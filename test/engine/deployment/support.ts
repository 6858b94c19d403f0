// A deployment without gRPC: programs are functions, the cloud is a map, the state is what the last deployment wrote.

import { createHash } from "node:crypto";
import { emptyGoal } from "../../../engine/deployment/defaultProviders.ts";
import { type DeploymentOptions, type DeploymentResult, deploy } from "../../../engine/deployment/deployment.ts";
import {
  type Emitted,
  type EngineEvent,
  EventStream,
  programLog,
  type StepMetadata,
} from "../../../engine/deployment/events.ts";
import type { SnapshotContents } from "../../../engine/deployment/merge.ts";
import { Resource } from "../../../engine/deployment/resource.ts";
import type { WriteSnapshot } from "../../../engine/deployment/snapshot.ts";
import type { Goal, ProgramEnd, ProgramLog, Registered, Registrar } from "../../../engine/deployment/source.ts";
import { UrnTargets } from "../../../engine/deployment/targets.ts";
import type { DiffResult, Provider, ProviderHost, ReadResult } from "../../../engine/providers/provider.ts";
import { type PropertyMap, type PropertyValue, Secret, Unknown, unknown } from "../../../engine/values.ts";
import { journalOf } from "./journal.ts";

export interface CloudObject {
  readonly type: string;
  inputs: PropertyMap;
}

/**
 * A provider over a map. Inputs are outputs; `computed` is derived from the id. Inputs called `force*` replace, `first*`
 * replace and delete first. What `fail` names (`create:name`) fails, once for each time it is named.
 */
export class Cloud {
  readonly objects = new Map<string, CloudObject>();
  readonly calls: string[] = [];
  readonly fail: string[] = [];
  /** Awaited inside create, update and delete; a test can hold them. */
  hold: (call: string) => Promise<void> = async () => {};
  /** Called when what runs is asked to end early. */
  cancelled: () => void = () => {};
  #next = 1;

  provider(packageName: string, version: string | undefined): Provider {
    const act = async (call: string) => {
      this.calls.push(call);
      await this.hold(call);
      const at = this.fail.indexOf(call);
      if (at === -1) return;
      this.fail.splice(at, 1);
      throw new Error(`${call} refused`);
    };
    return {
      package: packageName,
      version,
      checkConfig: async ({ newInputs }) => ({ inputs: newInputs, failures: [] }),
      diffConfig: async ({ oldInputs, newInputs }) => ({
        ...none,
        changes: "unknown",
        replaces: oldInputs["region"] === newInputs["region"] ? [] : ["region"],
      }),
      configure: async () => {},
      check: async ({ newInputs }) => ({
        inputs: newInputs,
        failures: newInputs["bad"] === undefined ? [] : [{ property: "bad", reason: "is bad" }],
      }),
      diff: async ({ oldInputs, newInputs }) => diffOf(oldInputs, newInputs),
      create: async ({ name, type, inputs, preview }) => {
        if (preview) return { id: "", outputs: { ...inputs, computed: unknown } };
        await act(`create:${name}`);
        const id = `id-${this.#next++}`;
        this.objects.set(id, { type, inputs });
        return { id, outputs: { ...inputs, computed: `computed-${id}` } };
      },
      read: async ({ id }): Promise<ReadResult | undefined> => {
        const object = this.objects.get(id);
        if (!object) return undefined;
        return { id, inputs: object.inputs, outputs: { ...object.inputs, computed: `computed-${id}` } };
      },
      update: async ({ name, id, newInputs, preview }) => {
        if (preview) return { ...newInputs, computed: `computed-${id}` };
        await act(`update:${name}`);
        const object = this.objects.get(id);
        if (!object) throw new Error(`${id} does not exist`);
        object.inputs = newInputs;
        return { ...newInputs, computed: `computed-${id}` };
      },
      delete: async ({ name, id }) => {
        await act(`delete:${name}`);
        this.objects.delete(id);
      },
      invoke: async (token, args) => ({ result: { token, ...args }, failures: [] }),
      cancel: async () => this.cancelled(),
      close: async () => {},
    };
  }

  host(): ProviderHost {
    return { load: async (name, version) => this.provider(name, version), close: async () => {} };
  }
}

const none: DiffResult = { changes: "none", replaces: [], stables: [], deleteBeforeReplace: false, diffs: [] };

function diffOf(old: PropertyMap, now: PropertyMap): DiffResult {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) => differ(old[key], now[key]));
  const replaces = keys.filter((key) => /^(force|first)/.test(key));
  return {
    ...none,
    changes: keys.length > 0 ? "some" : "none",
    diffs: keys,
    replaces,
    detailedDiff: Object.fromEntries(
      keys.map((key) => [key, { kind: replaces.includes(key) ? "update-replace" : "update", inputDiff: true }]),
    ),
    deleteBeforeReplace: keys.some((key) => key.startsWith("first")),
  };
}

const plain = (value: PropertyValue | undefined): PropertyValue =>
  value instanceof Secret ? plain(value.element) : (value ?? null);

function differ(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  const [x, y] = [plain(a), plain(b)];
  if (x instanceof Unknown || y instanceof Unknown) return true;
  return JSON.stringify(x) !== JSON.stringify(y);
}

export const emptyContents: SnapshotContents = { resources: [], pendingOperations: [] };

export type Program = (stack: Api) => Promise<void>;

/** What a scripted program works with. */
export interface Api {
  /** Registers a custom resource of type `test:index:Thing` below the stack. */
  thing(name: string, inputs?: PropertyMap, more?: Partial<Goal>): Promise<Registered>;
  component(name: string, more?: Partial<Goal>): Promise<Registered>;
  outputs(outputs: PropertyMap): Promise<void>;
  readonly registrar: Registrar;
  readonly log: ProgramLog;
  readonly stackUrn: string;
  readonly signal: AbortSignal;
}

export const stackUrn = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev";
export const thingUrn = (name: string, chain = "") => `urn:pulumi:dev::proj::${chain}test:index:Thing::${name}`;

export const goal = (fields: Partial<Goal> & Pick<Goal, "type" | "name">): Goal => ({ ...emptyGoal, ...fields });

export type Options = Partial<Omit<DeploymentOptions, "targets" | "excludes" | "replaceTargets">> & {
  readonly targets?: readonly string[];
  readonly excludes?: readonly string[];
  readonly replace?: readonly string[];
  readonly signal?: AbortSignal;
  readonly config?: Readonly<Record<string, string>>;
  /** The program does nothing and ends so. */
  readonly endWith?: ProgramEnd;
  /** What every write of the snapshot fails with. */
  readonly failWrites?: string;
  /** Where it is written, too. */
  readonly write?: WriteSnapshot;
};

export interface Run extends DeploymentResult {
  readonly events: readonly EngineEvent[];
  /** The same with what is beside them. */
  readonly emitted: Emitted[];
  /** `op urn-tail` of every step that was not internal, sorted; same and refresh included. */
  readonly steps: readonly string[];
  readonly messages: readonly string[];
}

/** A stack that remembers: every operation starts from what the last one wrote. */
export class TestStack {
  /** Whether states are written as a checkpoint and a journal. */
  static journaled = false;
  readonly cloud = new Cloud();
  contents: SnapshotContents = emptyContents;
  writes: SnapshotContents[] = [];

  up(program: Program, options: Options = {}): Promise<Run> {
    return this.#deploy(program, { ...options, preview: false });
  }
  preview(program: Program, options: Options = {}): Promise<Run> {
    return this.#deploy(program, { ...options, preview: true });
  }
  refresh(options: Options = {}): Promise<Run> {
    return this.#deploy(undefined, { preview: false, ...options, refresh: "only" });
  }
  destroy(options: Options = {}): Promise<Run> {
    return this.#deploy(undefined, { preview: false, ...options });
  }

  state(name: string) {
    return this.contents.resources.find(({ urn, delete: waits }) => !waits && urn.endsWith(`::${name}`));
  }

  /** URN tails in the order of the snapshot, with `*` for those waiting for deletion. */
  get order(): readonly string[] {
    return this.contents.resources.map(({ urn, delete: waits }) => `${tail(urn)}${waits ? "*" : ""}`);
  }

  async #deploy(program: Program | undefined, options: Options): Promise<Run> {
    const emitted: Emitted[] = [];
    const stream = new EventStream([{ write: (one) => emitted.push(one), close: async () => {} }], []);
    const { targets = [], excludes = [], replace = [], signal = new AbortController().signal, config = {} } = options;
    const result = await deploy(
      {
        stack: "dev",
        project: "proj",
        preview: false,
        targetDependents: false,
        excludeDependents: false,
        parallel: 4,
        continueOnError: false,
        refresh: "no",
        configuration: { values: config, secretKeys: [] },
        ...options,
        targets: new UrnTargets(targets),
        excludes: new UrnTargets(excludes),
        replaceTargets: new UrnTargets(replace),
        program:
          program &&
          (async (registrar, ended) =>
            options.endWith ?? runScript(program, registrar, programLog(stream, false), ended)),
      },
      {
        base: baseOf(this.contents),
        host: this.cloud.host(),
        events: stream,
        signal,
        write: async (contents, final) => {
          const write = async (now: SnapshotContents): Promise<void> => {
            if (options.failWrites !== undefined) throw new Error(options.failWrites);
            checkIntegrity(now);
            await Promise.resolve();
            this.contents = now;
            this.writes.push(now);
          };
          await write(contents);
          if (options.write) return options.write(contents, final);
          return TestStack.journaled && !final ? journalOf(contents, 4, write) : undefined;
        },
      },
    );
    await stream.close();
    const events = emitted.map(({ event }) => event);
    const steps = emitted
      .flatMap(({ event, internal }): StepMetadata[] =>
        "resourcePreEvent" in event && !internal ? [event.resourcePreEvent.metadata] : [],
      )
      .map(({ op, urn }) => `${op} ${tail(urn)}`)
      .sort();
    const messages = events.flatMap((event) =>
      "diagnosticEvent" in event
        ? [`${event.diagnosticEvent.prefix ?? ""}${event.diagnosticEvent.message}`.trim()]
        : [],
    );
    return { ...result, events, emitted, steps, messages };
  }
}

export function baseOf(contents: SnapshotContents) {
  return {
    resources: contents.resources.map((state) => new Resource(state)),
    pendingOperations: contents.pendingOperations.map(({ type, resource }) => ({
      type,
      resource: new Resource(resource),
    })),
  };
}

export const tail = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);

async function runScript(program: Program, registrar: Registrar, log: ProgramLog, signal: AbortSignal) {
  try {
    const stack = await registrar.registerResource(
      goal({ type: "pulumi:pulumi:Stack", name: "proj-dev", custom: false }),
    );
    await program({
      registrar,
      log,
      signal,
      stackUrn: stack.urn,
      thing: (name, inputs = {}, more = {}) =>
        registrar.registerResource(
          goal({ type: "test:index:Thing", name, parent: stack.urn, inputs, version: "1.2.3", ...more }),
        ),
      component: (name, more = {}) =>
        registrar.registerResource(goal({ type: "my:index:Group", name, parent: stack.urn, custom: false, ...more })),
      outputs: (outputs) => registrar.registerResourceOutputs(stack.urn, outputs),
    });
    return { type: "ok" } as const;
  } catch (error) {
    return { type: "error", message: (error as Error).message } as const;
  }
}

/** Whatever is written must be a valid snapshot: order, references, one living resource a URN. */
export function checkIntegrity({ resources }: SnapshotContents): void {
  const seen = new Set<string>();
  const living = new Set<string>();
  const providers = new Set<string>();
  for (const state of resources) {
    const need = (urn: string, what: string) => {
      if (urn !== "" && !seen.has(urn)) throw new Error(`${state.urn} names ${what} ${urn}, which is not before it`);
    };
    need(state.parent, "parent");
    for (const urn of state.dependencies) need(urn, "dependency");
    for (const urn of Object.values(state.propertyDependencies).flat()) need(urn, "property dependency");
    need(state.deletedWith, "deletedWith");
    for (const urn of state.replaceWith) need(urn, "replaceWith");
    if (state.provider !== "" && !state.delete && !state.pendingReplacement && !providers.has(state.provider)) {
      throw new Error(`${state.urn} names provider ${state.provider}, which is not before it`);
    }
    if (state.custom && state.id === "") throw new Error(`${state.urn} has no id`);
    if (!state.delete && living.has(state.urn)) throw new Error(`${state.urn} is there twice`);
    seen.add(state.urn);
    if (!state.delete) living.add(state.urn);
    if (state.type.startsWith("pulumi:providers:")) providers.add(`${state.urn}::${state.id}`);
  }
}

export const hash = (text: string) => createHash("sha256").update(text).digest().readUInt32LE(0);
