// Builds and reads URNs: `urn:pulumi:<stack>::<project>::<parent type chain>$<type>::<name>`. A name may itself hold
// `::`; the other parts may not. The root stack's type never appears in the chain of its children.
// (pulumi/pulumi: sdk/go/common/resource/urn)

export const rootStackType = "pulumi:pulumi:Stack";

const prefix = "urn:pulumi:";
const delimiter = "::";
const typeDelimiter = "$";

export interface UrnParts {
  readonly stack: string;
  readonly project: string;
  /** Types of all ancestors but the root stack, outermost first, and the own type, joined by `$`. */
  readonly qualifiedType: string;
  readonly name: string;
}

/** Whether the text has the shape of a URN; its parts are not checked further, as in Pulumi. */
export function isUrn(text: string): boolean {
  return text.startsWith(prefix) && text.split(delimiter).length > 3;
}

/** Splits a URN. @throws for text that is none. */
export function parseUrn(urn: string): UrnParts {
  const parts = urn.slice(prefix.length).split(delimiter);
  const [stack, project, qualifiedType] = parts;
  if (!urn.startsWith(prefix) || parts.length < 4 || qualifiedType === undefined) {
    throw new Error(`invalid URN ${JSON.stringify(urn)}`);
  }
  return { stack: stack!, project: project!, qualifiedType, name: parts.slice(3).join(delimiter) };
}

export function urnQualifiedType(urn: string): string {
  return parseUrn(urn).qualifiedType;
}

/** The resource's own type, without its ancestors'. */
export function urnType(urn: string): string {
  const qualified = parseUrn(urn).qualifiedType;
  return qualified.slice(qualified.lastIndexOf(typeDelimiter) + 1);
}

export function urnName(urn: string): string {
  return parseUrn(urn).name;
}

/** `parentType` is the parent's qualified type; "" or the root stack's for a resource at the top. */
export function createUrn(stack: string, project: string, parentType: string, type: string, name: string): string {
  const qualified = parentType === "" || parentType === rootStackType ? type : `${parentType}${typeDelimiter}${type}`;
  return [`${prefix}${stack}`, project, qualified, name].join(delimiter);
}

/** The URN a resource gets under a parent; "" is no parent. */
export function childUrn(stack: string, project: string, parent: string, type: string, name: string): string {
  return createUrn(stack, project, parent === "" ? "" : urnQualifiedType(parent), type, name);
}

export function isRootStack(urn: string): boolean {
  return urn !== "" && urnQualifiedType(urn) === rootStackType;
}
