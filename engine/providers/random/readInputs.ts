// What the inputs of a resource are after a read. A refresh updates the inputs the program gave and adds none; an import
// takes every input that is required or says something (neither false, 0, empty nor absent).
// Source: pulumi-terraform-bridge 3.137 (pkg/tfbridge/schema.go, ExtractInputsFromOutputs).
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue } from "../../values.ts";
import { plain } from "./config.ts";
import type { ResourceSchema } from "./schema.ts";

export function refreshedInputs(inputs: PropertyMap, outputs: PropertyMap): PropertyMap {
  const kept = Object.entries(inputs).filter(([name]) => name in outputs);
  return Object.fromEntries(kept.map(([name, value]) => [name, refreshed(plain(value), outputs[name]!)]));
}

export function importedInputs(schema: ResourceSchema, outputs: PropertyMap): PropertyMap {
  const inputs = schema.attributes.filter(({ use }) => use !== "computed");
  const telling = inputs.filter(
    ({ name, use }) => name in outputs && (use === "required" || saysSomething(outputs[name]!)),
  );
  return Object.fromEntries(telling.map(({ name }) => [name, outputs[name]!]));
}

/** Elements the program did not give are not added to a list or an object either. */
function refreshed(input: PropertyValue, output: PropertyValue): PropertyValue {
  if (isPropertyMap(input) && isPropertyMap(output)) return refreshedInputs(input, output);
  if (!isPropertyArray(input) || !isPropertyArray(output)) return output;
  return input.slice(0, output.length).map((element, index) => refreshed(element, output[index]!));
}

function saysSomething(value: PropertyValue): boolean {
  if (isPropertyArray(value)) return value.length > 0;
  if (isPropertyMap(value)) return Object.keys(value).length > 0;
  return value !== null && value !== false && value !== 0 && value !== "";
}
