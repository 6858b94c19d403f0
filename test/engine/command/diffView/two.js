// The second of the programs whose operations diffView.test.ts shows with --diff: properties and options of every kind.
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { long, Thing } from "./things.js";

const r1 = new Thing("a", {
  text: "one\ntwo\nthree\nFOUR\nfive\nsix\nseven\neight\nnine",
  json: '{"a":2,"b":[1,3,4]}',
  yaml: "a: 1\nb:\n  - x\n  - z\n",
  num: 2.5,
  big: 1e22,
  small: 0.00002,
  neg: "text",
  bool: false,
  nul: "now",
  list: [1, "three", { three: 4, four: 4 }, 5],
  empty: ["x"],
  map: { "a b": { c: "e", f: 1 } },
  sec: pulumi.secret("hush2"),
  long: long + "y",
});
const r2 = new Thing("p", { v: 1 }, { protect: false, dependsOn: r1 });
const r3 = new Thing("q", { v: 1, r: 2 }, { retainOnDelete: true, dependsOn: r2 });
const r4 = new Thing("h", { v: 2, w: { x: 2 } }, { hideDiffs: ["v", "w.x"], dependsOn: r3 });
const r5 = new Thing(
  "as",
  {
    f: new pulumi.asset.StringAsset("hello\nthere"),
    ar: new pulumi.asset.AssetArchive({
      "a.txt": new pulumi.asset.StringAsset("AA"),
      "c.txt": new pulumi.asset.StringAsset("C"),
      d: new pulumi.asset.AssetArchive({ x: new pulumi.asset.StringAsset("XX") }),
    }),
    fa: new pulumi.asset.FileAsset("./package.json"),
    fr: new pulumi.asset.FileArchive("./after"),
  },
  { dependsOn: r4 },
);
const r6 = new random.RandomInteger(
  "ri",
  { min: 1, max: 1, keepers: { k: "2" } },
  { provider: new random.Provider("rp", {}, { dependsOn: r5 }), dependsOn: r5 },
);
const b = new Thing("b", { v: 3 }, { dependsOn: r6 });
export const o = { j: '{"x": [2]}', text: "l1\nl3", s: pulumi.secret(2), nested: [{ a: 2 }, 2, b.id] };
export const same = "s";
export const id = b.id;
