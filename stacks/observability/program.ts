// observability: the site, the database, the queues and the bill.
import { program } from "../../automation/program.ts";
import { stackLabels } from "../../components/gcp/labels.ts";
import { Observability } from "../../components/gcp/observability.ts";
import { googleProvider } from "../../components/gcp/provider.ts";
import { observability } from "./contract.ts";

export default program(observability, ({ settings, needs: { data, images }, stack }) => {
  const { project, region, domain, signIn, mails, budget, imagesWaitMinutes } = settings;
  const watched = new Observability(
    "platform",
    {
      project,
      mails,
      watch: {
        web: { on: "site", host: `www.${domain}`, signIn },
        database: { on: "database", instance: data.databaseInstance },
        events: { on: "subscription", subscription: data.subscription, waitMinutes: 15 },
        images: { on: "subscription", subscription: images.subscription, waitMinutes: imagesWaitMinutes },
      },
      ...(budget !== undefined && { budget }),
      labels: stackLabels(stack),
    },
    { provider: googleProvider({ project, region }) },
  );
  return { dashboard: watched.dashboard };
});
