// Files of SQL --> the schema of a PostgreSQL database, each applied once and in order.
//
// 1. One at a time: an advisory lock of the session keeps a second run waiting, and goes with the connection.
// 2. What was applied is in the table `schema_migrations`, with a checksum. A file that was changed or taken away afterwards, or
//    a new one that sorts before one that was applied, is an error before anything is done.
// 3. Each file is one transaction together with its row in the table: it is applied whole and recorded, or neither.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Client, DatabaseError } from "pg";

export interface Migration {
  /** `0001_orders.sql`: four digits decide the order. */
  readonly name: string;
  readonly sql: string;
}

/** What is needed of a connection; that of `pg` is one. */
export type Connection = Pick<Client, "query">;

const fileName = /^\d{4}_[a-z0-9_-]+\.sql$/;

/** The migrations of a folder, in order. @throws Error for a name that says no order, and for a number that is there twice. */
export function readMigrations(folder: URL): readonly Migration[] {
  const names = readdirSync(folder).sort();
  const wrong = names.find((name) => !fileName.test(name));
  if (wrong !== undefined)
    throw new Error(`"${wrong}" is no name of a migration: write four digits, a name and .sql, e.g. 0002_invoices.sql`);
  const twice = names.find((name, at) => at > 0 && names[at - 1]!.slice(0, 4) === name.slice(0, 4));
  if (twice !== undefined)
    throw new Error(`there are two migrations ${twice.slice(0, 4)}: give "${twice}" another number`);
  return names.map((name) => ({ name, sql: readFileSync(new URL(name, folder), "utf8") }));
}

/** Any number, the same for every migration of one database. */
const lockKey = 7_483_927_465;

/**
 * Applies what is missing; gives the name of the newest migration, "" when there is none.
 *
 * @throws Error naming the migration that failed and where; it left nothing behind, those before it stay.
 */
export async function applyMigrations(
  connection: Connection,
  migrations: readonly Migration[],
  { lockSeconds, log }: { readonly lockSeconds: number; readonly log: (text: string) => void },
): Promise<string> {
  // Without a limit a migration that hangs elsewhere would hang this one too.
  await connection.query(`SET lock_timeout = ${Math.round(lockSeconds * 1000)}`);
  await connection.query("SELECT pg_advisory_lock($1)", [lockKey]).catch((error: DatabaseError) => {
    if (error.code !== "55P03") throw error; // lock_not_available
    throw new Error(`another migration of this database was not finished after ${lockSeconds} s`);
  });
  await connection.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const { rows } = await connection.query<{ name: string; checksum: string }>(
    "SELECT name, checksum FROM schema_migrations ORDER BY name",
  );
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  refuseOtherPast(migrations, applied);
  const missing = migrations.filter(({ name }) => !applied.has(name));
  for (const migration of missing) {
    await applyOne(connection, migration);
    log(`applied ${migration.name}`);
  }
  if (missing.length === 0) log(`nothing to apply: all ${migrations.length} are there`);
  return migrations.at(-1)?.name ?? "";
}

function refuseOtherPast(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const files = new Map(migrations.map((migration) => [migration.name, migration]));
  const last = [...applied.keys()].at(-1) ?? "";
  for (const [name, checksum] of applied) {
    const file = files.get(name);
    if (file === undefined)
      throw new Error(`the database has ${name}, and the file is gone: put it back, and undo it with a new migration`);
    if (checksumOf(file) !== checksum)
      throw new Error(`${name} was changed after it was applied: put it back as it was, and write a new migration`);
  }
  const late = migrations.find(({ name }) => !applied.has(name) && name < last);
  if (late !== undefined)
    throw new Error(`${late.name} would come before ${last}, which is applied: give it a higher number`);
}

async function applyOne(connection: Connection, migration: Migration): Promise<void> {
  const { name, sql } = migration;
  await connection.query("BEGIN");
  try {
    const before = await transaction(connection);
    await connection.query(sql);
    if ((await transaction(connection)) !== before)
      throw new Error(
        "it ends the transaction by itself; take its COMMIT or ROLLBACK away: each file is one transaction",
      );
    await connection.query("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", [
      name,
      checksumOf(migration),
    ]);
    await connection.query("COMMIT");
  } catch (error) {
    await connection.query("ROLLBACK").catch(() => undefined);
    const { message, position } = error as DatabaseError;
    const line = position === undefined ? "" : `, line ${sql.slice(0, Number(position)).split("\n").length}`;
    throw new Error(`${name}${line}: ${message}`);
  }
}

async function transaction(connection: Connection): Promise<string> {
  const { rows } = await connection.query<{ id: string }>("SELECT txid_current()::text AS id");
  return rows[0]!.id;
}

/** Of the text, with the ends of lines that Windows writes taken for those that others do. */
function checksumOf({ sql }: Migration): string {
  return createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
}
