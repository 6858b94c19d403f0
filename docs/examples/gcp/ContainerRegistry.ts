// Where the CI pushes images and everybody's clusters pull them from.
import { ContainerRegistry } from "../../../components/gcp/containerRegistry.ts";

const images = new ContainerRegistry("tools", {
  location: "europe-west1",
  description: "Images of our own tools",
  keepVersions: 20,
  access: {
    developers: { member: "group:developers@example.com", may: "read" },
    releases: { member: "group:releases@example.com", may: "write" },
  },
  labels: { team: "platform" },
});

export const registry = images.url;
