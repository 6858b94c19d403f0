// A child of the pool (pool.ts): loads the core of the SDK while there is no program yet, then takes one job and becomes
// the process that the SDK's `cmd/run` would have been. One child, one program.
//
// 1. Only the core is loaded beforehand, and what the driver knows to be harmless (`ahead`): providers' SDKs read
//    configuration when they are imported.
// 2. What the core noted of the environment meanwhile is forgotten, or the program would run without an engine, register
//    nothing and end well: to an engine that means a stack from which everything was removed.
// 3. A program that ends well without having registered its stack is made to fail, for the same reason.
import { createRequire } from "node:module";

const [, , run, ...ahead] = process.argv;
const require = createRequire(run);
for (const part of [
  "./instrumentation",
  "../../index",
  "./tracing",
  "../../tsutils",
  "./error",
  "../../runtime/manifest",
]) {
  try {
    require(part);
  } catch {
    // Another version of the SDK: the program loads what it needs itself.
  }
}
for (const url of ahead) {
  // What is wrong with it the program says, when it loads it in its turn.
  await import(url).catch(() => {});
}

process.once("message", ({ argv, env }) => {
  process.disconnect();
  delete process.send;
  delete globalThis.globalStore;
  Object.assign(process.env, env);
  process.argv = [process.argv[0], run, ...argv];
  const registered = watchStack();
  process.on("exit", (code) => {
    if (code !== 0 || registered()) return;
    process.stderr.write("the program ended without registering its stack with the engine\n");
    process.exitCode = 1;
  });
  require(run);
});

/**
 * Asks whether the engine has answered for the root stack resource. That the program has made one is not enough: it does
 * so before it runs, and the request goes out later.
 */
function watchStack() {
  let answered = false;
  try {
    const state = require("../../runtime/state");
    const set = state.setStackResource;
    state.setStackResource = (stack) => {
      set(stack);
      stack?.urn?.promise().then(
        () => {
          answered = true;
        },
        () => {},
      );
    };
    return () => answered;
  } catch {
    return () => true; // An SDK that keeps it elsewhere: the engine has to tell.
  }
}
