// What a ticket system must be able to do, and how tickets are kept in step with a run through that alone.
import type { TicketDraft, TicketWork } from "../hooks.ts";

/** A ticket that is open. */
export interface OpenTicket {
  /** The system's own handle. */
  readonly id: string;
  /** What people call it: `acme/platform#12`, `INC0010001`. */
  readonly name: string;
  readonly key: string;
}

export interface TicketSystem {
  /** A key as the system can keep it; it begins with what keyOf makes of its prefix. */
  keyOf(key: string): string;
  /** Every open ticket whose key begins so. */
  findOpen(prefix: string): Promise<readonly OpenTicket[]>;
  open(draft: TicketDraft): Promise<OpenTicket>;
  comment(ticket: OpenTicket, text: string): Promise<void>;
  close(ticket: OpenTicket, text: string): Promise<void>;
}

/** So many tickets of one run, and no more: what fails a hundred times has one cause. */
const mostOpened = 20;

/**
 * Opens, adds to and closes tickets; gives what was done, in words. Asks nothing when there is nothing to do.
 *
 * @throws ServiceError of the first request that was not taken; what was done before stays.
 */
export async function keepTickets(
  system: TicketSystem,
  { troubles, well }: TicketWork,
  prefix: string,
): Promise<string> {
  if (troubles.length === 0 && well.length === 0) return "nothing to do";
  const open = new Map<string, OpenTicket>();
  for (const ticket of await system.findOpen(system.keyOf(prefix)))
    if (!open.has(ticket.key)) open.set(ticket.key, ticket);
  const done: string[] = [];
  let opened = 0;
  let left = 0;
  for (const draft of troubles) {
    const ticket = open.get(system.keyOf(draft.key));
    if (ticket !== undefined) {
      await system.comment(ticket, draft.text);
      done.push(`updated ${ticket.name}`);
    } else if (opened < mostOpened) {
      opened++;
      done.push(`opened ${(await system.open(draft)).name}`);
    } else left++;
  }
  for (const { key, text } of well) {
    const ticket = open.get(system.keyOf(key));
    if (ticket === undefined) continue;
    await system.close(ticket, text);
    done.push(`closed ${ticket.name}`);
  }
  if (left > 0) done.push(`opened no ticket for ${left} more stacks`);
  return done.length === 0 ? "nothing to do" : done.join(", ");
}
