// Labels of Kubernetes objects: checked before anything is registered, for the API server refuses them object by object.
import type { ArgumentCheck } from "../arguments.ts";

/** Labels of every child; keys and values as Kubernetes takes them. */
export type KubernetesLabels = Readonly<Record<string, string>>;

const key = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const value = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/** Rules: kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set. */
export function checkKubernetesLabels(check: ArgumentCheck, labels: KubernetesLabels): void {
  for (const [name, text] of Object.entries(labels)) {
    check.matches(
      "labels",
      name,
      key,
      "keys of 1 to 63 letters, digits, dots, dashes and underscores, with an optional DNS prefix",
    );
    check.matches(`labels.${name}`, text, value, "at most 63 letters, digits, dots, dashes and underscores");
  }
}
