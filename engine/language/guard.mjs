// Preload of every child process: ends it, and all it started, when the process that started it dies.
//
// The starter holds the writing end of a pipe and never writes; the system closes it when the starter dies, however it
// dies. The reading end is the descriptor named in this file's own URL (`?fd=3&parent=<pid>`). In a process that the
// child forks itself, which inherits these arguments, that descriptor is something else: the parent's pid tells.
import net from "node:net";

const query = new URL(import.meta.url).searchParams;

if (process.ppid === Number(query.get("parent"))) {
  const end = () => {
    try {
      process.kill(-process.pid, "SIGKILL");
    } catch {
      process.exit(1);
    }
  };
  const pipe = new net.Socket({ fd: Number(query.get("fd")), readable: true, writable: false });
  pipe.on("close", end).on("error", end).resume().unref();
}
