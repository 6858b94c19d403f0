// A public zone, signed, whose certificates only Google may issue.
import { DnsZone } from "../../../components/gcp/dnsZone.ts";

const zone = new DnsZone("shop", {
  domain: "shop.example.com",
  records: {
    mail: { name: "@", type: "MX", values: ["10 mail.example.com."] },
    status: { name: "status", type: "CNAME", values: ["status.example.net."], ttlSeconds: 3600 },
  },
  certificateAuthorities: ["pki.goog"],
  labels: { team: "shop" },
});

export const nameServers = zone.nameServers;
