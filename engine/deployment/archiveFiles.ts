// Reads the files in an archive file (tar, gzipped tar, zip), and writes the headers of a tar stream as Go's archive/tar does
// for a regular file with name, size and mode only. Pure, on bytes.
import { posix } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";

export type ArchiveMember = readonly [name: string, contents: Buffer];

export const BLOCK = 512;

/** The kinds of archive files, by the end of their names. */
export const ARCHIVE_EXTENSIONS = [".tar", ".tgz", ".tar.gz", ".zip", ".jar"];

export function isArchiveFile(file: string): boolean {
  return ARCHIVE_EXTENSIONS.some((extension) => file.endsWith(extension));
}

/** The files, in the archive's order; folders are left out. @throws Error naming the file when it cannot be read. */
export function archiveMembers(file: string, bytes: Buffer): readonly ArchiveMember[] {
  try {
    if (/\.(zip|jar)$/.test(file)) return zipMembers(bytes);
    return tarMembers(file.endsWith(".tar") ? bytes : gunzipSync(bytes));
  } catch (error) {
    throw new Error(`the archive file "${file}" cannot be read: ${(error as Error).message}`);
  }
}

function tarMembers(bytes: Buffer): readonly ArchiveMember[] {
  const members: ArchiveMember[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const header = bytes.subarray(at, at + BLOCK);
    const text = (from: number, length: number) => header.toString("utf8", from, from + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12).trim() || "0", 8);
    if (!(size >= 0) || at + BLOCK + size > bytes.length) throw new Error("it is no tar file, or cut off");
    const contents = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const prefix = text(257, 5) === "ustar" ? text(345, 155) : "";
    const name = longName ?? (prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`);
    const type = String.fromCharCode(header[156]!);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "x") longName = paxPath(contents) ?? longName;
    else if (type === "L") longName = contents.toString("utf8").replace(/\0.*$/s, "");
    else if (type === "g" || type === "K") continue;
    else {
      longName = undefined;
      if (type === "5" || name.endsWith("/")) continue;
      if (type !== "0" && type !== "\0" && type !== "7") throw new Error(`"${name}" is neither a file nor a folder`);
      members.push([name, contents]);
    }
  }
  return members;
}

/** `<length> path=<value>\n` among the records, whose length counts bytes. */
function paxPath(records: Buffer): string | undefined {
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(" ", at);
    const length = Number(records.toString("latin1", at, space));
    if (!(length > 0)) return undefined;
    const record = records.toString("utf8", space + 1, at + length - 1);
    if (record.startsWith("path=")) return record.slice("path=".length);
    at += length;
  }
  return undefined;
}

const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;

function zipMembers(bytes: Buffer): readonly ArchiveMember[] {
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error("it is no zip file");
  const count = bytes.readUInt16LE(end + 10);
  if (count === 0xffff) throw new Error("it is a zip file of more than 65,534 files");
  const members: ArchiveMember[] = [];
  for (let index = 0, at = bytes.readUInt32LE(end + 16); index < count; index++) {
    if (bytes.readUInt32LE(at) !== ENTRY) throw new Error("its directory is broken");
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength!);
    const [method, packed, local] = [
      bytes.readUInt16LE(at + 10),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt32LE(at + 42),
    ];
    at += 46 + nameLength! + extra! + comment!;
    if (name.endsWith("/")) continue;
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + packed);
    if (method !== 0 && method !== 8) throw new Error(`"${name}" is packed by an unknown method (${method})`);
    members.push([name, method === 0 ? data : inflateRawSync(data)]);
  }
  return members;
}

/** What stands before a file's contents in a tar stream. Names that do not fit stand in a header of their own before (PAX). */
export function tarHeader(name: string, size: number): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what is ASCII is what is tested
  const split = /^[\x01-\x7f]*$/.test(name) ? splitName(name) : undefined;
  if (split) return header({ name: split.name, prefix: split.prefix, size, mode: 0o600, type: "0", devices: true });
  if (name.includes("\0")) throw new Error(`the archive member ${JSON.stringify(name)} holds a zero byte`);
  const records = Buffer.from(paxRecord("path", name));
  const slash = name.lastIndexOf("/") + 1;
  const paxName = posix.join(name.slice(0, slash), "PaxHeaders.0", name.slice(slash));
  const own = ascii(name).slice(0, 100);
  return Buffer.concat([
    header({
      name: ascii(paxName).slice(0, 100).replace(/\/+$/, ""),
      prefix: "",
      size: records.length,
      mode: 0,
      type: "x",
      devices: false,
    }),
    padded(records),
    header({
      name: ascii(name).length > 100 && own.endsWith("/") ? own.replace(/\/+$/, "") : own,
      ...{ prefix: "", size, mode: 0o600, type: "0", devices: true },
    }),
  ]);
}

/** The contents, and zero bytes to the end of the block. */
export function padded(contents: Buffer): Buffer {
  return Buffer.concat([contents, Buffer.alloc((BLOCK - (contents.length % BLOCK)) % BLOCK)]);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what is no ASCII is taken out
const ascii = (text: string): string => text.replace(/[^\x01-\x7f]/gu, "");

/** The length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(key) + Buffer.byteLength(value) + 3;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

interface Header {
  readonly name: string;
  readonly prefix: string;
  readonly size: number;
  readonly mode: number;
  readonly type: string;
  /** Whether device numbers are written, as zero. */
  readonly devices: boolean;
}

function header({ name, prefix, size, mode, type, devices }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, "latin1");
  block.write(`${mode.toString(8).padStart(7, "0")}\0`, 100);
  block.write("0000000\0", 108); // uid
  block.write("0000000\0", 116); // gid
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("00000000000\0", 136); // time
  block.write("        ", 148); // the checksum counts itself as spaces
  block.write(type, 156);
  block.write("ustar\x0000", 257);
  if (devices) for (const at of [329, 337]) block.write("0000000\0", at);
  block.write(prefix, 345, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** Long names go in two fields, divided at the last slash that lets both fit. */
function splitName(name: string): { readonly prefix: string; readonly name: string } | undefined {
  if (name.length <= 100) return { prefix: "", name };
  const at = name.lastIndexOf("/", Math.min(155, name.length - 2));
  const fits = name.length <= 256 && at > 0 && name.length - at - 1 <= 100;
  return fits ? { prefix: name.slice(0, at), name: name.slice(at + 1) } : undefined;
}
