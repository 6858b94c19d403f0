// Gives a workspace of a test the passphrase, salt and key of its sandbox environment beforehand: to derive a key takes half a
// second of a core, for each of the many workspaces that tests make.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const files = {
  passphrase: "of a sandbox that a test made",
  salt: "v1:/XiCjR34ulU=:v1:k1F33kLyCM3Suo5h:o82/EIyadCFHkSqQODPLiwN1yTajmQ==",
  // What keyText of engine/state/passphrase.ts gives for the two. Were it wrong, it would be derived as if it were not there.
  key: "qTQbvMCk+HFIimrqkzxo7dLL3D42jpUQTbPi5kcm7lU= arixvu3KuyWlbp87WVBaEEc8lr5panK52Od36kBbsDo=",
};

export function plantSandboxKey(root: string, environment = "local"): void {
  const folder = path.join(root, ".tutti/sandbox", environment);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files))
    writeFileSync(path.join(folder, name), `${text}\n`, { mode: 0o600 });
}
