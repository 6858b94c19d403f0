// What an invoke waits for, held by hand.
import { expect, it } from "vitest";
import { MadeResources } from "../../../engine/deployment/madeResources.ts";
import { unknownId } from "../../../engine/deployment/resource.ts";
import type { Registered } from "../../../engine/deployment/source.ts";

const answer = (urn: string, id: string, result: Registered["result"] = "success"): Registered => ({
  ...{ urn, id, result, outputs: {}, stable: false, stables: [], propertyDependencies: {} },
});
const register = (made: MadeResources, urn: string, id: string, parent = "", result?: Registered["result"]) =>
  made.follow({ parent, custom: true }, Promise.resolve(answer(urn, id, result)));
const component = (made: MadeResources, urn: string, parent = "") =>
  made.follow({ parent, custom: false }, Promise.resolve(answer(urn, "")));

it("tells a resource that is there from one that a preview would create, one that failed, and one nobody knows", async () => {
  const made = new MadeResources();
  await register(made, "there", "id");
  await register(made, "planned", "");
  await register(made, "failed", "id", "", "failed");
  await register(made, "read", unknownId);
  const are = (...urns: string[]) => made.areThere(urns);
  expect(await are()).toBe(true);
  expect(await are("there", "nobody's")).toBe(true);
  for (const urn of ["planned", "failed", "read"]) expect(await are("there", urn)).toBe(false);
});

it("looks through components, and not through what a custom resource is the parent of", async () => {
  const made = new MadeResources();
  await component(made, "group");
  await component(made, "inner", "group");
  await register(made, "leaf", "id", "inner");
  await register(made, "below", "", "leaf");
  expect(await made.areThere(["group"])).toBe(true);
  await register(made, "other", "", "inner");
  expect(await made.areThere(["group"])).toBe(false);
});

it("waits for what is being registered below a component, and for nothing else", async () => {
  const made = new MadeResources();
  await component(made, "group");
  const [child, stranger] = [Promise.withResolvers<Registered>(), Promise.withResolvers<Registered>()];
  const registering = made.follow({ parent: "group", custom: true }, child.promise);
  const elsewhere = made.follow({ parent: "", custom: true }, stranger.promise);
  let asked: boolean | undefined;
  const asking = made.areThere(["group"]).then((are) => {
    asked = are;
  });
  await Promise.resolve();
  expect(asked).toBeUndefined();
  child.resolve(answer("child", "id"));
  await Promise.all([registering, asking]);
  expect(asked).toBe(true);
  // One that cannot be registered is not waited for any longer either.
  const refused = made.follow({ parent: "group", custom: true }, Promise.reject(new Error("no")));
  const again = made.areThere(["group"]);
  await expect(refused).rejects.toThrow("no");
  expect(await again).toBe(true);
  stranger.resolve(answer("stranger", ""));
  await elsewhere;
});
