// Orders in daily parts of two years, read by the analysts.
import { Dataset } from "../../../components/gcp/dataset.ts";

const sales = new Dataset("sales", {
  location: "EU",
  description: "What was sold",
  tables: {
    orders: {
      columns: {
        at: { type: "TIMESTAMP", required: true },
        customer: { type: "STRING", required: true },
        cents: { type: "INT64", required: true, description: "Price, tax included" },
      },
      partition: { column: "at", keepDays: 730 },
      clusterBy: ["customer"],
    },
  },
  access: { analysts: { member: "group:analysts@example.com", may: "read" } },
  labels: { team: "billing" },
});

export const orders = sales.tables.orders;
