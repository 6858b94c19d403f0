// What stands in for a reviewed entry: a type that the SDK knows but no table does is kept as given. Its schema is checked,
// its name is unique, and what its documentation says to be immutable replaces; references are not checked, nothing is
// computed. Views mark it `approximate`.
import { randomBytes } from "node:crypto";
import type { Kind, Place } from "./kind.ts";
import { objectCollection, objectId, prepareObject } from "./kubernetes/object.ts";
import type { SandboxPackage, Schema, SchemaProperties, SchemaResource } from "./schema.ts";

/** Inputs that place or name a Google resource: always part of what it is. */
const identifying = ["name", "project", "location", "region", "zone"];

export function approximateKind(
  name: SandboxPackage,
  type: string,
  { inputs, outputs }: SchemaResource,
  schema: Schema,
): Kind {
  if (name === "kubernetes" && inputs["metadata"] !== undefined) return approximateObject(type, true);
  const key = type.slice(type.indexOf(":") + 1);
  const named = inputs["name"]?.endsWith("s") === true;
  return {
    type,
    approximate: true,
    collection: `${name}/other/${key.replaceAll(/[^A-Za-z0-9./]+/g, ".")}`,
    ...(named ? { autoname: { property: "name", longest: 255 } } : {}),
    replaces: [
      ...identifying.filter((property) => inputs[property] !== undefined),
      ...marked(inputs, schema, "", new Set()),
    ],
    // Where it has no name, nothing is known to be unique about it: each is its own.
    allocate: async (): Promise<Readonly<Record<string, string>>> =>
      named ? {} : { key: randomBytes(4).toString("hex") },
    id: ({ inputs: given, place, allocated, logicalName }) => {
      const where = ["location", "region", "zone"]
        .map((property) => given.at(property).string)
        .find((value) => value !== undefined);
      return [
        place.project,
        where,
        key.slice(key.lastIndexOf(":") + 1),
        allocated["key"] ? `${logicalName}-${allocated["key"]}` : given.at("name").string,
      ]
        .filter((part) => part !== undefined)
        .join("/");
    },
    fallbacks: ({ place }) => ({
      ...(outputs["project"] !== undefined ? { project: place.project } : {}),
      ...(outputs["region"] !== undefined ? { region: place.region } : {}),
    }),
  };
}

/** A Kubernetes object of a type without an entry, a custom resource included. */
export function approximateObject(type: string, namespaced: boolean): Kind {
  return {
    type,
    approximate: true,
    collection: (place: Place) => objectCollection(place, type),
    prepare: (request, place) => prepareObject(request, place, namespaced),
    replaces: ["metadata.name", "metadata.namespace", "apiVersion", "kind"],
    id: ({ inputs }) => objectId(inputs),
  };
}

/** Paths of properties that their documentation calls immutable. */
function marked(properties: SchemaProperties, schema: Schema, path: string, seen: ReadonlySet<string>): string[] {
  return Object.entries(properties).flatMap(([name, type]) => {
    const here = `${path}${name}`;
    if (/^!?\^/.test(type)) return [here];
    const nested = /^!?[[{]?@(.*)$/.exec(type)?.[1];
    if (nested === undefined || seen.has(nested)) return [];
    const members = schema.type(nested);
    return members === undefined ? [] : marked(members, schema, `${here}.`, new Set([...seen, nested]));
  });
}
