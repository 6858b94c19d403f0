import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  keyText,
  newSalt,
  passphraseOf,
  passphraseSecrets,
  recallKey,
  secretsOf,
} from "../../../engine/state/passphrase.ts";
import { recordedPassphrase, recording, temporaryFolder } from "./support.ts";

const salt = async () => /encryptionsalt: (.*)/.exec(await recording("Pulumi.dev.yaml"))![1]!;
const ciphertext = async () => /token:\n\s+secure: (.*)/.exec(await recording("Pulumi.dev.yaml"))![1]!;

describe("the passphrase provider", () => {
  it("decrypts what the CLI encrypted", async () => {
    const secrets = await passphraseSecrets(await salt(), recordedPassphrase);
    expect(secrets.decrypt(await ciphertext())).toBe("hunter2");
    expect(secrets.state).toEqual({ salt: await salt() });
  });

  it("encrypts anew every time, and reads it back", async () => {
    const secrets = await passphraseSecrets(await salt(), recordedPassphrase);
    const [one, two] = [secrets.encrypt("é\0\n"), secrets.encrypt("é\0\n")];
    expect(one).not.toBe(two);
    expect([secrets.decrypt(one), secrets.decrypt(two)]).toEqual(["é\0\n", "é\0\n"]);
  });

  it("proves a new salt with its passphrase only", async () => {
    const made = await newSalt("a");
    expect(made).toMatch(/^v1:[A-Za-z0-9+/]{11}=:v1:[A-Za-z0-9+/=]{16}:[A-Za-z0-9+/=]+$/);
    await expect(passphraseSecrets(made, "a")).resolves.toBeDefined();
    await expect(passphraseSecrets(made, "b")).rejects.toThrow(/^incorrect passphrase$/);
    const another = (await passphraseSecrets(made, "a")).encrypt("another word");
    const [version, salt] = made.split(":");
    await expect(passphraseSecrets(`${version}:${salt}:${another}`, "a")).rejects.toThrow(/^incorrect passphrase$/);
  });

  it("takes a kept key only for its own salt and passphrase, undamaged", async () => {
    const [one, other] = [await newSalt("a"), await newSalt("a")];
    const text = await keyText(one, "a");
    expect(text).not.toContain(one);
    await expect(keyText(one, "b")).rejects.toThrow(/^incorrect passphrase$/);
    const damaged = text.slice(0, -8) + (text.endsWith("AAAAAAA=") ? "BBBBBBB=" : "AAAAAAA=");
    expect(recallKey(text, one, "a")).toBe(true);
    expect([
      recallKey(text, other, "a"),
      recallKey(text, one, "b"),
      recallKey(damaged, one, "a"),
      recallKey("", one, "a"),
    ]).toEqual([false, false, false, false]);
    // In a process that has derived nothing, the kept key alone opens what was sealed.
    const sealed = (await passphraseSecrets(one, "a")).encrypt("word");
    const file = join(await temporaryFolder(), "recall.ts");
    const module = JSON.stringify(new URL("../../../engine/state/passphrase.ts", import.meta.url).href);
    await writeFile(
      file,
      `import crypto from "node:crypto";
       import { syncBuiltinESMExports } from "node:module";
       crypto.pbkdf2 = () => { throw new Error("derived"); };
       syncBuiltinESMExports();
       const { recallKey, passphraseSecrets } = await import(${module});
       const [text, salt, sealed] = ${JSON.stringify([text, one, sealed])};
       if (!recallKey(text, salt, "a")) throw new Error("not taken");
       console.log((await passphraseSecrets(salt, "a")).decrypt(sealed));`,
    );
    expect(execFileSync(process.execPath, [file], { encoding: "utf8" })).toBe("word\n");
  });

  it("refuses a ciphertext that was changed", async () => {
    const secrets = await passphraseSecrets(await salt(), recordedPassphrase);
    const [version, nonce, data] = (await ciphertext()).split(":") as [string, string, string];
    const bytes = Buffer.from(data, "base64");
    bytes[0]! ^= 1;
    expect(() => secrets.decrypt(`${version}:${nonce}:${bytes.toString("base64")}`)).toThrow("could not be decrypted");
    expect(() => secrets.decrypt("v2:a:b")).toThrow('unknown value version "v2"');
    expect(() => secrets.decrypt("hunter2")).toThrow("bad value");
    expect(() => secrets.decrypt(`v1:${data}:${data}`)).toThrow("nonce size");
    expect(() => secrets.decrypt(`v1:${nonce}:AAAA`)).toThrow("too short");
  });

  it("refuses what is no salt, and every other provider by name", async () => {
    await expect(passphraseSecrets("nonsense", "x")).rejects.toThrow('malformed encryption salt "nonsense"');
    await expect(secretsOf({ type: "cloud", state: {} }, async () => "x")).rejects.toThrow(
      'secrets provider "cloud" of the state is not supported by the embedded engine',
    );
    await expect(secretsOf({ type: "passphrase", state: {} }, async () => "x")).rejects.toThrow("has no salt");
  });

  it("derives the key of a salt once", async () => {
    const text = await newSalt("once");
    const started = process.cpuUsage();
    for (let time = 0; time < 20; time++) await passphraseSecrets(text, "once");
    const { user } = process.cpuUsage(started);
    // twenty derivations cost seconds
    expect(user / 1000).toBeLessThan(200);
  });
});

describe("the passphrase itself", () => {
  it("comes from the environment, then from a file, trimmed", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "secret"), "  from file \n");
    const file = { PULUMI_CONFIG_PASSPHRASE_FILE: "secret" };
    expect(await passphraseOf({ ...file, PULUMI_CONFIG_PASSPHRASE: " x " }, folder)).toBe(" x ");
    expect(await passphraseOf({ ...file, PULUMI_CONFIG_PASSPHRASE: "" }, folder)).toBe("");
    expect(await passphraseOf(file, folder)).toBe("from file");
    await expect(passphraseOf({ PULUMI_CONFIG_PASSPHRASE_FILE: "none" }, folder)).rejects.toThrow(
      "unable to read PULUMI_CONFIG_PASSPHRASE_FILE",
    );
    await expect(passphraseOf({}, folder)).rejects.toThrow(
      "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
    );
  });
});
