import { chmod, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { deleteResource, editResource, findResource, listResources } from "../../../engine/providers/sandbox/cloud.ts";
import { Secret } from "../../../engine/values.ts";
import { sentence, types, urn, World, withInstance, withNetwork } from "./world.ts";

it("lists every resource, by stack and URN", async () => {
  const world = await World.open();
  expect(await listResources(world.directory)).toEqual([]);
  expect(await listResources(join(world.directory, "nowhere"))).toEqual([]);
  await withNetwork(world);
  expect(await listResources(world.directory)).toEqual([
    {
      stack: "network.local",
      urn: urn(types.network, "main"),
      type: types.network,
      name: "main",
      id: "projects/sandbox/global/networks/main",
    },
    {
      stack: "network.local",
      urn: urn(types.subnetwork, "nodes"),
      type: types.subnetwork,
      name: "nodes",
      id: "projects/sandbox/regions/europe-west1/subnetworks/nodes",
    },
  ]);
});

it("finds one by URN, id, physical or logical name, and says what else it could be", async () => {
  const world = await World.open();
  await world.create(types.network, "first", { name: "one" });
  await world.create(types.topic, "first", { name: "two" });
  const { id } = await findResource(world.directory, "one");
  expect(id).toBe("projects/sandbox/global/networks/one");
  for (const way of [id, urn(types.network, "first")]) expect((await findResource(world.directory, way)).id).toBe(id);
  expect(await sentence(findResource(world.directory, "first"))).toBe(
    `"first" means 2 resources of the sandbox cloud; give the URN of one:\n  ${urn(types.network, "first")}\n  ${urn(types.topic, "first")}`,
  );
  expect(await sentence(findResource(world.directory, "ome"))).toBe(
    'no resource "ome" in the sandbox cloud, which holds 2; did you mean "one"?',
  );
  expect(await sentence(findResource(world.directory, "one", "data.local"))).toBe(
    'no resource "one" in the sandbox cloud of data.local, which holds 0',
  );
});

it("shows properties with secrets masked", async () => {
  const world = await World.open();
  await withInstance(world);
  await world.create(types.user, "u", { name: "u", instance: "db", password: new Secret("hunter2") });
  const details = await findResource(world.directory, urn(types.user, "u"));
  expect(details.properties).toMatchObject({ name: "u", password: "[secret]" });
  expect(JSON.stringify(details)).not.toContain("hunter2");
});

it("edits by path, in the type that the property has", async () => {
  const world = await World.open();
  await withInstance(world);
  const edit = (path: string, value: unknown) => editResource(world.directory, "db", path, value);
  expect(await edit("settings.tier", "db-g1-small")).toMatchObject({ old: "db-f1-micro", new: "db-g1-small" });
  expect(await edit("settings.diskSize", "20")).toMatchObject({ new: 20 });
  expect(await edit("settings.diskAutoresize", "false")).toMatchObject({ old: true, new: false });
  expect(await edit("settings.userLabels.team", "42")).toMatchObject({ old: undefined, new: "42" });
  expect(await edit("settings.databaseFlags[0]", '{"name":"a","value":"b"}')).toMatchObject({
    new: { name: "a", value: "b" },
  });
  expect(await edit("settings.databaseFlags[0].value", "7")).toMatchObject({ old: "b", new: "7" });
  expect(await edit("settings.databaseFlags[0]", "null")).toMatchObject({ new: undefined });
  expect(await edit("connectionName", "x")).toMatchObject({ new: "x" });
  expect(await sentence(edit("settings.teir", "x"))).toBe('settings has no property "teir"; did you mean "tier"?');
  expect(await sentence(edit("settings.diskSize", "big"))).toBe('settings.diskSize is a number, not "big"');
  expect(await sentence(edit("settings.databaseFlags[5]", "{}"))).toBe("the list has 0 elements, there is no [5]");
  expect(await sentence(edit("settings..tier", "x"))).toContain("is not a property path");
  expect((await findResource(world.directory, "db")).edited).toEqual([
    "connectionName",
    "settings.databaseFlags[0]",
    "settings.databaseFlags[0].value",
    "settings.diskAutoresize",
    "settings.diskSize",
    "settings.tier",
    "settings.userLabels.team",
  ]);
});

it("refuses to edit what no cloud lets change", async () => {
  const world = await World.open();
  await withInstance(world);
  expect(await sentence(editResource(world.directory, "db", "region", "us-east1"))).toBe(
    'the cloud does not let region of "db" change while it lives; delete the resource instead, or edit another property',
  );
  expect((await findResource(world.directory, "db")).edited).toEqual([]);
});

it("keeps a secret secret when it is edited", async () => {
  const world = await World.open();
  await withInstance(world);
  const user = await world.create(types.user, "u", { name: "u", instance: "db", password: new Secret("hunter2") });
  expect(await editResource(world.directory, user, "password", "changed-hunter3")).toMatchObject({
    old: "[secret]",
    new: "[secret]",
  });
  expect(await world.files()).not.toContain("hunter3");
  expect((await world.read(user))?.inputs["password"]).toEqual(new Secret("changed-hunter3"));
});

it("deletes behind Pulumi's back", async () => {
  const world = await World.open();
  const { network } = await withNetwork(world);
  expect(await deleteResource(world.directory, urn(types.network, "main"))).toMatchObject({ id: network.id });
  expect(await world.read(network)).toBeUndefined();
});

it("keeps files and folders to their owner, and leaves no temporary file", async () => {
  const world = await World.open();
  await chmod(world.directory, 0o700);
  await withInstance(world);
  await editResource(world.directory, "db", "settings.tier", "db-g1-small");
  const entries = await readdir(world.directory, { recursive: true, withFileTypes: true });
  expect(entries.length).toBeGreaterThan(6);
  for (const entry of entries) {
    const { mode } = await stat(join(entry.parentPath, entry.name));
    expect([entry.name, (mode & 0o777).toString(8)]).toEqual([entry.name, entry.isDirectory() ? "700" : "600"]);
    expect(entry.name).not.toMatch(/\.tmp$/);
  }
});
