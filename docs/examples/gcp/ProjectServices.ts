// APIs first: what takes the project from here waits until they are on.
import { ContainerRegistry } from "../../../components/gcp/containerRegistry.ts";
import { ProjectServices } from "../../../components/gcp/projectServices.ts";

const apis = new ProjectServices("apis", { project: "acme-prod", services: ["artifactregistry", "run", "sqladmin"] });

new ContainerRegistry("mirror", { location: "europe", description: "Copies of public images" }, { dependsOn: [apis] });

export const project = apis.project;
