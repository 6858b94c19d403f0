// The compact schemas of the SDKs, as generate.ts wrote them: which types a package has, and the inputs and outputs of one.
// A package's file is read on its first use and a module's part unpacked on its own, so that a stack pays for what it uses.
import { brotliDecompressSync } from "node:zlib";

export type SandboxPackage = "gcp" | "kubernetes";

/**
 * Types by property name. Marks first: `!` required, `^` said to force replacement. Then the type: `s` string, `n` number,
 * `b` boolean, `a` anything, `A` asset or archive, `[T` list, `{T` map, `@path` nested type, `'x'` that literal,
 * `(T|U)` one of several.
 */
export type SchemaProperties = Readonly<Record<string, string>>;

export interface SchemaResource {
  readonly inputs: SchemaProperties;
  /** Kinds of outputs, `?` after it when it may be absent; only the first letter of a type. */
  readonly outputs: SchemaProperties;
  /** Outputs that the SDK marks secret. */
  readonly secrets?: readonly string[];
}

/** One module of a package: nested types by name, resources by token. */
export interface SchemaModule {
  readonly types: Readonly<Record<string, SchemaProperties>>;
  readonly resources: Readonly<Record<string, SchemaResource>>;
}

export interface PackageSchema {
  /** The SDK's version. */
  readonly version: string;
  /** Type token to module, for every resource. */
  readonly resources: Readonly<Record<string, string>>;
  /** Tokens of the functions (data sources). */
  readonly functions: readonly string[];
  /** Modules by dotted name, each brotli in base64. */
  readonly modules: Readonly<Record<string, string>>;
}

/** A package's schema, unpacked on demand. */
export class Schema {
  readonly version: string;
  readonly tokens: readonly string[];
  readonly functions: readonly string[];
  private readonly packed: PackageSchema;
  private readonly modules = new Map<string, SchemaModule | undefined>();

  constructor(packed: PackageSchema) {
    this.packed = packed;
    this.version = packed.version;
    this.tokens = Object.keys(packed.resources);
    this.functions = packed.functions;
  }

  /** Whether the package has this type; cheap, unpacks nothing. */
  has(token: string): boolean {
    return Object.hasOwn(this.packed.resources, token);
  }

  resource(token: string): SchemaResource | undefined {
    if (!this.has(token)) return undefined;
    return this.module(this.packed.resources[token]!)?.resources[token];
  }

  /** A nested type by dotted path, e.g. `compute.NetworkParams`. */
  type(path: string): SchemaProperties | undefined {
    const cut = path.lastIndexOf(".");
    return this.module(cut < 0 ? "" : path.slice(0, cut))?.types[path.slice(cut + 1)];
  }

  private module(name: string): SchemaModule | undefined {
    if (!this.modules.has(name)) {
      const packed = Object.hasOwn(this.packed.modules, name) ? this.packed.modules[name] : undefined;
      const text =
        packed === undefined ? undefined : brotliDecompressSync(Buffer.from(packed, "base64")).toString("utf8");
      this.modules.set(name, text === undefined ? undefined : (JSON.parse(text) as SchemaModule));
    }
    return this.modules.get(name);
  }
}

const loaded = new Map<SandboxPackage, Promise<Schema>>();

/** The schema of a package; read once a process. */
export function loadSchema(name: SandboxPackage): Promise<Schema> {
  const schema = loaded.get(name) ?? read(name);
  loaded.set(name, schema);
  return schema;
}

async function read(name: SandboxPackage): Promise<Schema> {
  // Literal specifiers, so that the compiler copies the files into the package beside the code.
  const file: { default: unknown } =
    name === "gcp"
      ? await import("./schema/gcp.generated.json", { with: { type: "json" } })
      : await import("./schema/kubernetes.generated.json", { with: { type: "json" } });
  return new Schema(file.default as PackageSchema);
}
