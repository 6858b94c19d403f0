// Cloud KMS: key rings, keys, members. Follows terraform-provider-google (services/kms). One thing differs on purpose: Google
// never deletes rings and keys, so that their names stay taken; here they go, or no sandbox could be emptied.
import type { Kind } from "../kind.ts";
import { googleError } from "../refusal.ts";
import { keyMembers } from "./keys.ts";
import { checkRegion, projectOf, regions } from "./places.ts";
import { checkChoice, checkLabels, checkName, cryptoKeys, existing, iamMember } from "./shared.ts";

const rings = "gcp/kms/keyRings";

const nameRule = { pattern: /^[A-Za-z0-9_-]{1,63}$/, description: "1 to 63 letters, digits, - and _" };
/** Beside regions (cloud.google.com/kms/docs/locations). */
const wide = new Set(
  "global africa asia asia1 au ca europe eur3 eur4 eur5 eur6 in it nam3 nam4 nam6 nam7 nam8 us".split(" "),
);

const keyRing: Kind = {
  type: "gcp:kms/keyRing:KeyRing",
  collection: rings,
  autoname: { property: "name", longest: 63 },
  replaces: ["name", "location", "project"],
  check: (inputs, report) => {
    checkName(inputs, report, "name", nameRule);
    const location = inputs.at("location").string;
    if (location !== undefined && !wide.has(location) && !regions.has(location))
      checkRegion(inputs, report, "location");
  },
  id: ({ inputs, place }) =>
    `projects/${projectOf(inputs, place)}/locations/${inputs.at("location").string}/keyRings/${inputs.at("name").string}`,
  taken: (_, id) => googleError(409, `KeyRing ${id} already exists.`),
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place) }),
};

const cryptoKey: Kind = {
  type: "gcp:kms/cryptoKey:CryptoKey",
  collection: cryptoKeys,
  autoname: { property: "name", longest: 63 },
  defaults: () => ({ purpose: "ENCRYPT_DECRYPT" }),
  replaces: [
    "name",
    "keyRing",
    "purpose",
    "destroyScheduledDuration",
    "importOnly",
    "skipInitialVersionCreation",
    "cryptoKeyBackend",
    "versionTemplate.protectionLevel",
  ],
  check: (inputs, report) => {
    checkName(inputs, report, "name", nameRule);
    checkLabels(inputs, report);
    checkChoice(inputs, report, "purpose", [
      "ENCRYPT_DECRYPT",
      "ASYMMETRIC_SIGN",
      "ASYMMETRIC_DECRYPT",
      "MAC",
      "RAW_ENCRYPT_DECRYPT",
    ]);
    checkChoice(inputs, report, "versionTemplate.protectionLevel", ["SOFTWARE", "HSM", "EXTERNAL", "EXTERNAL_VPC"]);
    const period = inputs.at("rotationPeriod").string;
    if (period === undefined) return;
    const seconds = Number(/^(\d+(\.\d{1,9})?)s$/.exec(period)?.[1]);
    if (!(seconds >= 86_400)) report("rotationPeriod", `"${period}" is not a duration of 86400s (a day) or more`);
    if ((inputs.at("purpose").string ?? "ENCRYPT_DECRYPT") !== "ENCRYPT_DECRYPT")
      report("rotationPeriod", "only with purpose ENCRYPT_DECRYPT");
  },
  id: ({ inputs }) => `${inputs.at("keyRing").string}/cryptoKeys/${inputs.at("name").string}`,
  taken: (_, id) => googleError(409, `CryptoKey ${id} already exists.`),
  verify: async ({ inputs }, cloud) => {
    const ring = inputs.at("keyRing").string ?? "";
    await existing(cloud, rings, ring, () => googleError(404, `KeyRing ${ring} not found.`));
  },
  fallbacks: () => ({
    destroyScheduledDuration: "2592000s",
    versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
  }),
  computed: ({ id }) => ({ primaries: [{ name: `${id}/cryptoKeyVersions/1`, state: "ENABLED" }] }),
};

const keyMember = iamMember({
  type: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
  collection: keyMembers,
  property: "cryptoKeyId",
  target: ({ inputs }) => inputs.at("cryptoKeyId").string ?? "",
  exists: async (target, _, cloud) =>
    void (await existing(cloud, cryptoKeys, target, () => googleError(404, `CryptoKey ${target} not found.`))),
});

export const kmsKinds: readonly Kind[] = [keyRing, cryptoKey, keyMember];
