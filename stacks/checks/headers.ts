// Whether an answer has the headers that it should, and not those that it should not.
import https from "node:https";
import { bad, connectMs, type Endpoint, type Finding, good, wordOf } from "./endpoint.ts";

/** `wanted`: names in any case, each with a regular expression; an empty one: the header must not be there. */
export async function checkHeaders(
  endpoint: Endpoint,
  wanted: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  let headers: Readonly<Record<string, string | string[] | undefined>>;
  try {
    headers = await headersOf(endpoint);
  } catch (error) {
    return [bad(`the headers cannot be checked: ${wordOf(error as Error)}`)];
  }
  return Object.entries(wanted).map(([name, pattern]) => {
    const value = headers[name.toLowerCase()]?.toString();
    if (pattern === "")
      return value === undefined
        ? good(`has no ${name}`)
        : bad(`has ${name}: ${value}, which tells strangers too much`);
    if (value === undefined) return bad(`has no ${name}`);
    return new RegExp(pattern, "i").test(value)
      ? good(`has ${name}: ${value}`)
      : bad(`has ${name}: ${value}, not ${pattern}`);
  });
}

function headersOf({ url, signal }: Endpoint): Promise<Readonly<Record<string, string | string[] | undefined>>> {
  return new Promise((resolve, reject) => {
    // What the certificate is worth is another check.
    const request = https.get(
      url,
      { signal, rejectUnauthorized: false, timeout: connectMs, agent: false },
      (response) => {
        response.destroy();
        resolve(response.headers);
      },
    );
    request.once("timeout", () => request.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    request.once("error", reject);
  });
}
