// Warns a program that reads a secret of its configuration with a getter that does not keep it secret (`get`, `require`
// and theirs, instead of `getSecret`): what becomes of the value then stands in the state in plain. The SDK knows both names
// and says nothing since its warning was taken back (@pulumi/pulumi: config.js, getImpl).
import * as pulumi from "@pulumi/pulumi";

/** What is private in the SDK's Config: its getters but the secret ones name themselves and the one to use instead. */
interface Getters {
  fullKey(key: string): string;
  getImpl(
    key: string,
    options: unknown,
    use?: { readonly name: string },
    insteadOf?: { readonly name: string },
  ): unknown;
}

const watched = Symbol.for("tutti.secretGetters");

/** Warns from now on, of each key once. An SDK that works another way is left as it is. */
export function watchSecretGetters(): void {
  const config = pulumi.Config.prototype as unknown as Getters & { [watched]?: true };
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };
  const original = config.getImpl;
  if (config[watched] || typeof original !== "function" || isConfigSecret === undefined) return;
  config[watched] = true;
  const told = new Set<string>();
  config.getImpl = function (key, options, use, insteadOf) {
    const name = this.fullKey(key);
    if (use !== undefined && insteadOf !== undefined && !told.has(name) && isConfigSecret(name) && byProgram()) {
      told.add(name);
      void pulumi.log.warn(
        `configuration "${name}" is secret, and what ${insteadOf.name} gives is not: use ${use.name}, or it will stand in the state in plain`,
      );
    }
    return original.call(this, key, options, use, insteadOf);
  };
}

/** Whether a program asks: packages of providers read their own settings so, and hand them on as secrets. */
function byProgram(): boolean {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  // Getters call each other; their file has another name where source maps are read.
  const asks = frames.find((line) => !line.includes(import.meta.url) && !/^ *at Config\./.test(line));
  return asks === undefined || !/[\\/]node_modules[\\/]/.test(asks);
}
