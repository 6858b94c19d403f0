// Rotation on demand, end to end on the embedded engine: raising a number gives the database's user a new password, the secret a
// new version, and the application in another stack a new object to start from. No password is ever in plain text in a state.
import { afterAll, beforeAll, expect, it } from "vitest";
import { kubeconfig } from "./kubeconfig.ts";
import { type SandboxProject, type SandboxStack, sandboxProject } from "./sandboxStack.ts";

interface Recorded {
  readonly type: string;
  readonly id?: string;
  readonly urn: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}
interface Seen {
  /** As it lies in the backend. */
  readonly encrypted: string;
  /** The one resource of a type, secrets in plain text. */
  one(type: string): Recorded;
}

let project: SandboxProject;
let data: SandboxStack;
let web: SandboxStack;
beforeAll(async () => {
  project = await sandboxProject("test/components/rotation/program.ts");
  data = await project.stack("data");
  web = await project.stack("web", { "kubernetes:kubeconfig": kubeconfig });
}, 120_000);
afterAll(() => project.remove());

/** A secret as `--show-secrets` gives it: its JSON. */
const plain = (value: unknown): unknown => {
  const text = (value as { plaintext?: string } | undefined)?.plaintext;
  return text === undefined ? value : JSON.parse(text);
};
async function up(stack: SandboxStack): Promise<Seen> {
  await stack.run("up", "--yes", "--skip-preview");
  const encrypted = await stack.run("stack", "export");
  const shown = await stack.run("stack", "export", "--show-secrets");
  const { resources } = (JSON.parse(shown) as { deployment: { resources: readonly Recorded[] } }).deployment;
  return {
    encrypted,
    one(type) {
      const found = resources.filter((resource) => resource.type === type);
      if (found.length !== 1) throw new Error(`${found.length} of ${type}`);
      return found[0]!;
    },
  };
}

/** What the three who use the password hold of it. */
function passwords(of: { readonly data: Seen; readonly web: Seen }) {
  const version = of.data.one("gcp:secretmanager/secretVersion:SecretVersion");
  const secret = JSON.parse(plain(version.inputs["secretData"]) as string) as { password: string };
  const hidden = plain(of.web.one("kubernetes:core/v1:Secret").inputs["stringData"]) as { DATABASE_PASSWORD: unknown };
  return {
    user: plain(of.data.one("gcp:sql/user:User").inputs["password"]),
    secret: secret.password,
    application: plain(hidden.DATABASE_PASSWORD),
    version: version.id,
    object: of.web.one("kubernetes:core/v1:Secret").id,
    pods: JSON.stringify(of.web.one("kubernetes:apps/v1:Deployment").inputs["spec"]),
    instance: of.data.one("gcp:sql/databaseInstance:DatabaseInstance").id,
  };
}

it("gives a new password to everybody who uses it, and leaves the database alone", async () => {
  const first = { data: await up(data), web: await up(web) };
  const before = passwords(first);
  expect(before.user).toMatch(/^[\w-]{32}$/);
  expect([before.secret, before.application]).toEqual([before.user, before.user]);

  await data.run("config", "set", "rotation", "1", "--plaintext");
  const second = { data: await up(data), web: await up(web) };
  const after = passwords(second);
  expect(after.user).toMatch(/^[\w-]{32}$/);
  expect(after.user).not.toBe(before.user);
  expect([after.secret, after.application]).toEqual([after.user, after.user]);
  expect(after.instance).toBe(before.instance);
  // A new version of the secret, a new object in the cluster, and pods that start from it.
  expect(after.version).not.toBe(before.version);
  expect(after.object).not.toBe(before.object);
  expect(after.pods).toContain(after.object?.split("/")[1]);
  expect(after.pods).not.toContain(before.object?.split("/")[1]);

  for (const { encrypted } of [first.data, first.web, second.data, second.web])
    for (const password of [before.user, after.user]) expect(encrypted).not.toContain(password);
}, 120_000);
