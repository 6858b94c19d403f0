// A preview of several stacks on the official engine, which cannot answer a StackReference with what a preview predicted:
// what an upstream's preview says its outputs will be goes to the programs of its dependents in a file (an overlay).
//
// 1. Predicted outputs are encoded and blinded as engine events are: no secret is in them.
// 2. So that a secret that stays as it is does not look like one that changes, the upstream's program leaves a keyed digest
//    of each known secret, and the dependent's program compares it with that of the deployed one. The key is made for one
//    run, lives in the environment of its programs alone, and no digest can be compared with those of another run.
// 3. A stack that its backend does not have yet, and an existing project whose program knows nothing of overlays, is previewed
//    in a private copy of what it reads (scratch.ts).
// 4. All files are in one folder, 0700, which goes when the run is over.
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { TuttiError } from "../errors.ts";
import type { StackId } from "../events.ts";
import type { OverlayFile } from "../program/overlay.ts";
import type { ResolvedStack } from "../workspace.ts";
import type { OpenEnvironment } from "./environment.ts";
import { once } from "./once.ts";
import type { Places } from "./places.ts";
import { makeScratch, type Scratch, type ScratchStack } from "./scratch.ts";

type Outputs = Readonly<Record<string, unknown>>;

/** What the previews of one run tell each other. */
export interface ChainedPreview {
  /**
   * Makes ready for the preview of a stack.
   * @throws TuttiError `not-found` when it needs a stack that is neither deployed nor previewed in this run.
   */
  prepare(stack: Pick<ResolvedStack, "id" | "stackName" | "needs">, environment: OpenEnvironment): Promise<Prepared>;
  /** Takes what the preview of a stack that went well says its outputs will be. */
  predict(stack: StackId, outputs: Outputs): Promise<void>;
  close(): Promise<void>;
}

export interface Prepared {
  /** More variables for the program of the stack. */
  readonly env: Readonly<Record<string, string>>;
  /** The private copy it is previewed in; absent: in the backend itself. */
  readonly scratch?: Scratch;
}

export function createChainedPreview(stacks: ReadonlyMap<StackId, ResolvedStack>, places: Places): ChainedPreview {
  const predicted = new Map<StackId, OverlayFile[string]>();
  const folder = once(() => mkdtemp(path.join(os.tmpdir(), "tutti-")));
  const key = once(() => randomBytes(32).toString("base64url"));
  const digestsOf = async (stack: StackId): Promise<string> => path.join(await folder(), `${stack}.digests.json`);

  async function variables(id: StackId, upstream: readonly StackId[]): Promise<Readonly<Record<string, string>>> {
    const known = upstream.flatMap((stack) => {
      const given = predicted.get(stack);
      return given === undefined ? [] : [[stack, given] as const];
    });
    const own = { TUTTI_DIGESTS: await digestsOf(id), TUTTI_DIGEST_KEY: key() };
    if (known.length === 0) return own;
    const file = path.join(await folder(), `${id}.overlay.json`);
    await writeFile(file, JSON.stringify(Object.fromEntries(known) satisfies OverlayFile), { mode: 0o600 });
    return { ...own, TUTTI_OVERLAY: file };
  }

  async function needed(reader: StackId, id: StackId, isProject: boolean): Promise<ScratchStack> {
    const stack = stacks.get(id)!;
    const { stackName } = stack;
    const environment = await places.of(stack);
    const outputs = predicted.get(id)?.outputs;
    const deployed = (await environment.held()).has(stackName);
    // A program of ours reads the overlay; of a stack that is deployed it compares what stays as it is.
    if (isProject && outputs !== undefined) return { environment, stackName, outputs };
    if (deployed) return { environment, stackName };
    if (outputs !== undefined) return { environment, stackName, outputs: {} };
    throw new TuttiError("not-found", `${reader} needs ${id}, which is neither deployed nor part of this preview`, {
      hint: `preview both: tutti preview ...${reader}`,
    });
  }

  return {
    async prepare({ id, stackName, needs }, environment) {
      const upstream = [...new Set(needs.flatMap(({ targets }) => targets.map((target) => target.id)))];
      const env = await variables(id, upstream);
      const isNew = !(await environment.held()).has(stackName);
      const isProject = environment.folder !== undefined;
      if (!isNew && !(isProject && upstream.some((stack) => predicted.has(stack)))) return { env };
      const all = await Promise.all(upstream.map((stack) => needed(id, stack, isProject)));
      return {
        env,
        scratch: await makeScratch(
          path.join(await folder(), id),
          { environment, stackName },
          isNew ? "nothing" : "backend",
          all,
        ),
      };
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
