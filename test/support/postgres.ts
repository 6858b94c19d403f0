// A PostgreSQL of its own on loopback, made by the binaries of the machine, in a folder that goes with it.
import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";

export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  stop(): void;
}

/** The folder of the binaries; undefined when this machine has none. Debian keeps them off the PATH, by version. */
export function postgresBinaries(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env["PATH"] ?? "").split(path.delimiter),
    ...versions.map((one) => `${debian}/${one}/bin`),
  ];
  return folders.find((folder) => ["initdb", "pg_ctl"].every((name) => existsSync(path.join(folder, name))));
}

/** Starts one. PostgreSQL refuses to run as root: then it is `postgres`, or `nobody`, who runs it. */
export async function startPostgres(binaries: string): Promise<Postgres> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-postgres-"));
  const who = process.getuid?.() === 0 ? (idsOf("postgres") ?? idsOf("nobody")) : undefined;
  const password = "pass word'%42";
  const secret = path.join(folder, "password");
  writeFileSync(secret, password, { mode: 0o600 });
  if (who !== undefined) for (const one of [folder, secret]) chownSync(one, who.uid, who.gid);
  const run = (name: string, ...args: readonly string[]): void =>
    void execFileSync(path.join(binaries, name), args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"], ...who });
  const data = path.join(folder, "data");
  run("initdb", "-D", data, "-U", "app", "-A", "scram-sha-256", `--pwfile=${secret}`, "--no-sync", "-E", "UTF8");
  const port = await freePort();
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off`;
  run("pg_ctl", "-D", data, "-w", "-l", path.join(folder, "log"), "-o", options, "start");
  return {
    host: "127.0.0.1",
    port,
    user: "app",
    password,
    stop() {
      run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idsOf(user: string): { readonly uid: number; readonly gid: number } | undefined {
  const id = (flag: string): number => Number(spawnSync("id", [flag, user], { encoding: "utf8" }).stdout);
  return id("-u") > 0 ? { uid: id("-u"), gid: id("-g") } : undefined;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
