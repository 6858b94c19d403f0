// migrate against a real PostgreSQL: what it applies, what it refuses, and what is left when it fails. Each test has a database.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testTask } from "../../../automation/task.ts";
import { migrate } from "../../../stacks/migrate/contract.ts";
import { applyMigrations, type Migration, readMigrations } from "../../../stacks/migrate/migrations.ts";
import { type Postgres, postgresBinaries, startPostgres } from "../../support/postgres.ts";

const binaries = postgresBinaries();

describe("names of migrations", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-migrations-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  it("say the order, each once", () => {
    const url = pathToFileURL(`${folder}/`);
    for (const name of ["0002_b.sql", "0001_a.sql"]) writeFileSync(path.join(folder, name), "SELECT 1");
    expect(readMigrations(url).map(({ name }) => name)).toEqual(["0001_a.sql", "0002_b.sql"]);
    writeFileSync(path.join(folder, "0002_c.sql"), "");
    expect(() => readMigrations(url)).toThrow('two migrations 0002: give "0002_c.sql" another number');
    writeFileSync(path.join(folder, "3.sql"), "");
    expect(() => readMigrations(url)).toThrow('"3.sql" is no name of a migration');
  });
});

describe("a PostgreSQL", () => {
  beforeEach(({ skip }) => skip(binaries === undefined, "there is no PostgreSQL (Debian: apt-get install postgresql)"));
  let postgres: Postgres | undefined;
  let count = 0;
  const clients: Client[] = [];
  beforeAll(async () => {
    if (binaries !== undefined) postgres = await startPostgres(binaries);
  });
  afterAll(async () => {
    for (const client of clients) await client.end();
    postgres?.stop();
  });
  const connect = async (database: string): Promise<Client> => {
    const { host, port, user, password } = postgres!;
    const client = new Client({ host, port, user, password, database });
    await client.connect();
    clients.push(client);
    return client;
  };
  /** A connection to a new, empty database, and its name. */
  const create = async (): Promise<{ readonly client: Client; readonly database: string }> => {
    const database = `test${++count}`;
    await (await connect("postgres")).query(`CREATE DATABASE ${database}`);
    return { client: await connect(database), database };
  };
  const said: string[] = [];
  const apply = (client: Client, migrations: readonly Migration[], lockSeconds = 5): Promise<string> =>
    applyMigrations(client, migrations, { lockSeconds, log: (text) => said.push(text) });
  const tables = async (client: Client): Promise<readonly string[]> => {
    const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
    return rows.map(({ tablename }) => tablename);
  };
  const one: Migration = { name: "0001_one.sql", sql: "CREATE TABLE one (id int);\nCREATE INDEX ON one (id);" };
  const two: Migration = { name: "0002_two.sql", sql: "CREATE TABLE two (id int); INSERT INTO two VALUES (1);" };

  /** What `data` gives, for this database. */
  const needs = (database: string) => ({
    data: {
      databaseInstance: "main",
      databaseHost: postgres!.host,
      databasePort: postgres!.port,
      databaseName: database,
      databaseUser: postgres!.user,
      databasePassword: postgres!.password,
      databaseSecret: "s",
      cacheSecret: "c",
      bucket: "b",
      topic: "t",
      subscription: "u",
    },
  });

  it("gets the platform's own schema from the task, once", async () => {
    const { client, database } = await create();
    const run = () => testTask(migrate, { settings: { tls: "off" }, needs: needs(database) });
    expect(await run()).toEqual({
      outputs: { version: "0002_events.sql" },
      log: ["applied 0001_files.sql", "applied 0002_events.sql"],
    });
    expect(await tables(client)).toEqual(["files", "handled_events", "schema_migrations"]);
    expect((await run()).log).toEqual(["nothing to apply: all 2 are there"]);
  });

  it("is refused with a wrong password, which is not said", async () => {
    const { database } = await create();
    const wrong = { data: { ...needs(database).data, databasePassword: "not the password" } };
    const error = await testTask(migrate, { settings: { tls: "off" }, needs: wrong }).catch((caught: Error) => caught);
    expect(String(error)).toMatch(/password authentication failed/);
    expect(String(error)).not.toContain("not the password");
  });

  it("does without encryption only when it is told to", async () => {
    const { database } = await create();
    await expect(testTask(migrate, { needs: needs(database) })).rejects.toThrow(/does not support SSL/);
  });

  it("applies what is new, and leaves what a failed one began nowhere", async () => {
    const { client } = await create();
    await apply(client, [one]);
    const broken = { name: "0003_broken.sql", sql: "CREATE TABLE three (id int);\nINSERT INTO nowhere VALUES (1);" };
    await expect(apply(client, [one, two, broken])).rejects.toThrow(
      /^0003_broken\.sql, line 2: relation "nowhere" does not exist$/,
    );
    expect(await tables(client)).toEqual(["one", "schema_migrations", "two"]);
    expect(await apply(client, [one, two])).toBe("0002_two.sql");
  });

  it("refuses a past that is another: changed, gone, or before what is there", async () => {
    const { client } = await create();
    await apply(client, [one, two]);
    const before = await tables(client);
    await expect(apply(client, [{ ...one, sql: "SELECT 1" }, two])).rejects.toThrow(
      "0001_one.sql was changed after it was applied",
    );
    await expect(apply(client, [two])).rejects.toThrow("the database has 0001_one.sql, and the file is gone");
    const late = { name: "0001_late.sql", sql: "CREATE TABLE late (id int)" };
    await expect(apply(client, [late, one, two])).rejects.toThrow("0001_late.sql would come before 0002_two.sql");
    // What another system makes of the ends of lines is not a change.
    await apply(client, [{ ...one, sql: one.sql.replaceAll("\n", "\r\n") }, two]);
    expect(await tables(client)).toEqual(before);
  });

  it("refuses a file that ends the transaction it is in", async () => {
    const { client } = await create();
    const open = { name: "0001_open.sql", sql: "CREATE TABLE a (id int); COMMIT; BEGIN; CREATE TABLE b (id int);" };
    await expect(apply(client, [open])).rejects.toThrow(/^0001_open\.sql: it ends the transaction by itself/);
  });

  it("is done once when two come at the same time; the second waits, and says so when it waited too long", async () => {
    const { client, database } = await create();
    const other = await connect(database);
    said.length = 0;
    await Promise.all([apply(client, [one, two]), apply(other, [one, two], 1).finally(() => other.end())]).catch(
      () => {},
    );
    // The lock is of the session: only when the first has ended can the second have it.
    expect(said.filter((text) => text === "applied 0001_one.sql")).toHaveLength(1);
    const third = await connect(database);
    await expect(apply(third, [one, two], 0.2)).rejects.toThrow(
      "another migration of this database was not finished after 0.2 s",
    );
  });
});
