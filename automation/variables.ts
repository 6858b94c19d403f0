// What a few well-known environment variables say. Pure.

export type Variables = Readonly<Record<string, string | undefined>>;

/** Whether a CI service runs us. `CI=false` says no. */
export function isCi(variables: Variables): boolean {
  const ci = variables["CI"];
  return ci !== undefined && ci !== "" && ci !== "0" && ci !== "false";
}
