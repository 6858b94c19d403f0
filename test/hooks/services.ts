// Local stand-ins for GitHub's issues and ServiceNow's incidents that take what the published schemas allow and nothing else:
// an unknown field or query parameter, a wrong type, a missing header or wrong credentials is refused, as is a change of what
// is not there.
//
// GitHub: github/rest-api-description, operations issues/list-for-repo, issues/create, issues/update, issues/create-comment
// (as published in @octokit/openapi-types 29.0.1). ServiceNow: REST API reference, "Table API"; columns of `incident` in a
// base instance as its integrations document them. Real instances pass over unknown columns; here they are refused.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}
export interface Service {
  readonly url: string;
  /** `METHOD /path` of everything asked, with the status it got. */
  readonly log: string[];
  /** Answers to give instead of the service's own, one request each; `hang` never answers, `drop` breaks the connection. */
  readonly instead: (Answer | "hang" | "drop" | undefined)[];
  close(): Promise<void>;
}

export async function serve(answer: (asked: Asked) => Answer): Promise<Service> {
  const log: string[] = [];
  const instead: Service["instead"] = [];
  const server: Server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url!, "http://localhost");
      const planned = instead.shift();
      const line = `${request.method} ${pathname}`;
      if (planned === "hang") return void log.push(`${line} hang`);
      if (planned === "drop") {
        log.push(`${line} drop`);
        return void request.socket.destroy();
      }
      const { status, body, headers } =
        planned ??
        answer({ method: request.method!, path: pathname, query: searchParams, headers: request.headers, text });
      log.push(`${line} ${status}`);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    instead,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function parsed<T>(schema: z.ZodType<T>, text: string): { readonly value: T } | { readonly wrong: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { wrong: "Problems parsing JSON" };
  }
  const result = schema.safeParse(json);
  return result.success ? { value: result.data } : { wrong: `Validation Failed: ${result.error.issues[0]!.message}` };
}

// ---- GitHub ---------------------------------------------------------------------------------------------------------

export interface FakeIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly { readonly name: string }[];
  readonly comments: string[];
  state: "open" | "closed";
  state_reason?: string | null;
  readonly pull_request?: object;
}

const created = z.strictObject({
  title: z.union([z.string(), z.number()]),
  body: z.string().optional(),
  assignee: z.string().nullable().optional(),
  milestone: z.union([z.string(), z.number()]).nullable().optional(),
  labels: z.array(z.union([z.string(), z.strictObject({ name: z.string() })])).optional(),
  assignees: z.array(z.string()).optional(),
  type: z.string().nullable().optional(),
});
const updated = z.strictObject({
  title: z.union([z.string(), z.number()]).nullable().optional(),
  body: z.string().nullable().optional(),
  state: z.enum(["open", "closed"]).optional(),
  state_reason: z.enum(["completed", "not_planned", "duplicate", "reopened"]).nullable().optional(),
  labels: z.array(z.string()).optional(),
});
const commented = z.strictObject({ body: z.string().min(1) });
const listed = z.strictObject({
  milestone: z.string().optional(),
  state: z.enum(["open", "closed", "all"]).default("open"),
  assignee: z.string().optional(),
  creator: z.string().optional(),
  labels: z.string().optional(),
  sort: z.enum(["created", "updated", "comments"]).optional(),
  direction: z.enum(["asc", "desc"]).optional(),
  since: z.string().optional(),
  per_page: z.string().regex(/^\d+$/).default("30"),
  page: z.string().regex(/^\d+$/).default("1"),
});

export async function fakeGithub(
  token: string,
  repository: string,
): Promise<Service & { readonly issues: FakeIssue[]; readonly rights: { push: boolean } }> {
  const issues: FakeIssue[] = [];
  const state = { push: true };
  const service = await serve(({ method, path, query, headers, text }): Answer => {
    const refuse = (status: number, message: string): Answer => ({ status, body: { message } });
    if (!headers["user-agent"]) return refuse(403, "Request forbidden by administrative rules");
    if (headers.authorization !== `Bearer ${token}`) return refuse(401, "Bad credentials");
    if (headers.accept !== "application/vnd.github+json") return refuse(415, "Unsupported 'Accept' header");
    if (headers["x-github-api-version"] !== "2022-11-28") return refuse(400, "unsupported API version");
    if (method !== "GET" && headers["content-type"] !== "application/json")
      return refuse(415, "Unsupported Media Type");
    const [, owner, number, comments] =
      /^\/repos\/([\w.-]+\/[\w.-]+)\/issues(?:\/(\d+)(\/comments)?)?$/.exec(path) ?? [];
    if (owner !== repository) return refuse(404, "Not Found");
    const issue = issues.find((one) => String(one.number) === number);
    if (number !== undefined && issue === undefined) return refuse(404, "Not Found");
    if (method === "GET" && number === undefined) {
      const asked = listed.safeParse(Object.fromEntries(query));
      if (!asked.success) return refuse(422, "Validation Failed");
      const { state: wanted, labels, per_page, page } = asked.data;
      const size = Math.min(100, Number(per_page));
      const found = issues.filter(
        (one) =>
          (wanted === "all" || one.state === wanted) &&
          (labels ?? "").split(",").every((label) => label === "" || one.labels.some(({ name }) => name === label)),
      );
      return { status: 200, body: found.slice((Number(page) - 1) * size, Number(page) * size) };
    }
    if (method === "POST" && number === undefined) {
      const body = parsed(created, text);
      if ("wrong" in body) return refuse(422, body.wrong);
      const { title, body: words = "", labels = [] } = body.value;
      // Labels are dropped without a word where the token may not push.
      const names = state.push ? labels.map((label) => ({ name: typeof label === "string" ? label : label.name })) : [];
      const one: FakeIssue = {
        number: issues.length + 1,
        title: String(title),
        body: words,
        labels: names,
        comments: [],
        state: "open",
      };
      issues.push(one);
      return { status: 201, body: one };
    }
    if (method === "POST" && comments !== undefined) {
      const body = parsed(commented, text);
      if ("wrong" in body) return refuse(422, body.wrong);
      issue!.comments.push(body.value.body);
      return { status: 201, body: { id: 1, body: body.value.body } };
    }
    if (method === "PATCH" && number !== undefined && comments === undefined) {
      const body = parsed(updated, text);
      if ("wrong" in body) return refuse(422, body.wrong);
      const { state: next, state_reason } = body.value;
      if (next !== undefined) Object.assign(issue!, { state: next, state_reason });
      return { status: 200, body: issue };
    }
    return refuse(404, "Not Found");
  });
  return Object.assign(service, { issues, rights: state });
}

// ---- ServiceNow -----------------------------------------------------------------------------------------------------

export interface FakeIncident {
  readonly sys_id: string;
  readonly number: string;
  short_description: string;
  description: string;
  correlation_id: string;
  correlation_display: string;
  assignment_group: string;
  state: string;
  close_code: string;
  close_notes: string;
  readonly notes: string[];
}

const text = z.string();
const incident = z.strictObject({
  short_description: text.max(160).optional(),
  description: text.max(4000).optional(),
  correlation_id: text.max(100).optional(),
  correlation_display: text.max(100).optional(),
  assignment_group: text.optional(),
  urgency: z.enum(["1", "2", "3"]).optional(),
  impact: z.enum(["1", "2", "3"]).optional(),
  state: z.enum(["1", "2", "3", "6", "7", "8"]).optional(),
  close_code: z
    .enum([
      "Duplicate",
      "Known error",
      "No resolution provided",
      "Resolved by caller",
      "Resolved by change",
      "Resolved by problem",
      "Resolved by request",
      "Solution provided",
      "User error",
      "Workaround provided",
    ])
    .optional(),
  close_notes: text.max(1000).optional(),
  work_notes: text.optional(),
  comments: text.optional(),
});
const parameters = new Set([
  "sysparm_query",
  "sysparm_fields",
  "sysparm_limit",
  "sysparm_offset",
  "sysparm_display_value",
  "sysparm_exclude_reference_link",
  "sysparm_input_display_value",
]);

export async function fakeServiceNow(
  user: string,
  password: string,
): Promise<Service & { readonly incidents: FakeIncident[] }> {
  const incidents: FakeIncident[] = [];
  const service = await serve(({ method, path, query, headers, text: sent }): Answer => {
    const refuse = (status: number, message: string): Answer => ({
      status,
      body: { error: { message, detail: null }, status: "failure" },
    });
    if (headers.authorization !== `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`)
      return { ...refuse(401, "User Not Authenticated"), headers: { "www-authenticate": 'BASIC realm="Service-now"' } };
    if (headers.accept !== "application/json") return refuse(406, "Unsupported response format");
    if (method !== "GET" && headers["content-type"] !== "application/json")
      return refuse(415, "Unsupported media type");
    for (const name of query.keys()) if (!parameters.has(name)) return refuse(400, `Invalid parameter ${name}`);
    const [whole, id] = /^\/api\/now\/table\/incident(?:\/([0-9a-f]{32}))?$/.exec(path) ?? [];
    if (whole === undefined) return refuse(400, "Invalid table or path");
    const shown = (one: FakeIncident): object => {
      const wanted = query.get("sysparm_fields")?.split(",");
      const { notes: _, ...columns } = one;
      return Object.fromEntries(
        Object.entries(columns).filter(([name]) => wanted === undefined || wanted.includes(name)),
      );
    };
    if (method === "GET" && id === undefined) {
      let found = incidents;
      for (const term of (query.get("sysparm_query") ?? "").split("^")) {
        const [, column, operator, value = ""] = /^([a-z_]+)(STARTSWITH|NOT IN|=)(.*)$/.exec(term) ?? [];
        if (column === undefined) return refuse(400, `Invalid query ${term}`);
        const of = (one: FakeIncident): string => String(one[column as keyof FakeIncident] ?? "");
        found = found.filter((one) =>
          operator === "STARTSWITH"
            ? of(one).startsWith(value)
            : operator === "="
              ? of(one) === value
              : !value.split(",").includes(of(one)),
        );
      }
      return { status: 200, body: { result: found.slice(0, Number(query.get("sysparm_limit") ?? 10_000)).map(shown) } };
    }
    const body = parsed(incident, sent);
    if ("wrong" in body) return refuse(400, body.wrong);
    const { work_notes, comments: _comments, urgency: _urgency, impact: _impact, ...columns } = body.value;
    if (method === "POST" && id === undefined) {
      const empty = {
        short_description: "",
        description: "",
        correlation_id: "",
        correlation_display: "",
        assignment_group: "",
        close_code: "",
        close_notes: "",
      };
      const at = incidents.length + 1;
      const one: FakeIncident = {
        ...empty,
        sys_id: at.toString(16).padStart(32, "0"),
        number: `INC${String(at).padStart(7, "0")}`,
        state: "1",
        ...columns,
        notes: [],
      };
      incidents.push(one);
      return { status: 201, body: { result: shown(one) } };
    }
    const one = incidents.find(({ sys_id }) => sys_id === id);
    if (method !== "PATCH" || one === undefined) return refuse(404, "No Record found");
    const next = { ...one, ...columns };
    if ((next.state === "6" || next.state === "7") && (next.close_code === "" || next.close_notes === ""))
      return refuse(403, "Data Policy Exception: close_code and close_notes are mandatory");
    Object.assign(one, columns);
    if (work_notes !== undefined) one.notes.push(work_notes);
    return { status: 200, body: { result: shown(one) } };
  });
  return Object.assign(service, { incidents });
}
