// What a project begins with: its APIs, its names, its keys, its registry, and who may come in from outside without a key.
import { describe, expect, it } from "vitest";
import { ContainerRegistry, type ContainerRegistryArgs } from "../../components/gcp/containerRegistry.ts";
import { DnsZone, type DnsZoneArgs } from "../../components/gcp/dnsZone.ts";
import { IdentityFederation, type Trust } from "../../components/gcp/identityFederation.ts";
import { KeyRing, type KeyRingArgs } from "../../components/gcp/keyRing.ts";
import { ProjectServices } from "../../components/gcp/projectServices.ts";
import { ServiceAccount } from "../../components/gcp/serviceAccount.ts";
import { record, refusal } from "../support/mocks.ts";

describe("ProjectServices", () => {
  it("turns APIs on and never off", async () => {
    const { one, tree, value, finished } = await record(
      () => new ProjectServices("apis", { project: "p", services: ["compute", "dns"] }).project,
    );
    expect(tree).toEqual([
      "gcp:projects/service:Service apis-compute < tutti:gcp:ProjectServices apis",
      "gcp:projects/service:Service apis-dns < tutti:gcp:ProjectServices apis",
      "tutti:gcp:ProjectServices apis",
    ]);
    expect(one("gcp:projects/service:Service", "apis-dns").inputs).toEqual({
      project: "p",
      service: "dns.googleapis.com",
      disableOnDestroy: false,
    });
    expect(value).toBe("p");
    expect(finished).toEqual(["tutti:gcp:ProjectServices apis"]);
  });
  it("tells its project only when the APIs are on", async () => {
    const { value } = await record(() => new ProjectServices("apis", { project: "p", services: ["dns"] }).project, {
      preview: true,
    });
    expect(value).not.toBe("p");
  });
  it.each([
    [[], "services is [], expected at least one API"],
    [["dns.googleapis.com"], 'services[0] is "dns.googleapis.com", expected an API without its domain'],
    [["dns", "dns"], 'services[1] is "dns", expected each API once'],
  ])("refuses %j", async (services, message) => {
    expect(await refusal(() => new ProjectServices("apis", { project: "p", services }))).toContain(message);
  });
});

describe("DnsZone", () => {
  const zoneType = "gcp:dns/managedZone:ManagedZone";
  const recordType = "gcp:dns/recordSet:RecordSet";
  const built = (changes: Partial<DnsZoneArgs> = {}) =>
    record(() => {
      const { zone, nameServers } = new DnsZone("main", { domain: "example.com", ...changes });
      return { zone, nameServers };
    });

  it("is public and signed, with its records and who may issue certificates", async () => {
    const { one, value } = await built({
      records: {
        www: { name: "www", type: "CNAME", values: ["example.com."] },
        mail: { name: "@", type: "MX", values: ["1 smtp.google.com."], ttlSeconds: 60 },
      },
      certificateAuthorities: ["pki.goog"],
      labels: { team: "base" },
    });
    expect(one(zoneType).inputs).toEqual({
      dnsName: "example.com.",
      description: "Records of example.com",
      visibility: "public",
      dnssecConfig: { state: "on" },
      labels: { team: "base" },
    });
    expect(one(recordType, "main-www").inputs).toEqual({
      managedZone: "main-abc1234",
      name: "www.example.com.",
      type: "CNAME",
      ttl: 300,
      rrdatas: ["example.com."],
    });
    expect(one(recordType, "main-www").deleteBeforeReplace).toBe(true);
    expect(one(recordType, "main-mail").inputs).toMatchObject({ name: "example.com.", ttl: 60 });
    expect(one(recordType, "main-caa").inputs).toMatchObject({
      name: "example.com.",
      type: "CAA",
      rrdatas: ['0 issue "pki.goog"'],
    });
    expect(value).toEqual({ zone: "main-abc1234", nameServers: ["ns1.", "ns2."] });
  });
  it("is seen by its networks only when it is private, and not signed then", async () => {
    const { inputs } = (await built({ visibility: { networks: ["n"] } })).one(zoneType);
    expect(inputs).toMatchObject({
      visibility: "private",
      privateVisibilityConfig: { networks: [{ networkUrl: "n" }] },
    });
    expect(inputs["dnssecConfig"]).toBeUndefined();
  });
  const www = { name: "www", type: "A", values: ["10.0.0.1"] } as const;
  it.each<[string, Partial<DnsZoneArgs>, string]>([
    ["domain", { domain: "example.com." }, 'domain is "example.com.", expected a domain such as "www.example.com"'],
    ["visibility", { visibility: "private" as "public" }, 'visibility is "private", expected one of "public"'],
    ["network list", { visibility: { networks: [] } }, "visibility.networks is [], expected at least one network"],
    [
      "name",
      { records: { www: { ...www, name: "www." } } },
      'records.www.name is "www.", expected a name below the domain',
    ],
    ["type", { records: { www: { ...www, type: "AAA" as "A" } } }, 'records.www.type is "AAA", expected one of "A"'],
    [
      "value list",
      { records: { www: { ...www, values: [] } } },
      "records.www.values is [], expected at least one value",
    ],
    [
      "ttl",
      { records: { www: { ...www, ttlSeconds: -1 } } },
      "records.www.ttlSeconds is -1, expected a whole number from 0 to 86400",
    ],
    [
      "CNAME",
      { records: { www: { name: "@", type: "CNAME", values: ["a."] } } },
      'records.www.name is "@", expected a name below',
    ],
    [
      "pair of CNAMEs",
      { records: { www: { name: "a", type: "CNAME", values: ["a.", "b."] } } },
      "expected one value for a CNAME",
    ],
    [
      "double",
      { records: { www, again: www } },
      'records.again is "www A", expected one record of name and type, records.www is it already',
    ],
    ["authority", { certificateAuthorities: ["Google"] }, 'certificateAuthorities[0] is "Google", expected a domain'],
    [
      "record name",
      { certificateAuthorities: ["pki.goog"], records: { caa: www } },
      'records is "caa", expected another name',
    ],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new DnsZone("main", { domain: "example.com", ...changes }))).toContain(message);
  });
});

describe("IdentityFederation", () => {
  const providerType = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider";
  const built = (trust: Trust) =>
    record(() => {
      const federation = new IdentityFederation("ci", { project: "p", trust });
      return {
        audience: federation.audience,
        jobs: federation.repository("acme/platform"),
        pods: federation.pods("web", "api"),
      };
    });

  it("believes the workflows of named repositories, and no others of GitHub", async () => {
    const { one, value } = await built({ by: "github", repositories: ["acme/platform", "acme/images"] });
    const id = String(one("gcp:iam/workloadIdentityPool:WorkloadIdentityPool").inputs["workloadIdentityPoolId"]);
    expect(id).toMatch(/^ci-[0-9a-f]{7}$/);
    expect(one(providerType).inputs).toEqual({
      project: "p",
      workloadIdentityPoolId: id,
      workloadIdentityPoolProviderId: "github",
      oidc: { issuerUri: "https://token.actions.githubusercontent.com" },
      attributeMapping: {
        "google.subject": "assertion.sub",
        "attribute.repository": "assertion.repository",
        "attribute.ref": "assertion.ref",
      },
      attributeCondition: "assertion.repository in ['acme/platform', 'acme/images']",
    });
    const pool = `projects/123456789/locations/global/workloadIdentityPools/${id}`;
    expect(value).toEqual({
      audience: `//iam.googleapis.com/${pool}/providers/github`,
      jobs: `principalSet://iam.googleapis.com/${pool}/attribute.repository/acme/platform`,
      pods: `principal://iam.googleapis.com/${pool}/subject/system:serviceaccount:web:api`,
    });
  });
  it("believes only what runs on the refs it is told", async () => {
    const condition = async (trust: Trust) => (await built(trust)).one(providerType).inputs["attributeCondition"];
    expect(
      await condition({ by: "github", repositories: ["acme/platform"], refs: ["refs/heads/main", "refs/tags/v1"] }),
    ).toBe("assertion.repository in ['acme/platform'] && assertion.ref in ['refs/heads/main', 'refs/tags/v1']");
    expect(await condition({ by: "gitlab", projects: ["acme/platform"], refs: ["main"] })).toBe(
      "assertion.project_path in ['acme/platform'] && assertion.ref in ['main']",
    );
  });
  it("believes a GitLab of one's own, and a cluster with its keys", async () => {
    const gitlab = (await built({ by: "gitlab", projects: ["acme/platform"], address: "https://git.example.com" })).one(
      providerType,
    );
    expect(gitlab.inputs).toMatchObject({
      oidc: { issuerUri: "https://git.example.com" },
      attributeCondition: "assertion.project_path in ['acme/platform']",
    });
    const cluster = (await built({ by: "kubernetes", issuer: "https://k8s.example.com", keys: "{}" })).one(
      providerType,
    );
    expect(cluster.inputs).toMatchObject({
      oidc: { issuerUri: "https://k8s.example.com", jwksJson: "{}" },
      attributeMapping: { "google.subject": "assertion.sub" },
    });
    expect(cluster.inputs["attributeCondition"]).toBeUndefined();
  });
  it("lets them act as a service account", async () => {
    const { one } = await record(
      () => new ServiceAccount("deploy", { project: "p", description: "CI", actors: { ci: "principalSet://x" } }).email,
    );
    expect(one("gcp:serviceaccount/iAMMember:IAMMember", "deploy-ci").inputs).toMatchObject({
      role: "roles/iam.workloadIdentityUser",
      member: "principalSet://x",
    });
  });
  it.each<[Trust, string]>([
    [{ by: "jenkins" } as never, 'trust.by is "jenkins", expected one of "github", "gitlab", "kubernetes"'],
    [{ by: "github", repositories: [] }, "trust.repositories is [], expected at least one"],
    [
      { by: "github", repositories: ["platform"] },
      'trust.repositories[0] is "platform", expected a path such as "acme/platform"',
    ],
    [{ by: "github", repositories: ["a/b' || true || '"] }, "expected a path such as"],
    [{ by: "github", repositories: ["a/b"], refs: [] }, "trust.refs is [], expected at least one"],
    [
      { by: "gitlab", projects: ["a/b"], refs: ["main'] || true"] },
      'trust.refs[0] is "main\'] || true", expected a ref',
    ],
    [
      { by: "gitlab", projects: ["a/b"], address: "http://git" },
      'trust.address is "http://git", expected an https:// address',
    ],
    [{ by: "kubernetes", issuer: "k8s" }, 'trust.issuer is "k8s", expected an https:// address'],
  ])("refuses %j", async (trust, message) => {
    expect(await refusal(() => new IdentityFederation("ci", { project: "p", trust }))).toContain(message);
  });
});

describe("KeyRing", () => {
  const keyType = "gcp:kms/cryptoKey:CryptoKey";
  const built = (changes: Partial<KeyRingArgs> = {}) =>
    record(
      () =>
        new KeyRing("main", {
          location: "europe-west1",
          keys: { state: { users: { ci: "serviceAccount:ci@p" } } },
          ...changes,
        }).keys,
    );

  it("rotates its keys, and lets named users use them", async () => {
    const { one, value, tree } = await built({ labels: { team: "base" } });
    expect(tree).toHaveLength(4);
    expect(one(keyType).inputs).toEqual({
      keyRing: "projects/test-project/locations/europe-west1/keyRings/main-abc1234",
      purpose: "ENCRYPT_DECRYPT",
      rotationPeriod: "7776000s",
      destroyScheduledDuration: "2592000s",
      versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
      labels: { team: "base" },
    });
    expect(one("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember").inputs).toMatchObject({
      role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
      member: "serviceAccount:ci@p",
    });
    expect(value["state"]).toBe(
      "projects/test-project/locations/europe-west1/keyRings/main-abc1234/cryptoKeys/main-state-abc1234",
    );
  });
  it("keeps keys in hardware when asked", async () => {
    const { inputs } = (
      await built({ keys: { state: { protection: "hsm", rotationDays: 1 } }, destroyAfterDays: 120 })
    ).one(keyType);
    expect(inputs).toMatchObject({
      rotationPeriod: "86400s",
      destroyScheduledDuration: "10368000s",
      versionTemplate: { protectionLevel: "HSM" },
    });
  });
  it.each<[string, Partial<KeyRingArgs>, string]>([
    ["location", { location: "EU" }, 'location is "EU", expected a location such as'],
    ["key list", { keys: {} }, "keys is {}, expected at least one key"],
    [
      "rotation",
      { keys: { a: { rotationDays: 0 } } },
      "keys.a.rotationDays is 0, expected a whole number from 1 to 3650 (days)",
    ],
    [
      "protection",
      { keys: { a: { protection: "paper" as "hsm" } } },
      'keys.a.protection is "paper", expected one of "software", "hsm"',
    ],
    ["delay", { destroyAfterDays: 0 }, "destroyAfterDays is 0, expected a whole number from 1 to 120"],
    ["key name", { keys: { "a b": {} } }, 'keys.a b is "main-a b", expected letters'],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new KeyRing("main", { location: "europe", keys: { a: {} }, ...changes }))).toContain(
      message,
    );
  });
});

describe("ContainerRegistry", () => {
  const args: ContainerRegistryArgs = { location: "europe-west1", description: "Images of the platform" };
  it("keeps the newest images, drops what has no tag, and never moves a tag", async () => {
    const { one, value } = await record(() => {
      const { repository, url } = new ContainerRegistry("images", {
        ...args,
        access: { ci: { member: "serviceAccount:ci@p", may: "write" } },
      });
      return { repository, url };
    });
    const { inputs } = one("gcp:artifactregistry/repository:Repository");
    expect(inputs).toMatchObject({
      format: "DOCKER",
      dockerConfig: { immutableTags: true },
      cleanupPolicyDryRun: false,
      cleanupPolicies: [
        { id: "untagged", action: "DELETE", condition: { tagState: "UNTAGGED", olderThan: "1209600s" } },
        { id: "newest", action: "KEEP", mostRecentVersions: { keepCount: 10 } },
      ],
    });
    expect(value.url).toBe(`europe-west1-docker.pkg.dev/test-project/${inputs["repositoryId"]}`);
    expect(one("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember").inputs).toMatchObject({
      repository: value.repository,
      role: "roles/artifactregistry.writer",
    });
  });
  it.each<[string, Partial<ContainerRegistryArgs>, string]>([
    ["location", { location: "EU" }, 'location is "EU", expected a location'],
    ["description", { description: "" }, 'description is "", expected 1 to 128 characters'],
    ["age", { untaggedDays: 0 }, "untaggedDays is 0, expected a whole number from 1 to 3650 (days)"],
    ["count", { keepVersions: 0 }, "keepVersions is 0, expected a whole number from 1 to 1000 (versions)"],
    [
      "right",
      { access: { ci: { member: "m", may: "own" as "read" } } },
      'access.ci.may is "own", expected one of "read", "write"',
    ],
    ["label", { labels: { a: "A" } }, 'labels.a is "A"'],
  ])("refuses a wrong %s", async (_, changes, message) => {
    expect(await refusal(() => new ContainerRegistry("images", { ...args, ...changes }))).toContain(message);
  });
});
