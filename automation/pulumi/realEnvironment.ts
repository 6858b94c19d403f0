// The environment variables of the official CLI for a real environment, by allow-list: what a cloud, a proxy or a locale
// needs, and nothing else of the driver's own.
import path from "node:path";
import type { Environment } from "../define.ts";
import { TuttiError } from "../errors.ts";
import { resolveReference } from "../workspace.ts";

const names = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "HOSTNAME",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
  "SSH_AUTH_SOCK",
  "KUBECONFIG",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "NODE_OPTIONS",
  "USE_GKE_GCLOUD_AUTH_PLUGIN",
  "CI",
  "GITHUB_ACTIONS",
]);
const prefixes = [
  "LC_",
  "XDG_",
  "PULUMI_",
  "GOOGLE_",
  "CLOUDSDK_",
  "GCLOUD_",
  "GCE_",
  "AWS_",
  "AZURE_",
  "ARM_",
  "ACTIONS_ID_TOKEN_",
  "VAULT_",
];
/** Ours to say, or meant for another program. */
const never = new Set(["PULUMI_BACKEND_URL", "PULUMI_STACK", "PULUMI_AUTOMATION_API", "PULUMI_DEBUG_COMMANDS"]);

/** The variable that keeps the CLI from installing plugins by itself. */
export const automaticInstalls = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION";

/** Whether a variable is handed on to a real environment. */
export function isHandedOn(name: string): boolean {
  return !never.has(name) && (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)));
}

/** Variables that environments of the workspace call their own: handed on to no other, whatever their names. */
export function ownedVariables(environments: Readonly<Record<string, Environment>>): ReadonlySet<string> {
  const references = Object.values(environments).flatMap(({ passphrase, variables }) => [
    passphrase,
    ...Object.values(variables),
  ]);
  return new Set(references.flatMap((one) => (typeof one === "object" ? [one.variable] : [])));
}

/** What a real environment is run with. */
export interface RealEnvironment {
  readonly backend: string;
  /** Values given to this environment that are secrets, whatever the names of their variables. */
  readonly secrets: readonly string[];
  readonly secretsProvider: string | undefined;
  /** Whether plugins may be installed: whoever runs tutti can forbid it, as to the CLI. */
  readonly mayInstall: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Resolves a real environment against the variables of whoever runs tutti.
 *
 * @throws TuttiError `usage` naming an env() variable that is not set.
 */
export function realEnvironment(
  name: string,
  environment: Environment,
  variables: Readonly<Record<string, string | undefined>>,
  owned: ReadonlySet<string> = new Set(),
): RealEnvironment {
  const resolve = (value: NonNullable<Environment["backend"]>, key: string): string => {
    const result = resolveReference(value, variables, `environment ${name}: ${key}`);
    if (result.ok) return result.value;
    throw new TuttiError("usage", `${result.error.where}: ${result.error.message}`);
  };
  if (environment.backend === undefined) {
    throw new TuttiError("workspace", `environment ${name} is real and has no backend`, {
      hint: 'give it one in stacks/workspace.ts: backend: env("STATE_URL")',
    });
  }
  const { backend, secretsProvider, passphrase } = environment;
  const url = resolve(backend, "backend");
  const kept = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isHandedOn(entry[0]) && !owned.has(entry[0]),
  );
  const own = Object.entries(environment.variables).map(([key, value]) => [key, resolve(value, `variable ${key}`)]);
  const env: Record<string, string> = {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(own),
    // Programs run with the Node that runs tutti, whichever one is first on the PATH.
    PATH: [path.dirname(process.execPath), variables["PATH"]].filter(Boolean).join(path.delimiter),
    PULUMI_BACKEND_URL: url,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  if (passphrase !== undefined) {
    // Alone: of the two, the CLI takes the file where it is given.
    delete env["PULUMI_CONFIG_PASSPHRASE_FILE"];
    env["PULUMI_CONFIG_PASSPHRASE"] = resolve(passphrase, "passphrase");
  }
  return {
    backend: url,
    secretsProvider: secretsProvider === undefined ? undefined : resolve(secretsProvider, "secretsProvider"),
    mayInstall: !/^(?:1|true)$/i.test(variables[automaticInstalls] ?? ""),
    secrets: passphrase === undefined ? [] : [env["PULUMI_CONFIG_PASSPHRASE"]!],
    env,
  };
}
