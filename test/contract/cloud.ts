// A cloud for scenarios: one JSON file, written by a dynamic provider and edited by scenarios behind the engine's back.
// Ids do not depend on the order of creation: `a-1` is the first object made for the resource `a`, `a-2` the second.
import fs from "node:fs";
import grpc from "@grpc/grpc-js";
import pulumi from "@pulumi/pulumi";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import anyProto from "google-protobuf/google/protobuf/any_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";

/** Names the file; in the environment of the engine and so of the dynamic provider's process. */
export const CLOUD_FILE = "CONTRACT_CLOUD";

/** Names the operation that waits once the cloud has done it, and after that the one that does wait (see `killedAt`). */
export const heldFile = (cloudFile: string): string => `${cloudFile}.held`;
export const holdingFile = (cloudFile: string): string => `${cloudFile}.holding`;

export interface Cloud {
  /** By id. */
  readonly objects: Record<string, Record<string, unknown>>;
  /** How many objects each name ever had. */
  readonly made: Record<string, number>;
  /** What fails: an operation and a name, e.g. `create a`. */
  fail: string[];
  /** Every change, in order: `create a-1`. */
  readonly log: string[];
}

export const emptyCloud: Cloud = { objects: {}, made: {}, fail: [], log: [] };

export interface ThingArgs {
  /** A change updates in place. Never "bad", and "late" only for what exists. */
  readonly value?: pulumi.Input<unknown>;
  /** A change replaces. */
  readonly kind?: pulumi.Input<string>;
  /** A change replaces, the old one deleted first. */
  readonly slot?: pulumi.Input<string>;
}

function load(): Cloud {
  return JSON.parse(fs.readFileSync(String(process.env["CONTRACT_CLOUD"]), "utf8")) as Cloud;
}
function store(cloud: Cloud, did: string): void {
  cloud.log.push(did);
  fs.writeFileSync(String(process.env["CONTRACT_CLOUD"]), JSON.stringify(cloud));
}
function refuse(cloud: Cloud, operation: string): void {
  if (cloud.fail.includes(operation)) throw new Error(`the cloud refuses to ${operation}`);
}
/** What of the inputs is the object's own: not the bookkeeping. */
function own(inputs: Record<string, unknown>): Record<string, unknown> {
  const { __provider, ...rest } = inputs;
  return rest;
}
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const provider: pulumi.dynamic.ResourceProvider = {
  async check(olds, news) {
    const wrong = news["value"] === "bad" || (news["value"] === "late" && Object.keys(olds).length === 0);
    const failures = wrong ? [{ property: "value", reason: `${news["value"]} is not a value here` }] : [];
    return { inputs: news, failures };
  },
  async create(inputs) {
    const cloud = load();
    const name = String(inputs["name"]);
    refuse(cloud, `create ${name}`);
    const count = (cloud.made[name] ?? 0) + 1;
    cloud.made[name] = count;
    const id = `${name}-${count}`;
    cloud.objects[id] = own(inputs);
    store(cloud, `create ${id}`);
    return { id, outs: { ...inputs, serial: count } };
  },
  async diff(_id, olds, news) {
    const replaces = ["kind", "slot"].filter((key) => !same(olds[key], news[key]));
    const deleteBeforeReplace = replaces.includes("slot");
    return { changes: replaces.length > 0 || !same(olds["value"], news["value"]), replaces, deleteBeforeReplace };
  },
  async update(id, olds, news) {
    const cloud = load();
    refuse(cloud, `update ${news["name"]}`);
    cloud.objects[id] = own(news);
    store(cloud, `update ${id}`);
    return { outs: { ...news, serial: olds["serial"] } };
  },
  async read(id, props) {
    refuse(load(), `read ${props?.["name"]}`);
    const object = load().objects[id];
    if (!object) return {};
    const serial = Number(id.split("-").at(-1));
    return { id, props: { ...props, ...object, serial } };
  },
  async delete(id, props) {
    const cloud = load();
    refuse(cloud, `delete ${props["name"]}`);
    delete cloud.objects[id];
    store(cloud, `delete ${id}`);
  },
};

/** An object of the cloud. `serial` is computed: unknown in the preview of a create. */
export class Thing extends pulumi.dynamic.Resource {
  declare readonly serial: pulumi.Output<number>;
  declare readonly value: pulumi.Output<unknown>;
  constructor(name: string, args: ThingArgs = {}, options: pulumi.CustomResourceOptions = {}) {
    super(provider, name, { serial: undefined, value: undefined, ...args, name }, options, "cloud", "Thing");
  }
}

/** A component that holds a thing and a pet. */
export class Pair extends pulumi.ComponentResource {
  readonly thing: Thing;
  constructor(name: string, args: ThingArgs = {}, options: pulumi.ComponentResourceOptions = {}) {
    super("contract:index:Pair", name, {}, options);
    this.thing = new Thing(`${name}-thing`, args, { parent: this });
    this.registerOutputs({ serial: this.thing.serial });
  }
}

/** A component with inputs of its own, and nothing in it. */
export class Box extends pulumi.ComponentResource {
  constructor(name: string, inputs: pulumi.Inputs = {}, options: pulumi.ComponentResourceOptions = {}) {
    super("contract:index:Box", name, inputs, options);
  }
}

const bareProvider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    const cloud = load();
    const id = `bare-${inputs["name"]}`;
    store(cloud, `create ${id}`);
    return { id, outs: inputs };
  },
  async read(id, props) {
    const object = load().objects[id];
    return { id, props: { ...props, ...object }, ...(object ? { inputs: object } : {}) };
  },
};

/** Its provider can only create and read: the engine compares, and updates do nothing. */
export class Bare extends pulumi.dynamic.Resource {
  constructor(name: string, args: Record<string, unknown> = {}, options: pulumi.CustomResourceOptions = {}) {
    super(bareProvider, name, { ...args, name }, options, "cloud", "Bare");
  }
}

const forgetfulProvider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    store(load(), `create ${inputs["name"]}`);
    return { id: "", outs: inputs };
  },
};

/** Its provider does not say what it has made. */
export class Forgotten extends pulumi.dynamic.Resource {
  constructor(name: string, options: pulumi.CustomResourceOptions = {}) {
    super(forgetfulProvider, name, { name }, options, "cloud", "Forgotten");
  }
}

/** The SDK's dynamic provider tells the engine of a resource that exists but is not well by such an error. */
function unwell(id: string, properties: Record<string, unknown>): never {
  throw Object.assign(new Error("not well"), { id, properties, reasons: ["it has a cold"] });
}

const frailProvider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    const cloud = load();
    const id = `frail-${inputs["name"]}`;
    cloud.objects[id] = own(inputs);
    store(cloud, `create ${id}`);
    return cloud.fail.includes("cold") ? unwell(id, inputs) : { id, outs: inputs };
  },
  async diff(_id, olds, news) {
    return { changes: !same(olds["value"], news["value"]) };
  },
  async update(id, _olds, news) {
    const cloud = load();
    cloud.objects[id] = own(news);
    store(cloud, `update ${id}`);
    return cloud.fail.includes("cold") ? unwell(id, news) : { outs: news };
  },
  async read(id, props) {
    const cloud = load();
    const found = { ...props, ...cloud.objects[id] };
    return cloud.fail.includes("cold") ? unwell(id, found) : { id, props: found };
  },
  async delete(id) {
    store(load(), `delete ${id}`);
  },
};

/** Of a read, the SDK's dynamic provider hands on what is thrown as it is: it must be what gRPC sends. */
function foundUnwell(id: string, properties: Record<string, unknown>, inputs: Record<string, unknown>): never {
  const failed = new providerProto.ErrorResourceInitFailed();
  failed.setId(id);
  failed.setReasonsList(["it has a cold", "and a cough"]);
  failed.setProperties(
    structProto.Struct.fromJavaScript(properties as Parameters<typeof structProto.Struct.fromJavaScript>[0]),
  );
  failed.setInputs(
    structProto.Struct.fromJavaScript(inputs as Parameters<typeof structProto.Struct.fromJavaScript>[0]),
  );
  const detail = new anyProto.Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusProto.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.addDetails(detail);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  throw Object.assign(new Error("not well"), { code: grpc.status.UNKNOWN, metadata });
}

/** Exists, but is not well, while the cloud has a `cold`. */
export class Frail extends pulumi.dynamic.Resource {
  constructor(name: string, args: ThingArgs = {}, options: pulumi.CustomResourceOptions = {}) {
    super(frailProvider, name, { ...args, name }, options, "cloud", "Frail");
  }
}

const ailingProvider: pulumi.dynamic.ResourceProvider = {
  ...frailProvider,
  async read(id, props) {
    const cloud = load();
    const object = cloud.objects[id];
    const found = { ...props, ...object };
    const inputs = { __provider: props?.["__provider"], ...object };
    if (!cloud.fail.includes("cold")) return { id, props: found, inputs };
    return foundUnwell(object ? id : "", found, inputs);
  },
};

/** As `Frail`, and its reads can tell that it is not well; of what is gone by an empty id. */
export class Ailing extends pulumi.dynamic.Resource {
  constructor(name: string, args: ThingArgs = {}, options: pulumi.CustomResourceOptions = {}) {
    super(ailingProvider, name, { ...args, name }, options, "cloud", "Ailing");
  }
}

/** Does not answer for as long as somebody holds the operation; then there is nobody left to answer. */
async function answerUnlessHeld(operation: string): Promise<void> {
  const held = `${process.env["CONTRACT_CLOUD"]}.held`;
  if (!fs.existsSync(held) || fs.readFileSync(held, "utf8") !== operation) return;
  fs.writeFileSync(`${process.env["CONTRACT_CLOUD"]}.holding`, operation);
  while (fs.existsSync(held)) await new Promise((resolve) => setTimeout(resolve, 10));
  process.exit(0);
}

/** As a thing's, but what it did can be held before it is answered. */
const heldProvider: pulumi.dynamic.ResourceProvider = {
  ...provider,
  async create(inputs) {
    const created = await provider.create(inputs);
    await answerUnlessHeld(`create ${inputs["name"]}`);
    return created;
  },
  async update(id, olds, news) {
    const updated = await provider.update!(id, olds, news);
    await answerUnlessHeld(`update ${news["name"]}`);
    return updated;
  },
  async delete(id, props) {
    await provider.delete!(id, props);
    await answerUnlessHeld(`delete ${props["name"]}`);
  },
};

/** A thing whose provider may keep the engine waiting, so that it is killed meanwhile. */
export class Held extends pulumi.dynamic.Resource {
  declare readonly serial: pulumi.Output<number>;
  constructor(name: string, args: ThingArgs = {}, options: pulumi.CustomResourceOptions = {}) {
    super(heldProvider, name, { serial: undefined, ...args, name }, options, "cloud", "Held");
  }
}

const fickleProvider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    const cloud = load();
    const name = String(inputs["name"]);
    const count = (cloud.made[name] ?? 0) + 1;
    cloud.made[name] = count;
    store(cloud, `attempt ${count} at ${name}`);
    if (cloud.fail.includes(`create ${name}`)) throw new Error(`no, for time ${count}`);
    return { id: `${name}-${count}`, outs: inputs };
  },
};

/** Its cloud counts attempts, and says which one it refuses. */
export class Fickle extends pulumi.dynamic.Resource {
  constructor(name: string, options: pulumi.CustomResourceOptions = {}) {
    super(fickleProvider, name, { name }, options, "cloud", "Fickle");
  }
}
