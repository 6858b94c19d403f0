// Helm releases. A chart is not fetched and nothing in it is made: what is kept is the release itself.
// Naming and what replaces follow pulumi-kubernetes (provider/pkg/provider/helm_release.go).
import type { Kind } from "../kind.ts";
import { hexId } from "../names.ts";
import { Refusal } from "../refusal.ts";
import { builtinNamespaces, objectCollection } from "./object.ts";

/** Helm's own rule (helm/helm: pkg/chartutil/validate_name.go). */
const name = /^(?=.{1,53}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const release: Kind = {
  type: "kubernetes:helm.sh/v3:Release",
  collection: ({ cluster }) => `${cluster ?? "kubernetes/unknown"}/helm.releases`,
  autoname: { property: "name", longest: 53 },
  defaults: (_, { namespace }) => ({ namespace, timeout: 300 }),
  replaces: ["name", "namespace"],
  check: (inputs, report) => {
    const given = inputs.at("name").string;
    if (given !== undefined && !name.test(given))
      report("name", `"${given}" is no name of a release: 1 to 53 characters of a-z, 0-9, - and .`);
    if (inputs.at("chart").string === "") report("chart", "required, but empty");
    const repository = inputs.at("repositoryOpts.repo").string;
    if (repository !== undefined && !/^https?:\/\//.test(repository))
      report("repositoryOpts.repo", `"${repository}" is no address of a repository`);
    const version = inputs.at("version").string;
    if (version !== undefined && !/^v?\d+(\.\d+){0,2}([-+].*)?$/.test(version) && !/[<>=~^*]/.test(version))
      report("version", `"${version}" is no version`);
  },
  id: ({ inputs }) => `${inputs.at("namespace").string}/${inputs.at("name").string}`,
  taken: () => new Refusal(409, "cannot re-use a name that is still in use"),
  verify: async ({ inputs, place }, cloud) => {
    const namespace = inputs.at("namespace").string ?? "default";
    if (builtinNamespaces.includes(namespace) || inputs.at("createNamespace").boolean === true) return;
    if ((await cloud.get(objectCollection(place, "kubernetes:core/v1:Namespace"), namespace)) === undefined)
      throw new Refusal(404, `create: failed to create: namespaces "${namespace}" not found`);
  },
  computed: ({ inputs, id }) => ({
    status: {
      name: inputs.at("name").string ?? "",
      namespace: inputs.at("namespace").string ?? "",
      chart: inputs.at("chart").string ?? "",
      version: inputs.at("version").string ?? "",
      revision: 1,
      status: "deployed",
      appVersion: hexId(id, 8),
    },
    resourceNames: {},
  }),
};

export const helmKinds: readonly Kind[] = [release];
