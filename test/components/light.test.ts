// Programs start fast because components import single resources: the index of a cloud SDK would load its whole catalogue, and its
// types alone cost the compiler seconds. Measured on import of a network program: 226 modules against 384 for the index.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = ["components", "stacks"].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join(folder, file)),
);
const importsOf = (file: string) =>
  [...readFileSync(path.join(root, file), "utf8").matchAll(/^(?:import|export)\b[^"']*?from "([^"]+)";$/gms)].map(
    ([, specifier = ""]) => specifier,
  );

it("imports of cloud SDKs name one file each", () => {
  const cloud = sources.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => /^@pulumi\/(?!pulumi)/.test(specifier))
      .map((specifier) => `${file}: ${specifier}`),
  );
  expect(cloud.length).toBeGreaterThan(20);
  expect(
    cloud.filter(
      (line) => !/@pulumi\/[a-z]+\/(?:[A-Za-z0-9]+\/)*[A-Za-z0-9]+\.js$/.test(line) || line.endsWith("/index.js"),
    ),
  ).toEqual([]);
});

it("components know nothing of tutti, and contracts nothing of Pulumi", () => {
  for (const file of sources) {
    const imports = importsOf(file);
    if (file.startsWith("components")) {
      expect(
        imports.filter((specifier) => !/^@pulumi\/|^\.{1,2}\/(?!.*(?:automation|stacks|engine)\/)/.test(specifier)),
      ).toEqual([]);
    }
    if (file.endsWith("contract.ts") || file.endsWith("workspace.ts")) {
      expect(imports.filter((specifier) => specifier.includes("@pulumi"))).toEqual([]);
    }
  }
});
