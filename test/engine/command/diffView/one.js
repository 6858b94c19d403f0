// The first of the programs whose operations diffView.test.ts shows with --diff: properties and options of every kind.
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { long, Thing } from "./things.js";

const r1 = new Thing("a", {
  text: "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight",
  json: '{"a":1,"b":[1,2]}',
  yaml: "a: 1\nb:\n  - x\n  - y\n",
  num: 1.5,
  big: 1e21,
  small: 0.00001,
  neg: -3,
  bool: true,
  nul: null,
  list: [1, "two", { three: 3 }],
  empty: [],
  map: { "a b": { c: "d" } },
  sec: pulumi.secret("hush"),
  long,
});
const r2 = new Thing("p", { v: 1 }, { protect: true, dependsOn: r1 });
const r3 = new Thing("q", { v: 1, r: 1 }, { retainOnDelete: true, dependsOn: r2 });
const r4 = new Thing("h", { v: 1, w: { x: 1 } }, { hideDiffs: ["v", "w.x"], dependsOn: r3 });
const r5 = new Thing(
  "as",
  {
    f: new pulumi.asset.StringAsset("hello\nworld"),
    ar: new pulumi.asset.AssetArchive({
      "a.txt": new pulumi.asset.StringAsset("A"),
      "b.txt": new pulumi.asset.StringAsset("B"),
      d: new pulumi.asset.AssetArchive({ x: new pulumi.asset.StringAsset("X") }),
    }),
    fa: new pulumi.asset.FileAsset("./Pulumi.yaml"),
    fr: new pulumi.asset.FileArchive("./before"),
  },
  { dependsOn: r4 },
);
const r6 = new random.RandomInteger("ri", { min: 1, max: 1, keepers: { k: "1" } }, { dependsOn: r5 });
new Thing("gone", { v: 2, l: [1, { a: 2 }] }, { dependsOn: r6 });
export const o = { j: '{"x": [1]}', text: "l1\nl2", s: pulumi.secret(1), nested: [{ a: 1 }, 2] };
export const same = "s";
