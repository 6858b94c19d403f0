// What the page calls and shows for each status: a word, a sign, and a tone that the style sheet colours. Never colour alone.
import type { ReportStatus } from "../../report.ts";

export type Tone = "good" | "calm" | "bad" | "warn" | "idle";

const looks: Readonly<Record<ReportStatus, readonly [sign: string, tone: Tone]>> = {
  succeeded: ["✓", "good"],
  unchanged: ["=", "calm"],
  skipped: ["○", "idle"],
  blocked: ["⊘", "warn"],
  failed: ["✕", "bad"],
  cancelled: ["■", "warn"],
  "timed-out": ["⌛", "bad"],
  "needs-recovery": ["!", "bad"],
  "awaiting-approval": ["?", "warn"],
  interrupted: ["!", "bad"],
  waiting: ["·", "idle"],
};

export function signOf(status: ReportStatus): string {
  return looks[status][0];
}

export function toneOf(status: ReportStatus): Tone {
  return looks[status][1];
}

/** The address of a stack within the page. */
export function anchorOf(stack: string): string {
  return `stack-${stack}`;
}
