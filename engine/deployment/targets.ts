// `--target`, `--exclude` and `--replace`: sets of URNs given literally or with wildcards (`*` within a part of the URN,
// `**` across parts).

export class UrnTargets {
  readonly #literals: Set<string>;
  readonly #patterns: readonly string[];
  readonly #globs: readonly RegExp[];

  constructor(patterns: readonly string[]) {
    this.#literals = new Set(patterns.filter((pattern) => !pattern.includes("*")));
    this.#patterns = patterns.filter((pattern) => pattern.includes("*"));
    this.#globs = this.#patterns.map(globPattern);
  }

  /** Whether anything was named. A set that names nothing contains everything. */
  get constrained(): boolean {
    return this.#literals.size > 0 || this.#globs.length > 0;
  }

  get literals(): readonly string[] {
    return [...this.#literals];
  }

  contains(urn: string): boolean {
    return !this.constrained || this.#literals.has(urn) || this.#globs.some((glob) => glob.test(urn));
  }

  /** Another set of the same contents, to grow on its own. */
  clone(): UrnTargets {
    return new UrnTargets([...this.#literals, ...this.#patterns]);
  }

  /** Adds a URN, unless the set names nothing and so contains it already. */
  add(urn: string): void {
    if (this.constrained) this.#literals.add(urn);
  }
}

function globPattern(glob: string): RegExp {
  const quote = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const within = (text: string) => text.split("*").map(quote).join("[^:]*");
  return new RegExp(`^${glob.split("**").map(within).join(".*")}$`, "s");
}
