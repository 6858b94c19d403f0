// Every night a message says that it is time to tidy up; every five minutes a service is asked to look for news, and once a day to
// clean up.
import { CloudRunService } from "../../../components/gcp/cloudRunService.ts";
import { Scheduler } from "../../../components/gcp/scheduler.ts";
import { Topic } from "../../../components/gcp/topic.ts";

const project = "acme-prod";
const region = "europe-west1";
const chores = new Topic("chores", { project, subscriptions: { worker: {} } });
const feed = new CloudRunService("feed", { project, region, image: "europe-docker.pkg.dev/acme-prod/shop/feed:1.0.0" });

const clock = new Scheduler("by-the-clock", {
  project,
  region,
  services: { feed: { name: feed.name, url: feed.url } },
  entries: {
    tidy: {
      schedule: { cron: "0 3 * * *", timeZone: "Europe/Berlin" },
      action: { do: "publish", topic: chores.topicId, message: "tidy" },
    },
    news: {
      schedule: { cron: "*/5 * * * *" },
      action: { do: "call", service: "feed", path: "/refresh" },
    },
    cleaning: {
      schedule: { cron: "0 4 * * *" },
      action: { do: "call", service: "feed", path: "/clean" },
    },
  },
});

export const entries = clock.entries;
