// checks: every check is made, and all that is wrong is said at once.
import { task } from "../../automation/task.ts";
import { checkCertificate } from "./certificate.ts";
import { checks } from "./contract.ts";
import type { Endpoint, Finding } from "./endpoint.ts";
import { checkHeaders } from "./headers.ts";
import { checkPorts } from "./ports.ts";
import { checkVersions } from "./versions.ts";

export default task(checks, async ({ settings, needs: { edge }, log, signal }) => {
  const url = new URL(settings.path, edge.url);
  const endpoint: Endpoint = {
    url,
    host: url.hostname,
    port: url.port === "" ? 443 : Number(url.port),
    ca: settings.ca === "" ? undefined : settings.ca,
    signal,
  };
  const found: Finding[] = (
    await Promise.all([
      checkVersions(endpoint, settings.tls),
      checkCertificate(endpoint, settings.daysLeft, new Date()),
      checkHeaders(endpoint, settings.headers),
      checkPorts(endpoint, settings.closedPorts),
    ])
  ).flat();
  signal.throwIfAborted();
  for (const { good, text } of found) (good ? log : log.warn)(text);
  const bad = found.filter(({ good }) => !good);
  if (bad.length > 0) throw new Error(`${url.host}: ${bad.map(({ text }) => text).join("; ")}`);
  return { passed: found.map(({ text }) => text) };
});
