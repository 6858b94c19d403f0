// Ends programs whose driver has died, also those that are too busy to notice (guard.mjs needs an event loop that turns).
// One small shell for this process, in a session of its own, reads from a pipe which process groups live; when the pipe
// closes, because this process has ended however it ended, it kills those that are left.
import { type ChildProcess, spawn } from "node:child_process";

/** `+ 12` begins to watch process group 12, `- 12` ends it. POSIX shell; starts no other process. */
const script = `live=" "
while read -r sign group; do
  case $sign in
    +) live="$live$group " ;;
    -) case $live in *" $group "*) live="\${live%% $group *} \${live#* $group }" ;; esac ;;
  esac
done
for group in $live; do kill -9 "-$group"; done`;

let watchdog: ChildProcess | undefined;

/** Has a process group killed when this process ends before it. Returns how to stop that, once the group has ended. */
export function watchOver(group: number): () => void {
  watchdog ??= start();
  const { stdin } = watchdog;
  stdin?.write(`+ ${group}\n`);
  return () => void stdin?.write(`- ${group}\n`);
}

function start(): ChildProcess {
  const child = spawn("/bin/sh", ["-c", script], {
    // Nothing of ours: it needs no variable, and holds no folder.
    cwd: "/",
    env: {},
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without a shell the guard in each child is what there is.
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.unref();
  (child.stdin as typeof child.stdin & { unref?(): void }).unref?.();
  return child;
}
