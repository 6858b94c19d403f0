// What of an answer two providers must agree on: all of it, but the random text itself, whose length and form count, and the
// wording of errors. An answer to a read, a diff or an update holds nothing random but a fresh password hash.
import type { Answer, Call } from "./call.ts";
import { isSecretJson, type Json, type JsonObject, revealed, secretJson } from "./wire.ts";

const generated = ["id", "result", "bcryptHash", "base64", "hex", "b64Std", "b64Url", "dec", "results"];

export function comparable(call: Call, answer: Answer): Json {
  if ("error" in answer) return { error: true };
  if ("failures" in answer) return { inputs: answer.inputs, failures: answer.failures.map(gist).sort() };
  if (!("outputs" in answer)) return { ...answer, replaces: [...answer.replaces], diffs: [...answer.diffs] };
  // A seeded result is the same for everybody.
  const masks = call.method === "create" && !call.inputs["seed"] ? generated : ["bcryptHash"];
  const outputs = Object.fromEntries(
    Object.entries(answer.outputs).map(([name, value]) => [
      name,
      masks.includes(name) ? mask(name, value, call) : value,
    ]),
  );
  const rest = { outputs, ...("readInputs" in answer ? { readInputs: answer.readInputs! } : {}) };
  if (!("id" in answer)) return rest;
  return { ...rest, id: masks === generated ? mask("id", answer.id, call) : answer.id };
}

/** A failure without the explanation that each provider words for itself. */
function gist(reason: string): string {
  return reason.replace(/^(Missing required property '\w+'|Configuration Read Error).*$/s, "$1");
}

function mask(name: string, value: Json, { resource, inputs }: Call): Json {
  const form = formOf(name, revealed(value)!, resource, inputs);
  return isSecretJson(value) ? secretJson(form) : form;
}

function formOf(name: string, value: Json, resource: string, inputs: JsonObject): Json {
  if (Array.isArray(value)) {
    const from = Array.isArray(inputs["inputs"]) ? inputs["inputs"].length : 0;
    // Whole rounds through the list hold every element once; of the last one only the number is certain.
    const rounds = from === 0 ? 0 : Math.floor(value.length / from);
    return {
      count: value.length,
      rounds: Array.from({ length: rounds }, (_, i) =>
        value
          .slice(i * from, (i + 1) * from)
          .map(String)
          .sort(),
      ),
    };
  }
  if (typeof value === "number") return { integer: Number.isInteger(value) };
  if (typeof value !== "string") return value;
  if (name === "bcryptHash") return value.replace(/[./A-Za-z0-9]{53}$/, "<salt and hash>");
  if (resource === "RandomPet") return petForm(value, inputs);
  if (resource === "RandomInteger") return /^-?\d+$/.test(value);
  if (resource.startsWith("RandomUuid")) return uuidForm(value, resource);
  if (name === "dec") return value.replace(/\d+$/, "<number>");
  const prefix = resource === "RandomId" && name !== "id" ? String(inputs["prefix"] ?? "") : "";
  return {
    prefix: value.slice(0, prefix.length),
    letters: [...value].length - prefix.length,
    form: kindOf(name, resource),
  };
}

const kindOf = (name: string, resource: string): string => `${resource}.${name}`;

function petForm(name: string, inputs: JsonObject): Json {
  const separator = String(inputs["separator"] ?? "-");
  const prefix = String(inputs["prefix"] ?? "");
  return {
    prefix: name.startsWith(prefix),
    words: separator === "" ? /^\w+$/.test(name) : name.split(separator).length,
  };
}

function uuidForm(value: string, resource: string): Json {
  const [, , third = "", fourth = ""] = value.split("-");
  const fixed = resource === "RandomUuid" ? "" : third[0]! + String("89ab".includes(fourth[0]!));
  return { form: value.replace(/[\da-f]/g, "x"), fixed };
}
