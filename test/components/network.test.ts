// Network: what a plan of ranges becomes, and every plan that is refused.
import { describe, expect, it } from "vitest";
import { type FirewallIntent, Network, type NetworkArgs } from "../../components/gcp/network.ts";
import { record, refusal } from "../support/mocks.ts";

const region = "europe-west1";
const nodes = { region, cidr: "10.0.0.0/20", secondary: { pods: "10.4.0.0/14", services: "10.1.0.0/20" } };
const plain: NetworkArgs<"nodes"> = { subnets: { nodes }, labels: { team: "platform" } };

const built = (args: NetworkArgs = plain, options = {}) =>
  record(() => {
    const { networkId, subnets, privateServicesNetwork } = new Network("main", args, options);
    return { networkId, subnets, privateServicesNetwork };
  });

describe("Network", () => {
  it("is a VPC of custom mode with its subnets, a way out and private services, all its children", async () => {
    const { tree, finished } = await built();
    expect(tree).toEqual([
      "gcp:compute/globalAddress:GlobalAddress main-services < tutti:gcp:Network main",
      "gcp:compute/network:Network main < tutti:gcp:Network main",
      "gcp:compute/router:Router main-europe-west1 < tutti:gcp:Network main",
      "gcp:compute/routerNat:RouterNat main-europe-west1 < tutti:gcp:Network main",
      "gcp:compute/subnetwork:Subnetwork main-nodes < tutti:gcp:Network main",
      "gcp:servicenetworking/connection:Connection main-services < tutti:gcp:Network main",
      "tutti:gcp:Network main",
    ]);
    expect(finished).toEqual(["tutti:gcp:Network main"]);
  });

  it("makes private subnets with the ranges it was given", async () => {
    const { one } = await built();
    expect(one("gcp:compute/network:Network").inputs).toMatchObject({ autoCreateSubnetworks: false });
    expect(one("gcp:compute/subnetwork:Subnetwork").inputs).toEqual({
      network: "projects/test-project/global/networks/main-abc1234",
      region,
      ipCidrRange: "10.0.0.0/20",
      privateIpGoogleAccess: true,
      secondaryIpRanges: [
        { rangeName: "pods", ipCidrRange: "10.4.0.0/14" },
        { rangeName: "services", ipCidrRange: "10.1.0.0/20" },
      ],
    });
  });

  it("connects private services through the range it reserved", async () => {
    const { one, value } = await built({ ...plain, privateServices: { address: "10.2.0.0", prefixLength: 16 } });
    expect(one("gcp:compute/globalAddress:GlobalAddress").inputs).toMatchObject({
      purpose: "VPC_PEERING",
      addressType: "INTERNAL",
      address: "10.2.0.0",
      prefixLength: 16,
      labels: { team: "platform" },
    });
    const connection = one("gcp:servicenetworking/connection:Connection");
    expect(connection.inputs).toMatchObject({
      service: "servicenetworking.googleapis.com",
      reservedPeeringRanges: ["main-services-abc1234"],
    });
    expect(connection.inputs["deletionPolicy"]).toBeUndefined();
    expect(value.privateServicesNetwork).toBe(value.networkId);
  });

  it("abandons the peering when told to", async () => {
    const { one } = await built({ ...plain, privateServices: { onDestroy: "abandon" } });
    expect(one("gcp:servicenetworking/connection:Connection").inputs).toMatchObject({ deletionPolicy: "ABANDON" });
  });

  it("has one router and gateway a region, however many subnets", async () => {
    const { all } = await built({
      subnets: { one: nodes, two: { region, cidr: "10.8.0.0/20" }, us: { region: "us-east1", cidr: "10.9.0.0/20" } },
    });
    expect(all("gcp:compute/router:Router").map(({ name }) => name)).toEqual(["main-europe-west1", "main-us-east1"]);
    expect(all("gcp:compute/routerNat:RouterNat").map(({ inputs }) => [inputs["region"], inputs["router"]])).toEqual([
      ["europe-west1", "main-europe-west1-abc1234"],
      ["us-east1", "main-us-east1-abc1234"],
    ]);
    // The two exclude each other (description of the provider), and a node's pods need more than the 64 ports of a fixed share.
    for (const { inputs } of all("gcp:compute/routerNat:RouterNat"))
      expect(inputs).toMatchObject({
        enableDynamicPortAllocation: true,
        enableEndpointIndependentMapping: false,
        minPortsPerVm: 64,
        maxPortsPerVm: 8192,
      });
  });

  it("leaves out egress and private services when told to, and says so to whoever asks for them", async () => {
    const { registered } = await record(
      () => new Network("main", { ...plain, egress: "none", privateServices: "none" }).networkId,
    );
    expect(registered.map(({ type }) => type)).toEqual([
      "tutti:gcp:Network",
      "gcp:compute/network:Network",
      "gcp:compute/subnetwork:Subnetwork",
    ]);
    await expect(
      record(() => new Network("main", { ...plain, privateServices: "none" }).privateServicesNetwork),
    ).rejects.toThrow('Network "main" has no private services');
  });

  it("lets nothing in by default, and by purpose only", async () => {
    expect((await built()).all("gcp:compute/firewall:Firewall")).toEqual([]);
    const { all } = await built({
      ...plain,
      firewall: [
        { allow: "internal" },
        { allow: "iap-ssh", tags: ["ssh"] },
        { allow: "load-balancers", ports: [8080] },
      ],
    });
    const rules = Object.fromEntries(all("gcp:compute/firewall:Firewall").map(({ name, inputs }) => [name, inputs]));
    expect(rules["main-internal"]).toMatchObject({
      direction: "INGRESS",
      sourceRanges: ["10.0.0.0/20", "10.4.0.0/14", "10.1.0.0/20"],
    });
    expect(rules["main-iap-ssh"]).toMatchObject({
      sourceRanges: ["35.235.240.0/20"],
      targetTags: ["ssh"],
      allows: [{ protocol: "tcp", ports: ["22"] }],
    });
    expect(rules["main-load-balancers"]).toMatchObject({
      sourceRanges: ["35.191.0.0/16", "130.211.0.0/22"],
      allows: [{ protocol: "tcp", ports: ["8080"] }],
    });
    expect(Object.values(rules).flatMap((rule) => rule["sourceRanges"])).not.toContain("0.0.0.0/0");
  });

  it("logs flows only when asked", async () => {
    expect((await built()).one("gcp:compute/subnetwork:Subnetwork").inputs["logConfig"]).toBeUndefined();
    const { one } = await built({ subnets: { nodes: { ...nodes, flowLogs: 0.5 } } });
    expect(one("gcp:compute/subnetwork:Subnetwork").inputs["logConfig"]).toMatchObject({ flowSampling: 0.5 });
  });

  it("hands protection down to every child", async () => {
    const { registered } = await built(plain, { protect: true });
    expect(registered.filter(({ protect }) => !protect)).toEqual([]);
  });

  const subnet = (changes: object) => ({ subnets: { nodes: { ...nodes, ...changes } } });
  const firewall = (...intents: FirewallIntent[]) => ({ ...plain, firewall: intents });
  it.each<[string, NetworkArgs, string]>([
    ["no subnet", { subnets: {} }, "subnets is {}, expected at least one subnet"],
    [
      "a zone",
      subnet({ region: "europe-west1-b" }),
      'subnets.nodes.region is "europe-west1-b", expected a region such as',
    ],
    [
      "host bits",
      subnet({ cidr: "10.0.0.1/20" }),
      'subnets.nodes.cidr is "10.0.0.1/20", expected a range of /29 or larger',
    ],
    [
      "a tiny range",
      subnet({ cidr: "10.0.0.0/30" }),
      'subnets.nodes.cidr is "10.0.0.0/30", expected a range of /29 or larger',
    ],
    [
      "ranges that overlap",
      subnet({ secondary: { pods: "10.0.8.0/21" } }),
      'subnets.nodes.secondary.pods is "10.0.8.0/21", expected a range that does not overlap subnets.nodes.cidr (10.0.0.0/20)',
    ],
    [
      "a range name",
      subnet({ secondary: { Pods: "10.4.0.0/14" } }),
      'subnets.nodes.secondary is "Pods", expected lower-case',
    ],
    [
      "a long subnet",
      { subnets: { [`n${"o".repeat(60)}`]: nodes } },
      "1 to 55 characters for the name of a Compute Engine",
    ],
    ["too many logs", subnet({ flowLogs: 2 }), "subnets.nodes.flowLogs is 2, expected a share from 0 to 1"],
    ["egress", { ...plain, egress: "vpn" as "nat" }, 'egress is "vpn", expected one of "nat", "none"'],
    ["a log", { ...plain, natLog: "some" as "all" }, 'natLog is "some", expected one of "errors", "all", "none"'],
    [
      "a word for services",
      { ...plain, privateServices: "all" as "none" },
      'privateServices is "all", expected one of "none"',
    ],
    [
      "a small service range",
      { ...plain, privateServices: { prefixLength: 28 } },
      "privateServices.prefixLength is 28, expected",
    ],
    [
      "an address inside the range",
      { ...plain, privateServices: { address: "10.2.0.5" } },
      'privateServices.address is "10.2.0.5", expected the first address of a /16',
    ],
    [
      "services in the subnet",
      { ...plain, privateServices: { address: "10.0.0.0", prefixLength: 24 } },
      "expected a range that does not overlap subnets.nodes.cidr",
    ],
    [
      "what becomes of the peering",
      { ...plain, privateServices: { onDestroy: "keep" as "delete" } },
      'expected one of "delete", "abandon"',
    ],
    [
      "SSH to everything",
      firewall({ allow: "iap-ssh", tags: [] }),
      "firewall[0].tags is [], expected at least one network tag",
    ],
    [
      "no port",
      firewall({ allow: "load-balancers", ports: [] }),
      "firewall[0].ports is [], expected at least one port",
    ],
    [
      "a port",
      firewall({ allow: "load-balancers", ports: [0] }),
      "firewall[0].ports is 0, expected a whole number from 1",
    ],
    [
      "a purpose twice",
      firewall({ allow: "internal" }, { allow: "internal" }),
      'firewall[1].allow is "internal", expected each',
    ],
    [
      "a purpose",
      firewall({ allow: "everything" } as unknown as FirewallIntent),
      'firewall[0].allow is "everything", expected one of "internal", "iap-ssh", "load-balancers"',
    ],
    ["a label", { ...plain, labels: { Team: "x" } }, 'labels is "Team", expected keys of 1 to 63 lower-case'],
    ["a label's value", { ...plain, labels: { team: "The Team" } }, 'labels.team is "The Team", expected at most 63'],
  ])("refuses %s", async (_, args, message) => {
    const refused = await refusal(() => new Network("main", args));
    expect(refused).toContain('Network "main": ');
    expect(refused).toContain(message);
  });
});
