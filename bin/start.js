// Loads a program of this package: its TypeScript sources in the repository, the compiled files in the package. Plain
// JavaScript that every Node since 12.17 parses, so that somebody with the wrong version reads a sentence instead of a
// syntax error. What was compiled once is kept where Node keeps it, which saves two thirds of a start.

/** Loads `name`, as in `automation/cli`, and hands it to `run`, with what loads others; on a Node that is too old only says so, with exit code 2. */
export function start(name, run) {
  const parts = process.versions.node.split(".").map(Number);
  if (parts[0] < 22 || (parts[0] === 22 && parts[1] < 18)) {
    process.stderr.write(
      "tutti needs Node.js 22.18 or newer, and this is " +
        process.versions.node +
        " (" +
        process.execPath +
        ").\n" +
        "Run it as `npx tutti` in a folder where `npm ci` has run: a fitting Node comes with the dependencies. Or install a newer Node.\n",
    );
    process.exitCode = 2;
    return;
  }
  // Versions before 24 announce type stripping as experimental at every start; nothing else is silenced.
  const emitWarning = process.emitWarning;
  process.emitWarning = (...args) => {
    if (String(args[0]).indexOf("Type Stripping") !== -1) return;
    emitWarning.apply(process, args);
  };
  const builtin = process.getBuiltinModule;
  builtin("node:module").enableCompileCache();
  const source = new URL(`../${name}.ts`, import.meta.url);
  const [folder, file] = builtin("node:fs").existsSync(source) ? ["..", `${name}.ts`] : ["../dist", `${name}.js`];
  const load = (path) => import(new URL(`${folder}/${path}`, import.meta.url).href);
  // Without the preload it is only slower.
  load("automation/lean.mjs")
    .catch(() => undefined)
    .then(() => load(file))
    .then((program) => run(program, (module) => load(file.endsWith(".ts") ? `${module}.ts` : `${module}.js`)));
}
