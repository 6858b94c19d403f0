// Measures work by the processor time it takes, which other processes on a busy machine do not add to.

/** Milliseconds of processor time this process takes for `work`, over all its threads. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
