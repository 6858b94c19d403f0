// BigQuery: datasets, tables, members. Follows terraform-provider-google (services/bigquery).
import type { Draft, Kind } from "../kind.ts";
import { googleError, Refusal } from "../refusal.ts";
import { View } from "../view.ts";
import { encrypted } from "./keys.ts";
import { checkRegion, projectOf, regions } from "./places.ts";
import { checkBetween, checkChoice, checkLabels, checkName, etagOf, existing, iamMember, shortName } from "./shared.ts";

const datasets = "gcp/bigquery/datasets";
const tables = "gcp/bigquery/tables";

const nameRule = { pattern: /^[A-Za-z0-9_]{1,1024}$/, description: "1 to 1024 letters, digits and _" };

const dataset: Kind = {
  type: "gcp:bigquery/dataset:Dataset",
  collection: datasets,
  defaults: () => ({ deleteContentsOnDestroy: false, location: "US" }),
  replaces: ["datasetId", "location", "project", "externalDatasetReference"],
  check: (inputs, report) => {
    checkName(inputs, report, "datasetId", nameRule);
    checkLabels(inputs, report);
    const location = inputs.at("location").string;
    if (location !== undefined && !/^(us|eu)$/i.test(location) && !regions.has(location))
      checkRegion(inputs, report, "location");
    checkBetween(inputs, report, "defaultTableExpirationMs", 3_600_000, Number.MAX_SAFE_INTEGER);
    checkChoice(inputs, report, "storageBillingModel", ["LOGICAL", "PHYSICAL"]);
    const hours = inputs.at("maxTimeTravelHours").string;
    if (hours !== undefined && !/^(48|72|96|120|144|168)$/.test(hours))
      report("maxTimeTravelHours", `"${hours}" is not 48 to 168 in whole days`);
  },
  id: (draft) => datasetId(draft.inputs.at("datasetId").string ?? "", draft),
  taken: (draft) =>
    googleError(
      409,
      `Already Exists: Dataset ${projectOf(draft.inputs, draft.place)}:${draft.inputs.at("datasetId").string}`,
      "duplicate",
    ),
  fallbacks: ({ inputs, place }) => ({
    project: projectOf(inputs, place),
    maxTimeTravelHours: "168",
    storageBillingModel: "LOGICAL",
    isCaseInsensitive: false,
    deletionPolicy: "DELETE",
  }),
  computed: (resource) => ({
    creationTime: Date.parse(resource.created),
    lastModifiedTime: Date.parse(resource.updated),
    etag: etagOf(resource),
    selfLink: `https://bigquery.googleapis.com/bigquery/v2/${resource.id}`,
  }),
  release: async ({ id, state }, cloud) => {
    const inside = (await cloud.list(tables)).filter((table) => table.id.startsWith(`${id}/tables/`));
    if (inside.length === 0) return;
    if (new View(state).at("deleteContentsOnDestroy").boolean !== true)
      throw googleError(
        400,
        `Dataset ${id.replace(/^projects\/([^/]+)\/datasets\//, "$1:")} is still in use`,
        "resourceInUse",
      );
    for (const table of inside) await cloud.remove(tables, table.id);
  },
};

function datasetId(reference: string, { inputs, place }: Draft): string {
  return reference.includes("/") ? reference : `projects/${projectOf(inputs, place)}/datasets/${reference}`;
}

function noDataset(id: string): Refusal {
  return googleError(404, `Not found: Dataset ${id.replace(/^projects\/([^/]+)\/datasets\//, "$1:")}`, "notFound");
}

/** Names and types of a table's columns, as its schema says; undefined when that is no schema. */
function columnsOf(schema: string): Map<string, string> | undefined {
  try {
    const fields: unknown = JSON.parse(schema);
    if (!Array.isArray(fields)) return undefined;
    const columns = fields.map((field: { name?: unknown; type?: unknown }) => [field.name, field.type] as const);
    return columns.every((pair): pair is readonly [string, string] => pair.every((part) => typeof part === "string"))
      ? new Map(columns)
      : undefined;
  } catch {
    return undefined;
  }
}

const table: Kind = {
  type: "gcp:bigquery/table:Table",
  collection: tables,
  defaults: () => ({ deletionProtection: true }),
  replaces: ["datasetId", "tableId", "project", "timePartitioning.field", "rangePartitioning"],
  // A column can be added in place; one that is taken out or changes its type makes another table.
  replacesAlso: (old, next) => {
    const [before, after] = [old, next].map((inputs) => columnsOf(inputs.at("schema").string ?? ""));
    if (before === undefined || after === undefined) return [];
    return [...before].every(([name, type]) => after.get(name) === type) ? [] : ["schema"];
  },
  check: (inputs, report) => {
    checkName(inputs, report, "tableId", nameRule);
    checkLabels(inputs, report);
    checkChoice(inputs, report, "timePartitioning.type", ["HOUR", "DAY", "MONTH", "YEAR"]);
    if (inputs.at("clusterings").items.length > 4) report("clusterings", "a table is clustered by up to 4 columns");
    const schema = inputs.at("schema").string;
    if (schema === undefined) return;
    const columns = columnsOf(schema);
    if (columns === undefined) {
      report("schema", "not a JSON list of columns with name and type");
      return;
    }
    const partition = inputs.at("timePartitioning.field").string;
    for (const [property, column] of [
      ["timePartitioning.field", partition],
      ...inputs.at("clusterings").strings.map((name) => ["clusterings", name]),
    ])
      if (column !== undefined && !columns.has(column))
        report(property!, `no column "${column}": there are ${[...columns.keys()].join(", ")}`);
    if (
      partition !== undefined &&
      columns.has(partition) &&
      !/^(DATE|TIMESTAMP|DATETIME)$/.test(columns.get(partition)!)
    )
      report(
        "timePartitioning.field",
        `"${partition}" is a ${columns.get(partition)}, not a DATE, TIMESTAMP or DATETIME`,
      );
  },
  id: (draft) =>
    `${datasetId(draft.inputs.at("datasetId").string ?? "", draft)}/tables/${draft.inputs.at("tableId").string}`,
  taken: (_, id) =>
    googleError(
      409,
      `Already Exists: Table ${id.replace(/^projects\/([^/]+)\/datasets\/([^/]+)\/tables\//, "$1:$2.")}`,
      "duplicate",
    ),
  verify: async (draft, cloud) => {
    const own = datasetId(draft.inputs.at("datasetId").string ?? "", draft);
    await existing(cloud, datasets, own, () => noDataset(own));
  },
  fallbacks: ({ inputs, place }) => ({ project: projectOf(inputs, place), deletionPolicy: "DELETE" }),
  computed: (resource) => ({
    creationTime: Date.parse(resource.created),
    lastModifiedTime: Date.parse(resource.updated),
    etag: etagOf(resource),
    numBytes: 0,
    numLongTermBytes: 0,
    numRows: 0,
    type: "TABLE",
    selfLink: `https://bigquery.googleapis.com/bigquery/v2/${resource.id}`,
  }),
  release: async ({ id, state }) => {
    if (new View(state).at("deletionProtection").boolean === true)
      throw new Refusal(
        400,
        `cannot destroy table ${shortName(id)} without setting deletion_protection=false and running \`pulumi up\``,
      );
  },
};

const datasetMember = iamMember({
  type: "gcp:bigquery/datasetIamMember:DatasetIamMember",
  collection: "gcp/bigquery/datasetIamMembers",
  property: "datasetId",
  target: (draft) => datasetId(draft.inputs.at("datasetId").string ?? "", draft),
  exists: async (target, _, cloud) => void (await existing(cloud, datasets, target, () => noDataset(target))),
  outputs: ({ inputs, place }) => ({ project: projectOf(inputs, place) }),
});

export const bigqueryKinds: readonly Kind[] = [
  encrypted(dataset, "bigquery", (inputs) => [
    {
      property: "defaultEncryptionConfiguration.kmsKeyName",
      key: inputs.at("defaultEncryptionConfiguration.kmsKeyName").string,
      location: inputs.at("location").string?.toLowerCase(),
    },
  ]),
  table,
  datasetMember,
];
