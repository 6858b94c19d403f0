// Container images by name: only those that mean the same image tomorrow.
import type { Input } from "@pulumi/pulumi";
import type { ArgumentCheck } from "./arguments.ts";

/** `registry/path:tag` or `registry/path@sha256:...`; a port of the registry is no tag. */
const pinned = /^[^\s@]+(?::(?!latest$)[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/;

/** A tag other than `latest`, or a digest. What is not known yet is passed. */
export function checkImage(check: ArgumentCheck, argument: string, image: Input<string>): void {
  if (typeof image === "string" && (!pinned.test(image) || /:\d+\/[^:@]*$/.test(image)))
    check.refuse(argument, image, 'an image with a tag other than "latest", or with a digest');
}
