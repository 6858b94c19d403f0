// What variables of the environment say.

/** Whether a flag or a variable says yes, as Go reads it. */
export function isTrue(value: string | undefined): boolean {
  return value === "1" || value?.toLowerCase() === "true";
}
