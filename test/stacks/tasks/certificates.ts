// Certificates for servers on loopback, made with the openssl command: an authority, and what it vouches for.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface Pair {
  readonly key: string;
  readonly cert: string;
}
export interface Authority {
  /** PEM. */
  readonly ca: string;
  /** A certificate for these names (`DNS:localhost`), good for so many days; 0: it has ended when it is used. */
  issue(names: readonly string[], days: number): Pair;
  /** One that vouches for itself. */
  selfSigned(names: readonly string[]): Pair;
}

export const hasOpenssl = (): boolean => spawnSync("openssl", ["version"]).status === 0;

export function createAuthority(folder: string): Authority {
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: readonly string[]): void =>
    void execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  let count = 0;
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "30",
    "-subj",
    "/CN=test authority",
  );
  const pair = (name: string): Pair => ({
    key: readFileSync(file(`${name}.key`), "utf8"),
    cert: readFileSync(file(`${name}.pem`), "utf8"),
  });
  return {
    ca: readFileSync(file("ca.pem"), "utf8"),
    issue(names, days) {
      const name = `leaf${++count}`;
      writeFileSync(file(`${name}.ext`), `subjectAltName=${names.join(",")}\n`);
      openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${name}.ext`];
      openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, "-days", String(days), ...signing);
      return pair(name);
    },
    selfSigned(names) {
      const name = `self${++count}`;
      const san = `subjectAltName=${names.join(",")}`;
      openssl(
        "req",
        "-x509",
        ...newKey,
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.pem`,
        "-days",
        "30",
        "-subj",
        `/CN=${name}`,
        "-addext",
        san,
      );
      return pair(name);
    },
  };
}
