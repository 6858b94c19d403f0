// Runs one operation for the command line: opens the workspace, says what is about to happen, asks where it must, shows the
// run, forwards interrupts, writes reports, and turns the end into an exit code.
//
// 1. Data goes to standard output (the run, or with --json its report alone), talk to standard error.
// 2. What changes something asks once, for the whole, on a terminal; anywhere else it needs --yes.
// 3. The terminal is left as it was, whatever happens.
import { availableParallelism } from "node:os";
import path from "node:path";
import { TuttiError } from "../errors.ts";
import type { Operation } from "../events.ts";
import { open, type Report, type Run, type RunOptions, type Tutti } from "../index.ts";
import type { Plan } from "../plan.ts";
import { type Redaction, redactJson, redactText } from "../redaction.ts";
import { isCi } from "../variables.ts";
import { createPalette, type Palette, wantsColor } from "../views/color.ts";
import type { Timings } from "../views/forecast.ts";
import { asciiSigns, showsUnicode } from "../views/unicode.ts";
import type { View } from "../views/view.ts";
import { plural } from "../views/words.ts";
import { parseStackId } from "../workspace.ts";
import type { Globals, Session } from "./command.ts";
import { cancelOnInterrupts } from "./interrupts.ts";
import { isOutputKind, type OutputKind, outputKinds, runOptions } from "./options.ts";
import { parseReportFiles, prepareReportFiles, writeReportFiles } from "./reportFiles.ts";

type Arguments = Globals &
  Parameters<typeof runOptions>[0] & {
    readonly report?: readonly string[] | undefined;
    readonly dryRun: boolean;
    readonly yes?: boolean | undefined;
    /** `preview`: in a throw-away sandbox. */
    readonly rehearse?: boolean | undefined;
  };

/** Runs an operation as the command line asks for it; finishes the session with its exit code. */
export function runOperation(operation: Operation, args: Arguments, session: Session): Promise<void> {
  return run(args, session, (tutti, options) => ({
    operation,
    options,
    plan: tutti.plan(operation, options),
    start: (more) => tutti[operation]({ ...options, ...more }),
  }));
}

/** Goes on with a run that broke off, as `runOperation`. */
export function runResume(
  args: Omit<Arguments, "all" | "filters"> & { readonly run?: string | undefined },
  session: Session,
): Promise<void> {
  return run({ ...args, all: false }, session, (tutti, given) => {
    const { runId, operation, select, done } = tutti.resumable(args.run);
    const options = { ...given, select };
    session.world.stderr.write(
      `going on with run ${runId}: ${operation}, ${done.size} of ${plural(select.length, "stack")} done\n`,
    );
    return {
      operation,
      options,
      plan: tutti.plan(operation, options),
      start: (more) => tutti.resume(runId, { ...given, ...more }),
    };
  });
}

interface Work {
  readonly operation: Operation;
  readonly options: RunOptions;
  readonly plan: Plan;
  readonly start: (more: Pick<RunOptions, "preview">) => Run;
}

type WorkOf = (tutti: Tutti, options: RunOptions) => Work;

async function run(args: Arguments, session: Session, workOf: WorkOf): Promise<void> {
  const directory = path.resolve(session.world.cwd, args.cwd);
  const tutti = await open(directory, { variables: session.world.variables });
  if (args.rehearse !== true) return runIn(tutti, args, session, workOf);
  // Whoever asks for a rehearsal of prod wants to see prod whole: what it needs elsewhere does not exist in this sandbox yet.
  const { openRehearsal } = await import("../rehearse.ts");
  const rehearsal = await openRehearsal(tutti.workspace, { directory, runsIn: path.join(tutti.root, ".tutti") });
  try {
    await runIn(rehearsal.tutti, { ...args, withDependencies: args.withDependencies ?? "all" }, session, workOf);
  } finally {
    await rehearsal.close();
  }
}

async function runIn(tutti: Tutti, args: Arguments, session: Session, workOf: WorkOf): Promise<void> {
  const { world } = session;
  const reports = parseReportFiles(args.report, path.resolve(world.cwd, args.cwd));
  const show = chooseOutput(args, session);
  const { operation, options, plan, start } = workOf(tutti, {
    ...runOptions(args, session, availableParallelism()),
    tell: (text) => world.stderr.write(`${text}\n`),
  });
  if (args.dryRun) {
    world.stdout.write(show.kind === "json" ? `${JSON.stringify(dryRun(plan), null, 2)}\n` : dryRunText(plan));
    return session.finish(0);
  }
  await prepareReportFiles(reports);
  banner(tutti, plan, session, show.errors);
  if (environmentsOf(plan).some((name) => tutti.workspace.environments[name]?.cloud === "real")) {
    // Before anybody is asked anything.
    const [{ locateOfficial }, { automation }] = await Promise.all([
      import("../pulumi/official.ts"),
      import("../pulumi/automation.ts"),
    ]);
    await locateOfficial(world.variables, path.join(tutti.root, ".tutti"), automation);
  }
  const asks = operation === "up" || operation === "destroy" || operation === "refresh";
  let preview: Report | undefined;
  if (asks && args.yes !== true && plan.steps.length > 0) {
    if (!mayAsk(args, session)) {
      throw new TuttiError("usage", `${operation} changes things, and there is nobody to ask`, {
        hint: `add --yes to run it without being asked; tutti preview shows what up would do`,
      });
    }
    const answer = await confirm(operation, tutti, plan, options, session, show);
    if (answer.type === "stop") return session.finish(answer.exitCode);
    preview = answer.preview;
  }
  const started = start(preview === undefined ? {} : { preview });
  const report = await watch(
    started,
    show.view(started.redaction, () => tutti.timings(operation)),
    session,
  );
  await writeReportFiles(reports, { report, state: started.state, tutti, redaction: started.redaction });
  for (const line of await (await import("./stale.ts")).staleAfter(report, tutti)) world.stderr.write(`${line}\n`);
  session.finish(report.exitCode);
  // What was killed inside of this process, an engine that did not listen, would keep it alive.
  if (report.cancelled?.level === 3) world.exit(report.exitCode);
}

interface Show {
  readonly kind: OutputKind;
  readonly errors: Palette;
  /** A fresh view; every run has its own. Writes no secret that is known by then; asks how long stacks took last time. */
  view(redaction: Redaction, timings: () => Timings): Promise<View>;
}

/** The one place where the view is chosen. @throws TuttiError `usage`. */
function chooseOutput(args: Globals, { world }: Session): Show {
  const { stdout, stderr, variables } = world;
  const asked = args.json ? "json" : args.output;
  if (asked !== "auto" && !isOutputKind(asked)) {
    throw new TuttiError("usage", `no output of kind "${asked}"`, {
      hint: `there are: auto, ${outputKinds.join(", ")}`,
    });
  }
  const dumb = variables["TERM"] === "dumb";
  const auto = stdout.isTerminal && !isCi(variables) && !dumb ? "live" : "grouped";
  // A table is redrawn with what only a terminal understands.
  const kind = asked === "auto" || (asked === "live" && (!stdout.isTerminal || dumb)) ? auto : asked;
  const palette = createPalette(wantsColor({ variables, isTerminal: stdout.isTerminal, option: args.color }));
  const errors = createPalette(wantsColor({ variables, isTerminal: stderr.isTerminal, option: args.color }));
  const unicode = showsUnicode(variables);
  const shown = (text: string): string => (stdout.isTerminal && !unicode ? asciiSigns(text) : text);
  const detailed = "detailedExitcode" in args && args.detailedExitcode === true;
  return {
    kind,
    errors,
    async view(redaction, timings) {
      const write = (text: string): void => stdout.write(redactText(shown(text), redaction));
      const writeJson = (text: string, indent?: number): void => stdout.write(redactJson(text, redaction, indent));
      switch (kind) {
        case "json": {
          const { createJsonView } = await import("../views/json.ts");
          return createJsonView({ write: (text) => writeJson(text, 2), detailed });
        }
        case "ndjson":
          return (await import("../views/ndjson.ts")).createNdjsonView({ write: writeJson });
        case "lines":
          return (await import("../views/lines.ts")).createLinesView({ write });
        case "grouped":
        case "stream": {
          const [{ createGroupedView }, { createStreamView }, { foldOf }] = await Promise.all([
            import("../views/grouped.ts"),
            import("../views/stream.ts"),
            import("../views/ci.ts"),
          ]);
          const fold = foldOf(variables);
          const options = { write, palette, ...(fold === undefined ? {} : { fold }) };
          return kind === "grouped" ? createGroupedView(options) : createStreamView(options);
        }
        case "live": {
          const { createLiveView } = await import("../views/live.ts");
          return createLiveView({
            screen: { ...stdout, write },
            palette,
            unicode,
            now: world.now,
            every: world.every,
            timings: timings(),
            secondScreen: variables["TERM"] !== "linux",
          });
        }
        case "quiet":
          return (await import("../views/quiet.ts")).createQuietView({
            write: (text) => stderr.write(redactText(text, redaction)),
            palette: errors,
          });
      }
    },
  };
}

/** Says on standard error which environments are not real; every run of a sandbox opens with it. */
function banner(tutti: Tutti, plan: Plan, { world }: Session, palette: Palette): void {
  const names = environmentsOf(plan);
  const sandboxes = names.filter((name) => tutti.workspace.environments[name]?.cloud === "sandbox");
  if (sandboxes.length === 0) return;
  const which = sandboxes.length === names.length ? "" : ` (${sandboxes.join(", ")})`;
  world.stderr.write(`${palette.cyan(`sandbox: nothing real is changed${which}`)}\n`);
}

function environmentsOf(plan: Plan): readonly string[] {
  return [...new Set(plan.steps.map(({ stack }) => parseStackId(stack)!.environment))].sort();
}

function mayAsk(args: Globals, { world }: Session): boolean {
  return world.canAsk && !args.nonInteractive && !args.json && args.output !== "json" && !isCi(world.variables);
}

type Answer =
  | { readonly type: "go"; readonly preview: Report | undefined }
  | { readonly type: "stop"; readonly exitCode: number };

/** Shows what would happen and asks once. */
async function confirm(
  operation: Operation,
  tutti: Tutti,
  plan: Plan,
  options: RunOptions,
  session: Session,
  show: Show,
): Promise<Answer> {
  const { world } = session;
  let preview: Report | undefined;
  if (operation === "up") {
    const previewed = tutti.preview({ ...options, detailed: false });
    preview = await watch(
      previewed,
      show.view(previewed.redaction, () => tutti.timings("preview")),
      session,
    );
    if (preview.exitCode !== 0) return { type: "stop", exitCode: preview.exitCode };
    if (preview.stacks.every(({ status }) => status === "unchanged" || status === "skipped")) {
      world.stderr.write("nothing to change\n");
      return { type: "stop", exitCode: 0 };
    }
  } else world.stderr.write(dryRunText(plan));
  const count = plural(plan.steps.length, "stack");
  const where = environmentsOf(plan).join(", ");
  const answer = await world.ask(`${operation} ${count} in ${where}? [y/N] `);
  if (answer !== undefined && /^y(es)?$/i.test(answer.trim())) return { type: "go", preview };
  world.stderr.write("nothing was changed\n");
  return { type: "stop", exitCode: answer === undefined ? 8 : 0 };
}

/** Shows a run to its end; interrupts ask it to stop: once, twice, three times harder each. */
async function watch(run: Run, opening: Promise<View>, { world }: Session): Promise<Report> {
  const view = await opening;
  const stop = cancelOnInterrupts(run, world, (code) => {
    view.close();
    world.exit(code);
  });
  try {
    for await (const event of run) view.show(event, run.state);
    return await run.result();
  } finally {
    stop();
    view.close();
  }
}

function dryRun(plan: Plan): unknown {
  return { schemaVersion: 1, operation: plan.operation, steps: plan.steps };
}

function dryRunText(plan: Plan): string {
  const width = Math.max(0, ...plan.steps.map(({ stack }) => stack.length));
  return plan.steps
    .map(({ stack, waitsFor, reason }) => {
      const after = waitsFor.length === 0 ? "" : `  after ${waitsFor.join(", ")}`;
      return `${plan.operation} ${stack.padEnd(width)}  ${reason}${after}\n`;
    })
    .join("");
}
