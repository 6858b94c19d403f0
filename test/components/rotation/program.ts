// Two stacks as a platform has them: `data` makes a database with a user, `web` is an application that is given the password.
import { Config, getStack, StackReference } from "@pulumi/pulumi";
import { Network } from "../../../components/gcp/network.ts";
import { Postgres } from "../../../components/gcp/postgres.ts";
import { Namespace } from "../../../components/kubernetes/namespace.ts";
import { WebApplication } from "../../../components/kubernetes/webApplication.ts";

function data() {
  const network = new Network("main", { subnets: { machines: { region: "europe-west1", cidr: "10.0.0.0/20" } } });
  const database = new Postgres("main", {
    region: "europe-west1",
    network: network.privateServicesNetwork,
    availability: "zonal",
    machine: { shared: "db-f1-micro" },
    databases: ["app"],
    users: { app: { rotation: new Config().getNumber("rotation") ?? 0 } },
  });
  return database.users.app.password;
}

function web() {
  const password = new StackReference("organization/platform/data").requireOutput("password");
  const namespace = new Namespace("web");
  const application = new WebApplication("web", {
    namespace: namespace.name,
    image: "registry.example.com/web:1.0.0",
    resources: { cpu: "100m", memory: "128Mi" },
    replicas: { fixed: 1 },
    health: { ready: "/", alive: "/" },
    secrets: { DATABASE_PASSWORD: password },
  });
  return application.url;
}

export const password = getStack() === "data" ? data() : undefined;
export const url = getStack() === "web" ? web() : undefined;
