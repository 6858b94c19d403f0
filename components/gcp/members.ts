// IAM members: whether a text names somebody, so that an address without its kind is found before the cloud refuses the grant.
import type { Input } from "@pulumi/pulumi";
import type { ArgumentCheck } from "../arguments.ts";

/** Kinds of members (docs.cloud.google.com/iam/docs/principal-identifiers). */
const somebody = /^(?:user|group|serviceAccount|domain|principal|principalSet):\S+$/;
const everybody = /^(?:allUsers|allAuthenticatedUsers)$/;

/**
 * `group:staff@example.com`, each by a name that tells the grants apart. Everybody on the internet (`allUsers`) is refused unless
 * `public` says that it may be meant. What is not known yet is passed.
 */
export function checkMembers(
  check: ArgumentCheck,
  argument: string,
  members: Readonly<Record<string, Input<string>>> = {},
  { public: mayBePublic = false }: { readonly public?: boolean } = {},
): void {
  const seen = new Map<unknown, string>();
  for (const [who, member] of Object.entries(members)) {
    // Two grants that are one in the cloud: taking one of them out would take both away.
    const same = seen.get(member);
    if (same !== undefined)
      check.refuse(`${argument}.${who}`, shownOf(member), `each member once, ${argument}.${same} is it already`);
    seen.set(member, who);
    if (typeof member !== "string" || somebody.test(member)) continue;
    if (everybody.test(member) && mayBePublic) continue;
    const form = 'a member such as "group:staff@example.com" or "serviceAccount:..."';
    check.refuse(`${argument}.${who}`, member, everybody.test(member) ? `${form}, not everybody` : form);
  }
}

/** The same for grants that say what the member may do. */
export function checkAccess(
  check: ArgumentCheck,
  argument: string,
  access: Readonly<Record<string, { readonly member: Input<string>; readonly may: string }>> = {},
  words: Readonly<Record<string, string>>,
): void {
  const seen = new Map<string, { who: string; member: Input<string> }[]>();
  for (const [who, { member, may }] of Object.entries(access)) {
    check.oneOf(`${argument}.${who}.may`, may, Object.keys(words));
    checkMembers(check, `${argument}.${who}`, { member });
    const others = seen.get(may) ?? [];
    const same = others.find((one) => one.member === member);
    if (same !== undefined)
      check.refuse(
        `${argument}.${who}.member`,
        shownOf(member),
        `each member once, ${argument}.${same.who} is it already`,
      );
    seen.set(may, [...others, { who, member }]);
  }
}

/** What is not known yet is not looked at, also when it is there twice. */
export function shownOf(input: Input<string>): string {
  return typeof input === "string" ? input : "an output";
}
