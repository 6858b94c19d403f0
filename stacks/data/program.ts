// data: a PostgreSQL instance and a Redis in the private network, a bucket, and a topic with a subscription and a dead letter topic.
import { program } from "../../automation/program.ts";
import { Bucket } from "../../components/gcp/bucket.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { Postgres } from "../../components/gcp/postgres.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { Redis } from "../../components/gcp/redis.ts";
import { Topic } from "../../components/gcp/topic.ts";
import { data } from "./contract.ts";

export default program(data, ({ settings, needs, stack }) => {
  const { project, region, database, cache, passwordRotation, bucketLocation, protect } = settings;
  const labels = stackLabels(stack);
  const options = { provider: googleProvider({ project, region }), protect };

  const postgres = new Postgres(
    "main",
    {
      region,
      network: needs.network.privateServicesNetwork,
      availability: database.availability,
      machine: database.machine,
      diskGiB: database.diskGiB,
      backups: database.backups === 0 ? "none" : { keep: database.backups },
      databases: ["app"],
      users: { app: { rotation: passwordRotation } },
      deletionProtection: protect,
      labels,
    },
    options,
  );
  const redis = new Redis(
    "cache",
    {
      region,
      network: needs.network.privateServicesNetwork,
      memoryGiB: cache.memoryGiB,
      availability: cache.availability,
      deletionProtection: protect,
      labels,
    },
    options,
  );
  const files = new Bucket(
    "files",
    { location: bucketLocation, onDestroy: protect ? "refuse" : "delete-objects", labels },
    options,
  );
  const events = new Topic("events", { project, subscriptions: { worker: {} }, labels }, options);

  return {
    databaseInstance: postgres.instance,
    databaseHost: postgres.host,
    databasePort: postgres.port,
    databaseName: "app",
    databaseUser: postgres.users.app.name,
    databasePassword: postgres.users.app.password,
    databaseSecret: postgres.users.app.secretId,
    cacheSecret: redis.secretId,
    bucket: files.name,
    topic: events.name,
    subscription: events.subscriptions.worker,
  };
});
