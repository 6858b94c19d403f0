// Completes assets and archives with the hash of their contents, so that a change of a file behind an unchanged path is
// a change of the resource. The hash is Pulumi's: SHA-256 of an asset's bytes; of an archive file's bytes; and for a
// folder or a set of assets, of the tar stream that Go's archive/tar writes of it (names sorted, mode 0600, time 0).
//
// Relative paths start at the folder the program runs in. Refused by name: what would need a network (URIs other than
// `file:`), archive files inside a set of assets, and names that do not fit a plain ustar header.
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  Archive,
  Asset,
  isPropertyArray,
  isPropertyMap,
  OutputValue,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../values.ts";

const ARCHIVE_EXTENSIONS = [".tar", ".tgz", ".tar.gz", ".zip", ".jar"];
const BLOCK = 512;

/**
 * Returns the properties with every asset and archive hashed; hashes already there are kept.
 *
 * @throws Error naming the file that cannot be read, or the kind of contents that is refused.
 */
export async function hashAssets(properties: PropertyMap, workingDirectory: string): Promise<PropertyMap> {
  if (!hasAssets(properties)) return properties;
  const entries = Object.entries(properties).map(
    async ([key, value]) => [key, await hashValue(value, workingDirectory)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Most resources hold no asset; a look is much cheaper than a promise per value. */
function hasAssets(value: PropertyValue): boolean {
  if (value instanceof Asset || value instanceof Archive) return true;
  if (value instanceof Secret || value instanceof OutputValue) return hasAssets(value.element);
  if (isPropertyArray(value)) return value.some(hasAssets);
  return isPropertyMap(value) && Object.values(value).some(hasAssets);
}

async function hashValue(value: PropertyValue, directory: string): Promise<PropertyValue> {
  if (value instanceof Asset)
    return value.hash === "" ? new Asset(value.source, await assetHash(value, directory)) : value;
  if (value instanceof Archive) return hashArchive(value, directory);
  if (value instanceof Secret) return new Secret(await hashValue(value.element, directory));
  if (value instanceof OutputValue) {
    const element = await hashValue(value.element, directory);
    return new OutputValue(element, value.known, value.secret, value.dependencies);
  }
  if (isPropertyArray(value)) return Promise.all(value.map((item) => hashValue(item, directory)));
  return isPropertyMap(value) ? hashAssets(value, directory) : value;
}

/** The members of a set get hashes of their own too. */
async function hashArchive(archive: Archive, directory: string): Promise<Archive> {
  const hash = archive.hash === "" ? await archiveHash(archive, directory) : archive.hash;
  if (!("assets" in archive.source)) return new Archive(archive.source, hash);
  const assets = await hashAssets(archive.source.assets, directory);
  return new Archive({ assets: assets as Readonly<Record<string, Asset | Archive>> }, hash);
}

async function assetHash(asset: Asset, directory: string): Promise<string> {
  const hash = createHash("sha256");
  await feed(hash, await open(asset, directory));
  return hash.digest("hex");
}

async function archiveHash(archive: Archive, directory: string): Promise<string> {
  const hash = createHash("sha256");
  const file = "assets" in archive.source ? undefined : locate(archive.source, directory);
  if (file !== undefined && isArchiveFile(file)) {
    await feed(hash, { file });
    return hash.digest("hex");
  }
  const seen = new Set<string>();
  for await (const [name, contents] of members(archive, directory)) {
    if (seen.has(name)) continue;
    seen.add(name);
    const size = contents.text === undefined ? (await stat(contents.file)).size : contents.text.length;
    hash.update(tarHeader(name, size));
    await feed(hash, contents);
    hash.update(Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
  }
  return hash.update(Buffer.alloc(2 * BLOCK)).digest("hex");
}

type Contents = { readonly text: Buffer; readonly file?: never } | { readonly file: string; readonly text?: never };

async function* members(archive: Archive, directory: string): AsyncGenerator<[name: string, contents: Contents]> {
  if (!("assets" in archive.source)) {
    const folder = locate(archive.source, directory);
    if (isArchiveFile(folder)) {
      throw new Error(`the archive file "${folder}" inside another archive is not supported by the embedded engine`);
    }
    if (!(await stat(folder)).isDirectory()) {
      throw new Error(`"${folder}" is neither a folder nor an archive (${ARCHIVE_EXTENSIONS.join(", ")})`);
    }
    for await (const file of walk(folder)) yield [path.relative(folder, file).split(path.sep).join("/"), { file }];
    return;
  }
  for (const name of Object.keys(archive.source.assets).sort()) {
    const member = archive.source.assets[name] as Asset | Archive;
    if (member instanceof Asset) yield [name, await open(member, directory)];
    else
      for await (const [inner, contents] of members(member, directory)) yield [path.posix.join(name, inner), contents];
  }
}

/** Files of a folder, sorted by name within each folder; links to folders and `.pulumi` are left out. */
async function* walk(folder: string): AsyncGenerator<string> {
  for (const name of (await readdir(folder)).sort()) {
    const file = path.join(folder, name);
    if (name === ".pulumi") continue;
    if ((await lstat(file)).isDirectory()) yield* walk(file);
    else if (!(await stat(file)).isDirectory()) yield file;
  }
}

async function open(asset: Asset, directory: string): Promise<Contents> {
  if ("text" in asset.source) return { text: Buffer.from(asset.source.text, "utf8") };
  const file = locate(asset.source, directory);
  if ((await stat(file)).isDirectory()) throw new Error(`asset path "${file}" is a directory; try using an archive`);
  return { file };
}

function locate(source: { readonly path: string } | { readonly uri: string }, directory: string): string {
  if ("path" in source) return path.resolve(directory, source.path);
  if (source.uri.startsWith("file:")) return fileURLToPath(source.uri);
  throw new Error(
    `the remote asset or archive "${source.uri}" is not supported by the embedded engine; use a local path`,
  );
}

function isArchiveFile(file: string): boolean {
  return ARCHIVE_EXTENSIONS.some((extension) => file.endsWith(extension));
}

async function feed(hash: Hash, contents: Contents): Promise<void> {
  if (contents.text !== undefined) hash.update(contents.text);
  else for await (const chunk of createReadStream(contents.file)) hash.update(chunk as Buffer);
}

/** A ustar header as Go's archive/tar writes it for a regular file with name, size and mode only. */
function tarHeader(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, rest] = splitName(name);
  block.write(rest, 0, "latin1");
  block.write("0000600\0", 100);
  block.write("0000000\0", 108); // uid
  block.write("0000000\0", 116); // gid
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("00000000000\0", 136); // time
  block.write("        ", 148); // the checksum counts itself as spaces
  block.write("0", 156); // a regular file
  block.write("ustar\x0000", 257);
  block.write("0000000\0", 329); // device numbers
  block.write("0000000\0", 337);
  block.write(prefix, 345, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** Long names go in two fields, divided at the last slash that lets both fit. */
function splitName(name: string): [prefix: string, rest: string] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what is allowed is what is tested
  const ascii = /^[\x01-\x7f]*$/.test(name);
  if (ascii && name.length <= 100) return ["", name];
  const at = name.lastIndexOf("/", Math.min(155, name.length - 2));
  if (ascii && name.length <= 256 && at > 0 && name.length - at - 1 <= 100)
    return [name.slice(0, at), name.slice(at + 1)];
  throw new Error(
    `the archive member "${name}" is not supported by the embedded engine: its name is not plain ASCII of at most 100 bytes`,
  );
}
