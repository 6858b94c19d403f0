// The form of Google Cloud locations and project ids. Which ones exist is for the cloud to say: lists here would age.
import type { ArgumentCheck } from "../arguments.ts";

const region = /^[a-z]+-[a-z]+[1-9][0-9]*$/;
const zone = /^[a-z]+-[a-z]+[1-9][0-9]*-[a-z]$/;

/** `europe-west1`. */
export function checkRegion(check: ArgumentCheck, argument: string, value: string): void {
  check.matches(argument, value, region, 'a region such as "europe-west1"');
}

/** `europe-west1-b`, of the region when one is given. */
export function checkZone(check: ArgumentCheck, argument: string, value: string, of?: string): void {
  const expected = of === undefined ? 'a zone such as "europe-west1-b"' : `a zone of ${of} such as "${of}-b"`;
  if (of !== undefined && !value.startsWith(`${of}-`)) check.refuse(argument, value, expected);
  else check.matches(argument, value, zone, expected);
}
