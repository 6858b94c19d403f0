// Knows of every resource that a program registers whether it is there yet, so that an invoke which depends on some of them
// is not answered before: in a preview, from a cloud that does not have them.
// (pulumi/pulumi: pkg/resource/deploy/resourcetracker)
import { unknownId } from "./resource.ts";
import type { Goal, Registered } from "./source.ts";

interface Made {
  readonly custom: boolean;
  readonly isThere: boolean;
}

export class MadeResources {
  readonly #made = new Map<string, Made>();
  readonly #children = new Map<string, Set<string>>();
  /** How many registrations are under way, by parent. */
  readonly #underWay = new Map<string, number>();
  #changed = Promise.withResolvers<void>();

  /** Follows a registration from its request to its answer. */
  async follow(goal: Pick<Goal, "parent" | "custom">, registration: Promise<Registered>): Promise<Registered> {
    const { parent, custom } = goal;
    this.#count(parent, 1);
    try {
      const registered = await registration;
      const { urn, id, result } = registered;
      this.#made.set(urn, { custom, isThere: id !== "" && id !== unknownId && result === "success" });
      const siblings = this.#children.get(parent) ?? new Set();
      this.#children.set(parent, siblings.add(urn));
      return registered;
    } finally {
      this.#count(parent, -1);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  /**
   * Whether all that the URNs stand for is there: a custom resource stands for itself, a component for what is below it, down
   * to the first custom resources. Waits for registrations under way below such a component.
   */
  async areThere(urns: Iterable<string>): Promise<boolean> {
    for (;;) {
      const components = this.#componentsOf(urns);
      if (components === undefined) return false;
      if (![...components].some((urn) => this.#underWay.has(urn))) return true;
      await this.#changed.promise;
    }
  }

  /** The components among what the URNs stand for; undefined when something is not there. Unknown URNs stand for nothing. */
  #componentsOf(urns: Iterable<string>): ReadonlySet<string> | undefined {
    const components = new Set<string>();
    const frontier = [...urns];
    for (let urn = frontier.pop(); urn !== undefined; urn = frontier.pop()) {
      const made = this.#made.get(urn);
      if (made?.custom && !made.isThere) return undefined;
      if (!made || made.custom || components.has(urn)) continue;
      components.add(urn);
      frontier.push(...(this.#children.get(urn) ?? []));
    }
    return components;
  }

  #count(parent: string, by: number): void {
    const count = (this.#underWay.get(parent) ?? 0) + by;
    if (count === 0) this.#underWay.delete(parent);
    else this.#underWay.set(parent, count);
  }
}
