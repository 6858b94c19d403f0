// Synchronous invokes go through two files that the SDK opens where `cmd/run --sync` says (runtime/settings.js). The engine
// offers none, because no function of the SDK asks for them any more: an SDK in which one does again fails here.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, it } from "vitest";

it("no function of the SDK makes a synchronous invoke", () => {
  const sdk = path.dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
  const sources = readdirSync(sdk, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".js") && !/(?:^|[\\/])(?:node_modules|proto|tests)[\\/]/.test(file),
  );
  const users = sources.filter((file) => /SyncInvokes\b|invokeSync\b/.test(readFileSync(path.join(sdk, file), "utf8")));
  expect(sources.length).toBeGreaterThan(50);
  // Where the files would be opened, and nowhere else.
  expect(users.map((file) => file.replaceAll("\\", "/"))).toEqual(["runtime/settings.js"]);
});
