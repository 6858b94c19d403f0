// How a deployment fails. Whatever else is thrown below it is reported as a diagnostic, with the resource's URN where
// there is one.

/** The deployment cannot go on, and a diagnostic has already said why. */
export class Bail extends Error {
  override readonly name = "Bail";
}

/**
 * What a program's open requests end with when the deployment stops before answering them: a step failed, the user
 * interrupted. The monitor turns it into gRPC's UNAVAILABLE, which the SDK takes as the end and not as an error to show.
 */
export class DeploymentStopped extends Error {
  override readonly name = "DeploymentStopped";
  constructor() {
    super("resource monitor shut down while waiting on step's done channel");
  }
}

/** A protected resource would have been deleted. Nothing was tried, so the other deletions go on. */
export class DeleteProtected extends Error {
  override readonly name = "DeleteProtected";
  constructor(urn: string) {
    super(
      `resource "${urn}" cannot be deleted\n` +
        "because it is protected. To unprotect the resource, " +
        "either remove the `protect` flag from the resource in your Pulumi " +
        "program and run `pulumi up`, or use the command:\n" +
        `\`pulumi state unprotect '${urn}'\``,
    );
  }
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
