// Quantities of Kubernetes: which texts are ones, and how large they are, so that requests and limits can be compared before
// an API server refuses them (kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity).

const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** CPUs or bytes of `250m`, `1.5`, `512Mi`; undefined when it is no quantity, or not more than zero. */
export function quantity(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = factors[unit];
  if (digits === undefined || factor === undefined) return undefined;
  const value = Number(digits) * factor;
  return value > 0 ? value : undefined;
}
