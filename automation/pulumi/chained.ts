// A preview of several stacks on the official engine, which cannot answer a StackReference with what a preview predicted:
// what an upstream's preview says its outputs will be goes to the programs of its dependents in a file (an overlay).
//
// 1. Predicted outputs are encoded and blinded as engine events are: no secret is in them.
// 2. So that a secret that stays as it is does not look like one that changes, the upstream's program leaves a keyed digest
//    of each known secret, and the dependent's program compares it with that of the deployed one. The key is made for one
//    run, lives in the environment of its programs alone, and no digest can be compared with those of another run.
// 3. All files are in one folder, 0700, which goes when the run is over.
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { StackId } from "../events.ts";
import type { OverlayFile } from "../program/overlay.ts";
import type { ResolvedStack } from "../workspace.ts";
import { once } from "./once.ts";

type Outputs = Readonly<Record<string, unknown>>;

/** What the previews of one run tell each other. */
export interface ChainedPreview {
  /** More variables for the program of a stack. */
  variables(stack: Pick<ResolvedStack, "id" | "needs">): Promise<Readonly<Record<string, string>>>;
  /** Takes what the preview of a stack that went well says its outputs will be. */
  predict(stack: StackId, outputs: Outputs): Promise<void>;
  close(): Promise<void>;
}

export function createChainedPreview(): ChainedPreview {
  const predicted = new Map<StackId, OverlayFile[string]>();
  const folder = once(() => mkdtemp(path.join(os.tmpdir(), "tutti-")));
  const key = once(() => randomBytes(32).toString("base64url"));
  const digestsOf = async (stack: StackId): Promise<string> => path.join(await folder(), `${stack}.digests.json`);
  return {
    async variables({ id, needs }) {
      const upstream = needs.flatMap(({ targets }) => targets.map((target) => target.id));
      const known = upstream.flatMap((stack) => {
        const given = predicted.get(stack);
        return given === undefined ? [] : [[stack, given] as const];
      });
      const variables = { TUTTI_DIGESTS: await digestsOf(id), TUTTI_DIGEST_KEY: key() };
      if (known.length === 0) return variables;
      const file = path.join(await folder(), `${id}.overlay.json`);
      await writeFile(file, JSON.stringify(Object.fromEntries(known) satisfies OverlayFile), { mode: 0o600 });
      return { ...variables, TUTTI_OVERLAY: file };
    },
    async predict(stack, outputs) {
      // A program without digests is not one of ours: then every secret counts as unknown.
      const text = await readFile(await digestsOf(stack), "utf8").catch(() => "{}");
      predicted.set(stack, { outputs, digests: JSON.parse(text) as Record<string, string> });
    },
    async close() {
      if (folder.called()) await rm(await folder(), { recursive: true, force: true });
    },
  };
}
