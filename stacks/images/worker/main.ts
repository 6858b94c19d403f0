// The worker as a program: its environment (see README.md) and signals --> work.ts. Logs are JSON, one a line, as Cloud Logging
// reads them. Ends with 0 when it was told to stop, 1 when Google refuses it, 2 when its environment is wrong.
import { google, metadataToken } from "./google.ts";
import { work } from "./work.ts";

const log = (line: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const forms = {
  SUBSCRIPTION: /^projects\/[^/]+\/subscriptions\/[^/]+$/,
  RESULTS: /^projects\/[^/]+\/topics\/[^/]+$/,
} as const;
const wrong = Object.entries(forms).filter(([name, form]) => !form.test(process.env[name] ?? ""));
for (const [name, form] of wrong) {
  log({ severity: "CRITICAL", message: `${name} is "${process.env[name] ?? ""}", it has to look like ${form.source}` });
}
if (wrong.length > 0) process.exit(2);

// The emulators' own variables: with them, nothing is asked of Google.
const { PUBSUB_EMULATOR_HOST: pubsub, STORAGE_EMULATOR_HOST: storage } = process.env;
const address = (host: string): string => (host.includes("://") ? host : `http://${host}`);
const emulated = pubsub !== undefined && storage !== undefined;

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());

try {
  await work({
    google: google({
      subscription: process.env["SUBSCRIPTION"]!,
      results: process.env["RESULTS"]!,
      token: emulated ? () => Promise.resolve(undefined) : metadataToken(process.env["GCE_METADATA_HOST"]),
      ...(emulated && { pubsub: address(pubsub), storage: address(storage) }),
    }),
    signal: stop.signal,
    log,
  });
} catch (error) {
  log({ severity: "CRITICAL", message: (error as Error).message });
  process.exitCode = 1;
}
