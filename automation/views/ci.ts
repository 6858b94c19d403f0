// How CI services mark lines that belong together, and what else they read from a log.
// Sources: GitHub "Workflow commands for GitHub Actions"; GitLab "Custom collapsible sections" (section names: letters,
// digits, dot, dash, underscore). The runner of GitHub takes a command also behind blanks (actions/runner: ActionCommand.cs).
import { stripVTControlCharacters } from "node:util";
import type { StackState } from "../runState.ts";

/** Lines that belong together. */
export interface Section {
  /** Unique in the log. */
  readonly name: string;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly beginMs: number;
  readonly endMs: number;
}

export interface Fold {
  open(section: Section): string;
  close(section: Section): string;
  /** A line of which the service takes nothing for a command: what a program printed must not steer the job. */
  harmless(line: string): string;
  /** A line that makes the service show a failure beside the source, where it can. */
  annotate?(stack: StackState): string | undefined;
}

/** GitHub's and GitLab's marks, by the variables these services set; undefined elsewhere. */
export function foldOf(variables: Readonly<Record<string, string | undefined>>): Fold | undefined {
  if (variables["GITHUB_ACTIONS"] === "true") return github;
  if (variables["GITLAB_CI"] === "true") return gitlab;
  return undefined;
}

const github: Fold = {
  open: ({ title }) => `::group::${data(stripVTControlCharacters(title))}`,
  close: () => "::endgroup::",
  harmless: (line) => line.replace(/^(\s*):(?=:)/, "$1:\u200b").replaceAll("##[", "# #["),
  annotate({ id, outcome }) {
    if (outcome === undefined || !("failure" in outcome)) return undefined;
    const { message, location } = outcome.failure;
    const place = /^(.+?):(\d+)(?::(\d+))?$/.exec(location ?? "");
    const properties = [
      ...(place === null ? [] : [`file=${property(place[1]!)}`, `line=${place[2]}`]),
      ...(place?.[3] === undefined ? [] : [`col=${place[3]}`]),
      `title=${property(`${id} ${outcome.type}`)}`,
    ];
    return `::error ${properties.join(",")}::${data(message)}`;
  },
};

const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

const gitlab: Fold = {
  open: ({ name, title, beginMs }) =>
    `\x1b[0Ksection_start:${seconds(beginMs)}:${sectionName(name)}[collapsed=true]\r\x1b[0K${title}`,
  close: ({ name, endMs }) => `\x1b[0Ksection_end:${seconds(endMs)}:${sectionName(name)}\r\x1b[0K`,
  harmless: (line) => line.replaceAll("section_start:", "section_start ").replaceAll("section_end:", "section_end "),
};

const seconds = (ms: number): number => Math.floor(ms / 1000);
const sectionName = (name: string): string => name.replace(/[^A-Za-z0-9_.-]/g, "_");
