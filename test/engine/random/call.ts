// One request to a provider and its answer, as recordings hold them: values in Pulumi's JSON form, an error as its text.
import type { JsonObject } from "./wire.ts";

export type Method = "check" | "diff" | "preview" | "create" | "read" | "update-preview" | "update";

export interface Call {
  readonly method: Method;
  /** Last part of the type token, e.g. `RandomPet`. */
  readonly resource: string;
  readonly id?: string;
  readonly oldInputs?: JsonObject;
  readonly oldOutputs?: JsonObject;
  readonly inputs: JsonObject;
  readonly ignoreChanges?: readonly string[];
}

export type Answer =
  | { readonly error: string }
  | { readonly inputs: JsonObject; readonly failures: readonly string[] }
  | {
      readonly changes: string;
      readonly replaces: readonly string[];
      readonly diffs: readonly string[];
      readonly detailed: boolean;
    }
  | { readonly id: string; readonly outputs: JsonObject; readonly readInputs?: JsonObject }
  | { readonly outputs: JsonObject };

export interface Exchange {
  readonly call: Call;
  readonly answer: Answer;
}

/** Whoever answers calls: the real plugin or the embedded provider. */
export type Respond = (call: Call) => Promise<Answer>;

export const token = (resource: string): string =>
  `random:index/${resource[0]!.toLowerCase()}${resource.slice(1)}:${resource}`;

export const urn = (resource: string): string => `urn:pulumi:dev::facts::${token(resource)}::n`;
