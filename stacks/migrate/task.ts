// migrate: applies the files of `migrations/` that the database does not have yet (migrations.ts).
import { Client } from "pg";
import { task } from "../../automation/task.ts";
import { migrate } from "./contract.ts";
import { applyMigrations, readMigrations } from "./migrations.ts";

export default task(migrate, async ({ settings: { through, tls, lockSeconds }, needs: { data }, log, signal }) => {
  const client = new Client({
    host: through?.host ?? data.databaseHost,
    port: through?.port ?? data.databasePort,
    database: data.databaseName,
    user: data.databaseUser,
    password: data.databasePassword.reveal(),
    ssl: tls === "require" ? { rejectUnauthorized: false } : false,
    connectionTimeoutMillis: 15_000,
    application_name: "tutti migrate",
  });
  // A connection that breaks while nothing is asked of it: the next query says so.
  client.on("error", () => {});
  const stop = (): void => void client.end().catch(() => undefined);
  await client.connect();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const migrations = readMigrations(new URL("migrations/", import.meta.url));
    return { version: await applyMigrations(client, migrations, { lockSeconds, log }) };
  } finally {
    signal.removeEventListener("abort", stop);
    await client.end().catch(() => undefined);
  }
});
