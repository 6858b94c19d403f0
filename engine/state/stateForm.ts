// How state and history are written: plain, or compressed where the environment says so, under the names that the official
// engine gives them (pulumi/pulumi: pkg/backend/diy/state.go). What is read tells by its first bytes what it is.
import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import { isTrue } from "./environment.ts";
import { EngineError } from "./error.ts";

export interface StateForm {
  /** What follows `.json` in the name of a file. */
  readonly compression: "" | ".gz" | ".zst";
  /** Whether each state that is written stays, in a file of its own beside the last. */
  readonly retained: boolean;
}

export const plainForm: StateForm = { compression: "", retained: false };

/** @throws EngineError when it asks for two compressions at once. */
export function stateFormOf(env: Readonly<Record<string, string>>): StateForm {
  const [asGzip, asZstd] = [isTrue(env["PULUMI_DIY_BACKEND_GZIP"]), isTrue(env["PULUMI_DIY_BACKEND_ZSTD"])];
  if (asGzip && asZstd)
    throw new EngineError("PULUMI_DIY_BACKEND_GZIP and PULUMI_DIY_BACKEND_ZSTD cannot both be enabled");
  return {
    compression: asGzip ? ".gz" : asZstd ? ".zst" : "",
    retained: isTrue(env["PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS"]),
  };
}

/** The bytes of a file of that form. */
export async function compressed(text: string, { compression }: StateForm): Promise<string | Uint8Array> {
  if (compression === ".gz") return promisify(gzip)(text);
  return compression === ".zst" ? promisify(zstdCompress)(text) : text;
}
