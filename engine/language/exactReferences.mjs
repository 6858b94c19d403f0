// Preload of programs in a preview: lets each output of a StackReference be known, unknown and secret by itself.
//
// The SDK applies a function to all outputs of a reference at once, so that a single unknown one makes them all unknown,
// and everything that hangs on them look changed. Here `requireOutput` and `getOutput` look at the one output they are
// asked for. The SDK's file is extended in memory; where it does not look as expected it is left as it is.
import { readFileSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const file = /[\\/]@pulumi[\\/]pulumi[\\/]stackReference\.js$/;

/** What the patch relies on. */
const expected = ["class StackReference", "isSecretOutputName(", "output_1"];

const patch = `
for (const [method, required] of [["requireOutput", true], ["getOutput", false]]) {
  const original = StackReference.prototype[method];
  StackReference.prototype[method] = function (name) {
    if (typeof name !== "string") return original.call(this, name);
    const value = this.outputs.apply(async (all) => {
      if (output_1.isUnknown(all)) return all;
      if (required && !Object.prototype.hasOwnProperty.call(all, name)) {
        throw new Error("Required output '" + name + "' does not exist on stack '" + (await this.name.promise()) + "'.");
      }
      return all[name];
    }, true);
    return new output_1.Output(value.resources(), value.promise(true), value.isKnown, isSecretOutputName(this, output_1.output(name)), value.allResources());
  };
}`;

module.registerHooks?.({
  load(url, context, next) {
    if (!file.test(url)) return next(url, context);
    const source = readFileSync(fileURLToPath(url), "utf8");
    if (!expected.every((part) => source.includes(part))) return next(url, context);
    return { format: "commonjs", source: source + patch, shortCircuit: true };
  },
});
