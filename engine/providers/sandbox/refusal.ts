// What the sandbox cloud answers when it will not do something: an HTTP status and a sentence like the real cloud's.
// Sentences in these tables follow the providers' and clouds' wording where it was known, and say what is wrong either way.

/** A request the cloud refuses. The provider adds which resource it was about. */
export class Refusal extends Error {
  /** HTTP status, e.g. 404. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }
}

/** A Google API error: `googleapi: Error 409: <message>, <reason>`. */
export function googleError(status: number, message: string, reason = reasons[status] ?? "invalid"): Refusal {
  return new Refusal(status, `googleapi: Error ${status}: ${message}, ${reason}`);
}

const reasons: Readonly<Record<number, string>> = {
  400: "invalid",
  404: "notFound",
  409: "alreadyExists",
  412: "conditionNotMet",
};

/** The compute API's 404 for something that a request names. */
export function notFound(id: string): Refusal {
  return googleError(404, `The resource '${id}' was not found`);
}

/** The compute API's refusal to delete what something else uses. */
export function inUse(kind: string, id: string, by: string): Refusal {
  return googleError(
    400,
    `The ${kind} resource '${id}' is already being used by '${by}'`,
    "resourceInUseByAnotherResource",
  );
}
