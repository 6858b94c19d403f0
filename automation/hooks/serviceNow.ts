// Tickets as ServiceNow incidents, through the Table API (/api/now/table/incident; ServiceNow's REST API reference, "Table
// API": GET with sysparm_query, POST answers 201, PATCH 200, every value is a text).
//
// A ticket is found again by `correlation_id`, of 100 characters at most (*unverified*: the column's length in a base
// instance). State 6 is Resolved, 7 Closed and 8 Canceled in a base instance, and resolving takes close_code and close_notes
// (a data policy of the base instance, *unverified* for yours): the instance's own process closes what is resolved.
import { createHash } from "node:crypto";
import { type HttpOptions, type HttpRequest, send } from "./http.ts";
import type { TicketSystem } from "./ticketSystem.ts";

export interface ServiceNowAccess {
  /** `https://acme.service-now.com` */
  readonly instance: string;
  readonly user: string;
  readonly password: string;
  readonly assignmentGroup: string | undefined;
  readonly closeCode: string;
}

interface Incident {
  readonly sys_id: string;
  readonly number: string;
  readonly correlation_id: string;
  readonly correlation_display: string;
}

const longestId = 100;
const fields = "sys_id,number,correlation_id,correlation_display";
/** Open tickets of one project that are looked through. */
const mostTickets = 1000;

export function createServiceNow(access: ServiceNowAccess, userAgent: string, options: HttpOptions): TicketSystem {
  const { instance, user, password, assignmentGroup, closeCode } = access;
  const ask = async <T>(method: HttpRequest["method"], path: string, query: object, body?: object): Promise<T> => {
    const text = await send(
      {
        method,
        url: `${instance.replace(/\/$/, "")}/api/now/table/incident${path}?${new URLSearchParams({ ...query })}`,
        headers: {
          accept: "application/json",
          authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
          "user-agent": userAgent,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A second POST would be a second incident; of a journal field (work_notes) a second PATCH a second note.
        repeatable: method === "GET",
      },
      options,
    );
    return (JSON.parse(text) as { readonly result: T }).result;
  };
  const asked = { sysparm_fields: fields, sysparm_exclude_reference_link: "true" };
  return {
    keyOf: shortened,
    async findOpen(prefix) {
      const found = await ask<readonly Incident[]>("GET", "", {
        ...asked,
        sysparm_query: `correlation_idSTARTSWITH${prefix}^stateNOT IN6,7,8`,
        sysparm_limit: String(mostTickets),
      });
      return found.map(({ sys_id, number, correlation_id }) => ({ id: sys_id, name: number, key: correlation_id }));
    },
    async open({ key, title, text }) {
      const { sys_id, number, correlation_id } = await ask<Incident>("POST", "", asked, {
        short_description: title.slice(0, 160),
        description: text.slice(0, 4000),
        correlation_id: shortened(key),
        correlation_display: "tutti",
        ...(assignmentGroup === undefined ? {} : { assignment_group: assignmentGroup }),
      });
      return { id: sys_id, name: number, key: correlation_id };
    },
    async comment({ id }, text) {
      await ask("PATCH", `/${id}`, asked, { work_notes: text.slice(0, 4000) });
    },
    async close({ id }, text) {
      await ask("PATCH", `/${id}`, asked, { state: "6", close_code: closeCode, close_notes: text.slice(0, 1000) });
    },
  };
}

/** A key that fits: the project in it is cut, and what follows becomes a digest where the whole is too long. */
export function shortened(key: string): string {
  const [tutti = "", project = "", ...rest] = key.split("/");
  const prefix = `${tutti}/${project.slice(0, 40)}/`;
  const whole = `${prefix}${rest.join("/")}`;
  if (whole.length <= longestId) return whole;
  return `${prefix}${createHash("sha256").update(key).digest("hex").slice(0, 40)}`;
}
