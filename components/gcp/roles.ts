// The roles behind the words that components use for rights on single resources: always the least that the word needs
// (docs.cloud.google.com/iam/docs/roles-permissions).

export const bucketRoles = {
  /** Read and list objects. */
  read: "roles/storage.objectViewer",
  /** Read, write and delete objects, without touching the bucket. */
  write: "roles/storage.objectUser",
} as const;

export const topicRoles = { publish: "roles/pubsub.publisher" } as const;

export const subscriptionRoles = { pull: "roles/pubsub.subscriber" } as const;

export const secretRoles = {
  /** Read every version of the secret. */
  read: "roles/secretmanager.secretAccessor",
} as const;

export const registryRoles = {
  read: "roles/artifactregistry.reader",
  /** Push new images; not delete or overwrite others' rights. */
  write: "roles/artifactregistry.writer",
} as const;

export const datasetRoles = {
  read: "roles/bigquery.dataViewer",
  /** Read and write rows and tables of the dataset. */
  write: "roles/bigquery.dataEditor",
} as const;

export const keyRoles = {
  use: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
} as const;
