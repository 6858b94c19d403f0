// Keeps secrets secret by value. Learns every secret that passes between program, deployment and providers, and makes a
// secret of any plain property that holds one of them, before it can reach a state, a cloud's file or an event.
//
// A name cannot be kept secret: it is part of the URN, which stands everywhere. So a resource whose name holds a secret is
// refused before anything is registered.
import type { Goal, ReadGoal, Registrar } from "../deployment/source.ts";
import { PartialFailure, type Provider, type ProviderHost } from "../providers/provider.ts";
import type { SecretValues } from "../secretValues.ts";
import type { PropertyMap } from "../values.ts";

/** The same deployment for a program whose secrets are watched. */
export function watchedRegistrar(registrar: Registrar, secrets: SecretValues): Registrar {
  const registered = <T extends { readonly outputs: PropertyMap }>(answer: T): T => {
    secrets.learn(answer.outputs);
    return answer;
  };
  return {
    async registerResource(goal) {
      secrets.learn(goal.inputs);
      refuse(goal, secrets);
      return registered(await registrar.registerResource({ ...goal, inputs: secrets.conceal(goal.inputs) }));
    },
    async registerResourceOutputs(urn, outputs) {
      secrets.learn(outputs);
      return registrar.registerResourceOutputs(urn, secrets.conceal(outputs));
    },
    async readResource(goal) {
      secrets.learn(goal.inputs);
      refuse(goal, secrets);
      return registered(await registrar.readResource({ ...goal, inputs: secrets.conceal(goal.inputs) }));
    },
    existsResource(goal) {
      secrets.learn(goal.inputs);
      return registrar.existsResource(goal);
    },
    async invoke(goal) {
      secrets.learn(goal.args);
      const answer = await registrar.invoke(goal);
      secrets.learn(answer.result);
      return answer;
    },
    registerResourceHook: (name, hook) => registrar.registerResourceHook(name, hook),
    registerErrorHook: (name, hook) => registrar.registerErrorHook(name, hook),
    programDone: () => registrar.programDone(),
  };
}

function refuse(goal: Goal | ReadGoal, secrets: SecretValues): void {
  const id = "id" in goal ? goal.id : goal.importId;
  const what = secrets.holds(goal.name) ? "name" : secrets.holds(id) ? "id" : undefined;
  if (what === undefined) return;
  const why = what === "name" ? "names are part of URNs" : "ids are part of states";
  throw new Error(
    `a resource of type ${goal.type} has a secret in its ${what}; ${why}, which are kept in plain text, so it was not registered. Give it ${what === "name" ? "another name" : "an id without one"}`,
  );
}

/** The same providers, with what they answer watched. */
export function watchedHost(host: ProviderHost, secrets: SecretValues): ProviderHost {
  return {
    load: async (...wanted) => watchedProvider(await host.load(...wanted), secrets),
    close: () => host.close(),
  };
}

function watchedProvider(provider: Provider, secrets: SecretValues): Provider {
  const kept = (map: PropertyMap): PropertyMap => {
    secrets.learn(map);
    return secrets.conceal(map);
  };
  const keeping = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      throw new PartialFailure(error.id, kept(error.outputs), kept(error.inputs), error.reasons);
    }
  };
  return {
    get package() {
      return provider.package;
    },
    get version() {
      return provider.version;
    },
    ...(provider.supportsAutonaming && { supportsAutonaming: true }),
    ...(provider.approximate && { approximate: (type: string) => provider.approximate!(type) }),
    checkConfig: (request) => provider.checkConfig(request),
    diffConfig: (request) => provider.diffConfig(request),
    configure: (inputs) => provider.configure(inputs),
    async check(request) {
      const answer = await provider.check(request);
      return { ...answer, inputs: kept(answer.inputs) };
    },
    diff: (request) => provider.diff(request),
    async create(request) {
      const answer = await keeping(provider.create(request));
      return { ...answer, outputs: kept(answer.outputs) };
    },
    async read(request) {
      const answer = await keeping(provider.read(request));
      return answer && { ...answer, inputs: kept(answer.inputs), outputs: kept(answer.outputs) };
    },
    update: async (request) => kept(await keeping(provider.update(request))),
    delete: (request) => provider.delete(request),
    async invoke(token, args) {
      const answer = await provider.invoke(token, args);
      secrets.learn(answer.result);
      return answer;
    },
    cancel: () => provider.cancel(),
    close: () => provider.close(),
  };
}
