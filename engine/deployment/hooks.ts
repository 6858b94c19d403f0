// Runs the hooks a program bound to its resources: before and after a step, and when one failed. Which hooks a resource
// has stands in its state, by name; what a name means the running program has said.
//
// 1. A hook that fails before a step fails the step; nothing was done.
// 2. One that fails after a step leaves the step as it is, in the state too, and lets the deployment fail.
// 3. After a failure, hooks for errors may ask for another attempt: at most 100 in all.
// (pulumi/pulumi: pkg/resource/deploy/deployment.go, RunHooks and RunErrorHooks; retries.go)
import { messageOf } from "./errors.ts";
import type { Resource } from "./resource.ts";
import type { ErrorHook, HookCall, ResourceHook, Severity } from "./source.ts";
import { urnName } from "./urn.ts";

export type Moment = "BeforeCreate" | "AfterCreate" | "BeforeUpdate" | "AfterUpdate" | "BeforeDelete" | "AfterDelete";

/** What a hook is told beside the resource it belongs to. */
export type HookValues = Pick<HookCall, "newInputs" | "oldInputs" | "newOutputs" | "oldOutputs">;

const maxAttempts = 100;

export class Hooks {
  readonly #preview: boolean;
  readonly #report: (severity: Severity, message: string, urn: string) => void;
  readonly #ofResources = new Map<string, ResourceHook>();
  readonly #ofErrors = new Map<string, ErrorHook>();
  #failed = false;

  constructor(preview: boolean, report: (severity: Severity, message: string, urn: string) => void) {
    this.#preview = preview;
    this.#report = report;
  }

  /** Whether the program has any. */
  get any(): boolean {
    return this.#ofResources.size + this.#ofErrors.size > 0;
  }

  /** Whether a hook failed after its step. */
  get failed(): boolean {
    return this.#failed;
  }

  registerResourceHook(name: string, hook: ResourceHook): void {
    this.#claim(name);
    this.#ofResources.set(name, hook);
  }

  registerErrorHook(name: string, hook: ErrorHook): void {
    this.#claim(name);
    this.#ofErrors.set(name, hook);
  }

  /** @throws when a hook failed, or was never registered. */
  async before(moment: Moment & `Before${string}`, resource: Resource, values: HookValues): Promise<void> {
    await this.#run(moment, "before", resource, values);
  }

  /** A failure is reported here, and noted for the deployment. */
  async after(moment: Moment & `After${string}`, resource: Resource, values: HookValues): Promise<void> {
    try {
      await this.#run(moment, "after", resource, values);
    } catch (error) {
      this.#failed = true;
      this.#report("error", messageOf(error), resource.urn);
    }
  }

  /** Does the work, and again as long as it fails and a hook for errors of the resource asks for it. */
  async retrying<T>(
    operation: "create" | "update" | "delete",
    resource: Resource,
    values: HookValues,
    work: () => Promise<T>,
  ): Promise<T> {
    const names = resource.state.resourceHooks["OnError"] ?? [];
    if (names.length === 0) return work();
    const failures: string[] = [];
    for (;;) {
      try {
        return await work();
      } catch (error) {
        // The newest first, as hooks are told of them.
        failures.unshift(messageOf(error));
        if (failures.length >= maxAttempts) {
          const message = `maximum number of error hook retries (${maxAttempts}) reached`;
          this.#report("warning", message, resource.urn);
          throw new Error(message, { cause: error });
        }
        if (!(await this.#asksForRetry(names, resource, values, operation, failures))) throw error;
        const attempt = `${failures.length}/${maxAttempts}`;
        this.#report("warning", `retrying ${operation} due to on-error hook request (${attempt})`, resource.urn);
      }
    }
  }

  async #asksForRetry(
    names: readonly string[],
    resource: Resource,
    values: HookValues,
    operation: string,
    failures: readonly string[],
  ): Promise<boolean> {
    let asked = false;
    for (const name of names) {
      const hook = this.#ofErrors.get(name);
      try {
        if (!hook) throw new Error(`error hook "${name}" was not registered`);
        asked = (await hook.run(callOf(resource, values), operation, failures)) || asked;
      } catch (error) {
        const reason = hook ? `error hook "${name}" failed: ${messageOf(error)}` : messageOf(error);
        throw new Error(`error hooks execution failed: ${reason}`, { cause: error });
      }
    }
    return asked;
  }

  async #run(moment: Moment, when: "before" | "after", resource: Resource, values: HookValues): Promise<void> {
    for (const name of resource.state.resourceHooks[moment] ?? []) {
      const hook = this.#ofResources.get(name);
      if (!hook) throw new Error(`hook "${name}" was not registered`);
      if (this.#preview && !hook.onDryRun) continue;
      try {
        await hook.run(callOf(resource, values));
      } catch (error) {
        if (!hook.ignoreErrors) throw new Error(`${when} hook "${name}" failed: ${messageOf(error)}`, { cause: error });
        this.#report("warning", `${moment} hook "${name}" failed: ${messageOf(error)}`, resource.urn);
      }
    }
  }

  #claim(name: string): void {
    if (name === "") throw new Error("resource hook name cannot be empty");
    if (this.#ofResources.has(name) || this.#ofErrors.has(name)) {
      throw new Error(`resource hook already registered for name "${name}"`);
    }
  }
}

function callOf({ urn, id, type }: Resource, values: HookValues): HookCall {
  return { urn, id, name: urnName(urn), type, ...values };
}
