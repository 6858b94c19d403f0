// Dataset: a BigQuery dataset with its tables, partitioned by day so that a query reads, and a table keeps, no more than it needs.
//
// What replaces a table, and so loses its rows unless it is protected: its name, `partition.column`, having parts or not, a column
// that is taken out or changes its type. Columns are added in place, at the end. What replaces the dataset: its name, `location`.
import { Dataset as BigQueryDataset } from "@pulumi/gcp/bigquery/dataset.js";
import { DatasetIamMember } from "@pulumi/gcp/bigquery/datasetIamMember.js";
import { Table } from "@pulumi/gcp/bigquery/table.js";
import { all, ComponentResource, type ComponentResourceOptions, type Input, type Output } from "@pulumi/pulumi";
import { ArgumentCheck } from "../arguments.ts";
import { bigQueryIdentifier, datasetName, kept, physicalName } from "../names.ts";
import { checkKey } from "./encryption.ts";
import { checkLabels, type Labels } from "./labels.ts";
import { checkAccess } from "./members.ts";
import { datasetRoles } from "./roles.ts";

const columnTypes = ["STRING", "INT64", "FLOAT64", "NUMERIC", "BOOL", "TIMESTAMP", "DATE", "JSON", "BYTES"] as const;
export type ColumnType = (typeof columnTypes)[number];

export interface ColumnArgs {
  /** What it holds, in the words of GoogleSQL. Changing it replaces the table. */
  readonly type: ColumnType;
  /** Whether every row must have a value; off by default. Can be turned off later, never on. */
  readonly required?: boolean;
  /** What it means, as people read it in the console; nothing by default. */
  readonly description?: string;
}

export interface TableArgs {
  /** Columns by name, in order; at least one. New ones come last and are not required. */
  readonly columns: Readonly<Record<string, ColumnArgs>>;
  /**
   * One part a day of this TIMESTAMP or DATE column; parts older than `keepDays` (1 to 36500) are deleted. No parts by default.
   * Adding or removing parts, or parting by another column, replaces the table.
   */
  readonly partition?: { readonly column: string; readonly keepDays?: number };
  /** Columns that rows of a part are sorted by, up to four: those that queries filter by. None by default. */
  readonly clusterBy?: readonly string[];
}

export interface DatasetArgs<Name extends string = string> {
  /** A region (`europe-west1`) or `EU`, `US`. Changing it replaces the dataset. */
  readonly location: string;
  /** What is in it, as people read it in the console; up to 1024 characters. */
  readonly description: string;
  /** Tables by name; at least one. */
  readonly tables: Readonly<Record<Name, TableArgs>>;
  /**
   * Key that encrypts tables made from then on (`KeyRing.keys[...]`, `services: ["bigquery"]`), where the dataset is; a key of Google's
   * by default. Tables that are there keep theirs when it changes.
   */
  readonly key?: Input<string>;
  /** Who may read or write, as IAM members; by name, to tell the grants apart. Nobody by default. */
  readonly access?: Readonly<
    Record<string, { readonly member: Input<string>; readonly may: keyof typeof datasetRoles }>
  >;
  /** Refuse to delete tables, in the provider; on by default. To delete a protected one, turn it off, update, and delete then. */
  readonly deletionProtection?: boolean;
  /** Labels of the dataset and its tables; none by default. */
  readonly labels?: Labels;
}

/** A dataset and its tables. */
export class Dataset<Name extends string = string> extends ComponentResource {
  /** Id of the dataset inside its project. */
  readonly dataset: Output<string>;
  /** Tables as other services name them: `<project>.<dataset>.<table>`; known once those with access have it. */
  readonly tables: Readonly<Record<Name, Output<string>>>;

  /** @throws RunError before anything is registered when an argument is wrong. */
  constructor(name: string, args: DatasetArgs<Name>, opts?: ComponentResourceOptions) {
    checkArguments(name, args);
    const { location, description, access = {}, deletionProtection = true, labels = {} } = args;

    super("tutti:gcp:Dataset", name, {}, opts);
    const parent = { parent: this };
    const dataset = new BigQueryDataset(
      name,
      {
        datasetId: physicalName(name).replaceAll("-", "_"),
        location,
        description,
        deleteContentsOnDestroy: !deletionProtection,
        ...(args.key !== undefined && { defaultEncryptionConfiguration: { kmsKeyName: args.key } }),
        labels,
      },
      { parent: this, ...kept("datasetId") },
    );
    const grants = Object.entries(access).map(
      ([who, { member, may }]) =>
        new DatasetIamMember(
          `${name}-${who}`,
          { project: dataset.project, datasetId: dataset.datasetId, role: datasetRoles[may], member },
          parent,
        ),
    );
    this.dataset = dataset.datasetId;
    this.tables = Object.fromEntries(
      Object.entries<TableArgs>(args.tables).map(([key, table]) => {
        const resource = new Table(
          `${name}-${key.replaceAll("_", "-")}`,
          {
            project: dataset.project,
            datasetId: dataset.datasetId,
            tableId: key,
            schema: schemaOf(table.columns),
            ...(table.partition !== undefined && {
              timePartitioning: {
                type: "DAY",
                field: table.partition.column,
                ...(table.partition.keepDays !== undefined && { expirationMs: table.partition.keepDays * 86_400_000 }),
              },
            }),
            ...(table.clusterBy !== undefined && { clusterings: [...table.clusterBy] }),
            deletionProtection,
            labels,
          },
          { parent: this, deleteBeforeReplace: true, dependsOn: grants },
        );
        return [key, all([resource.project, resource.datasetId, resource.tableId]).apply((parts) => parts.join("."))];
      }),
    ) as Record<Name, Output<string>>;
    this.registerOutputs({ dataset: this.dataset, tables: this.tables });
  }
}

/** Names of types as BigQuery gives them back, or every refresh would find a difference (its API knows both spellings). */
const legacy: Partial<Record<ColumnType, string>> = { INT64: "INTEGER", FLOAT64: "FLOAT", BOOL: "BOOLEAN" };

function schemaOf(columns: TableArgs["columns"]): string {
  return JSON.stringify(
    Object.entries(columns).map(([name, { type, required = false, description }]) => ({
      name,
      type: legacy[type] ?? type,
      mode: required ? "REQUIRED" : "NULLABLE",
      ...(description !== undefined && { description }),
    })),
  );
}

function checkArguments(name: string, args: DatasetArgs): void {
  const check = new ArgumentCheck("Dataset", name);
  check.childName("name", name, datasetName);
  check.matches(
    "location",
    args.location,
    /^(?:EU|US|[a-z]+-[a-z]+[1-9][0-9]*)$/,
    'a location such as "europe-west1" or "EU"',
  );
  check.matches("description", args.description, /^.{1,1024}$/s, "1 to 1024 characters");
  if (Object.keys(args.tables).length === 0) check.refuse("tables", {}, "at least one table");
  for (const [key, table] of Object.entries(args.tables)) {
    const at = `tables.${key}`;
    check.childName("tables", key, bigQueryIdentifier);
    const columns = Object.keys(table.columns);
    if (columns.length === 0) check.refuse(`${at}.columns`, {}, "at least one column");
    for (const [column, { type }] of Object.entries(table.columns)) {
      check.childName(`${at}.columns`, column, bigQueryIdentifier);
      check.oneOf(`${at}.columns.${column}.type`, type, columnTypes);
    }
    const { partition, clusterBy = [] } = table;
    if (partition !== undefined) {
      const dated = columns.filter((column) => ["TIMESTAMP", "DATE"].includes(table.columns[column]?.type ?? ""));
      if (!dated.includes(partition.column))
        check.refuse(
          `${at}.partition.column`,
          partition.column,
          `a TIMESTAMP or DATE column, there is ${dated.join(", ") || "none"}`,
        );
      if (partition.keepDays !== undefined)
        check.integer(`${at}.partition.keepDays`, partition.keepDays, { min: 1, max: 36_500, unit: "days" });
    }
    if (clusterBy.length > 4) check.refuse(`${at}.clusterBy`, clusterBy, "at most four columns");
    for (const [index, column] of clusterBy.entries()) check.oneOf(`${at}.clusterBy[${index}]`, column, columns);
  }
  checkKey(check, "key", args.key, args.location);
  checkAccess(check, "access", args.access, datasetRoles);
  checkLabels(check, args.labels ?? {});
  check.done();
}
