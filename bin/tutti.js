#!/usr/bin/env node
// Starts the command line. Plain JavaScript that every Node since 12.17 parses, so that somebody with the wrong version
// reads a sentence instead of a syntax error. In the repository it runs the TypeScript sources, in the package the
// compiled files.
var parts = process.versions.node.split(".").map(Number);

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
} else {
  start();
}

function start() {
  // Versions before 24 announce type stripping as experimental at every start; nothing else is silenced.
  var emitWarning = process.emitWarning;
  process.emitWarning = (...args) => {
    if (String(args[0]).indexOf("Type Stripping") !== -1) return;
    emitWarning.apply(process, args);
  };
  var builtin = process.getBuiltinModule;
  builtin("node:module").enableCompileCache();
  var source = new URL("../automation/cli.ts", import.meta.url);
  var compiled = new URL("../dist/automation/cli.js", import.meta.url);
  var entry = builtin("node:fs").existsSync(source) ? source : compiled;
  import(entry.href).then((cli) =>
    cli.main(process.argv.slice(2)).then((exitCode) => {
      process.exitCode = exitCode;
    }),
  );
}
