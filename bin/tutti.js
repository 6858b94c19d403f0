#!/usr/bin/env node
// Starts the command line.
import { start } from "./start.js";

start("automation/cli", (cli) =>
  cli.main(process.argv.slice(2)).then((exitCode) => {
    process.exitCode = exitCode;
  }),
);
