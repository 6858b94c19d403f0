// Domain names: whether a text is one, so that a wrong one is found before the cloud refuses it record by record.
import type { ArgumentCheck } from "./arguments.ts";

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const host = new RegExp(`^(?=.{3,253}$)(?:${label}\\.)+${label}$`);

/** `www.example.com`: lower case, two labels or more, no dot at the end. */
export function checkHost(check: ArgumentCheck, argument: string, value: string): void {
  check.matches(
    argument,
    value,
    host,
    'a domain such as "www.example.com", in lower case and without a dot at its end',
  );
}

/** Whether a host is a domain or lies below it. */
export function isBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
