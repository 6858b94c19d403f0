// Sends calls to the embedded provider, in the words of the recordings.
import { createRandomProvider } from "../../../engine/providers/random/index.ts";
import { type Answer, type Call, token, urn } from "./call.ts";
import { mapFromJson, mapToJson } from "./wire.ts";

const provider = createRandomProvider();

export async function respond(call: Call): Promise<Answer> {
  try {
    return await answer(call);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function answer(call: Call): Promise<Answer> {
  const target = { urn: urn(call.resource), type: token(call.resource), name: "n" };
  const running = { timeoutSeconds: 0, signal: new AbortController().signal };
  const inputs = mapFromJson(call.inputs);
  const old = {
    id: call.id ?? "",
    oldInputs: mapFromJson(call.oldInputs ?? {}),
    oldOutputs: mapFromJson(call.oldOutputs ?? {}),
    newInputs: inputs,
    ignoreChanges: call.ignoreChanges ?? [],
  };
  switch (call.method) {
    case "check": {
      const result = await provider.check({ ...target, ...old, randomSeed: new Uint8Array(32) });
      return { inputs: mapToJson(result.inputs), failures: result.failures.map(({ reason }) => reason) };
    }
    case "diff": {
      const result = await provider.diff({ ...target, ...old });
      const detailed = result.detailedDiff !== undefined;
      return { changes: result.changes, replaces: result.replaces, diffs: result.diffs, detailed };
    }
    case "preview":
    case "create": {
      const result = await provider.create({ ...target, ...running, inputs, preview: call.method === "preview" });
      return { id: result.id, outputs: mapToJson(result.outputs) };
    }
    case "read": {
      const result = await provider.read({ ...target, id: old.id, inputs, outputs: old.oldOutputs });
      if (!result) throw new Error("gone");
      return { id: result.id, outputs: mapToJson(result.outputs), readInputs: mapToJson(result.inputs) };
    }
    case "update-preview":
    case "update": {
      const preview = call.method === "update-preview";
      return { outputs: mapToJson(await provider.update({ ...target, ...running, ...old, preview })) };
    }
  }
}
