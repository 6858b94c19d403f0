// Tickets as GitHub issues, through the REST API of version 2022-11-28 (github/rest-api-description: issues/list-for-repo,
// issues/create, issues/update, issues/create-comment).
//
// A ticket is found again by its label and by a mark in its text that GitHub does not show: `<!-- tutti:<key> -->`. GitHub
// drops labels without a word where the token may not set them: that is an error here, for such a ticket would be opened
// again at every run.
import { type HttpOptions, type HttpRequest, ServiceError, send } from "./http.ts";
import type { OpenTicket, TicketSystem } from "./ticketSystem.ts";

export interface GithubAccess {
  readonly api: string;
  /** `owner/name` */
  readonly repository: string;
  readonly label: string;
  readonly token: string;
}

interface Issue {
  readonly number: number;
  readonly body?: string | null;
  readonly labels?: readonly (string | { readonly name?: string })[];
  /** Pull requests are issues too. */
  readonly pull_request?: unknown;
}

const perPage = 100;
/** Issues with our label that are looked through: more are not ours. */
const mostPages = 20;

export function createGithubIssues(access: GithubAccess, userAgent: string, options: HttpOptions): TicketSystem {
  const { api, repository, label, token } = access;
  const ask = async <T>(method: HttpRequest["method"], path: string, body?: object): Promise<T> => {
    const text = await send(
      {
        method,
        url: `${api.replace(/\/$/, "")}/repos/${repository}/issues${path}`,
        headers: {
          accept: "application/vnd.github+json",
          authorization: `Bearer ${token}`,
          "user-agent": userAgent,
          "x-github-api-version": "2022-11-28",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A second POST would be a second issue.
        repeatable: method !== "POST",
      },
      options,
    );
    return JSON.parse(text) as T;
  };
  const ticket = (number: number, key: string): OpenTicket => ({
    id: String(number),
    name: `${repository}#${number}`,
    key,
  });
  const comment = async ({ id }: OpenTicket, text: string): Promise<void> => {
    await ask("POST", `/${id}/comments`, { body: harmless(text) });
  };
  return {
    keyOf: (key) => key,
    async findOpen(prefix) {
      const found: OpenTicket[] = [];
      for (let page = 1; page <= mostPages; page++) {
        const query = new URLSearchParams({
          state: "open",
          labels: label,
          per_page: String(perPage),
          page: String(page),
        });
        const issues = await ask<readonly Issue[]>("GET", `?${query}`);
        for (const { number, body, pull_request } of issues) {
          const key = pull_request === undefined ? mark.exec(body ?? "")?.[1] : undefined;
          if (key?.startsWith(prefix)) found.push(ticket(number, key));
        }
        if (issues.length < perPage) break;
      }
      return found;
    },
    async open({ key, title, text }) {
      const { number, labels } = await ask<Issue>("POST", "", {
        title,
        body: `${harmless(text)}\n\n<!-- tutti:${key} -->`,
        labels: [label],
      });
      if (!labels?.some((one) => (typeof one === "string" ? one : one.name) === label))
        throw new ServiceError(
          `${repository}#${number} was opened without its label "${label}", so it will not be found again: give the token write access`,
        );
      return ticket(number, key);
    },
    comment,
    async close(one, text) {
      await comment(one, text);
      await ask("PATCH", `/${one.id}`, { state: "closed", state_reason: "completed" });
    },
  };
}

const mark = /<!-- tutti:(\S+) -->/;

/** Markdown that mentions nobody, and brings no mark of its own. */
function harmless(text: string): string {
  return text.replaceAll("@", "@\u200b").replaceAll("<!--", "&lt;!--");
}
