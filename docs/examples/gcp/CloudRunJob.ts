// A report that is made every working day: ten tasks share the work, three at a time.
import { CloudRunJob } from "../../../components/gcp/cloudRunJob.ts";

const report = new CloudRunJob("report", {
  project: "acme-prod",
  region: "europe-west1",
  image: "europe-west1-docker.pkg.dev/acme-prod/tools/report:1.4.0",
  tasks: { count: 10, parallel: 3 },
  schedule: { cron: "30 5 * * 1-5", timeZone: "Europe/Berlin" },
  labels: { team: "billing" },
});

export const job = report.name;
