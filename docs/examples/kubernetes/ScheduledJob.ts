// Sends reminders every morning, with a password that nobody sees.
import { Config } from "@pulumi/pulumi";
import { Namespace } from "../../../components/kubernetes/namespace.ts";
import { ScheduledJob } from "../../../components/kubernetes/scheduledJob.ts";

const namespace = new Namespace("reminders");

const reminders = new ScheduledJob("reminders", {
  namespace: namespace.name,
  image: "registry.example.com/reminders:3.2.1",
  resources: { cpu: "100m", memory: "128Mi" },
  schedule: { cron: "0 8 * * *", timeZone: "Europe/Berlin" },
  secrets: { MAIL_PASSWORD: new Config().requireSecret("mailPassword") },
  labels: { team: "shop" },
});

export const name = reminders.name;
