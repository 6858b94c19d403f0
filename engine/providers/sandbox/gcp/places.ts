// Regions and zones of Google Cloud, and who a sandbox's project is. The lists are as of 2026 and *unverified* against the
// API; a region that is missing here is refused in the sandbox only.
import type { Place, Report } from "../kind.ts";
import { numericId } from "../names.ts";
import { didYouMean } from "../suggest.ts";
import type { View } from "../view.ts";

export const defaultProject = "sandbox";
export const defaultRegion = "europe-west1";

const regionNames = [
  ..."africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-south2".split(
    " ",
  ),
  ..."asia-southeast1 asia-southeast2 australia-southeast1 australia-southeast2 europe-central2 europe-north1".split(
    " ",
  ),
  ..."europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4 europe-west6 europe-west8".split(
    " ",
  ),
  ..."europe-west9 europe-west10 europe-west12 me-central1 me-central2 me-west1 northamerica-northeast1".split(" "),
  ..."northamerica-northeast2 northamerica-south1 southamerica-east1 southamerica-west1 us-central1 us-east1 us-east4".split(
    " ",
  ),
  ..."us-east5 us-south1 us-west1 us-west2 us-west3 us-west4".split(" "),
];
/** Regions whose zones are not a, b, c. */
const oddZones: Readonly<Record<string, string>> = { "europe-west1": "bcd", "us-east1": "bcd", "us-central1": "abcf" };

export const regions: ReadonlySet<string> = new Set(regionNames);

export function zonesOf(region: string): string[] {
  return regions.has(region) ? [...(oddZones[region] ?? "abc")].map((letter) => `${region}-${letter}`) : [];
}

export function isZone(name: string): boolean {
  return zonesOf(name.replace(/-[a-z]$/, "")).includes(name);
}

/** The region that a region or zone lies in. */
export function regionOf(location: string): string {
  return regions.has(location) ? location : location.replace(/-[a-z]$/, "");
}

/** Reports an unknown region at a property. */
export function checkRegion(inputs: View, report: Report, property = "region"): void {
  const region = inputs.at(property).string;
  if (region !== undefined && !regions.has(region))
    report(property, `no region "${region}"${didYouMean(region, regions)}`);
}

/** Reports what is neither a region nor a zone. */
export function checkLocation(inputs: View, report: Report, property = "location"): void {
  const location = inputs.at(property).string;
  if (location !== undefined && !regions.has(location) && !isZone(location)) {
    report(
      property,
      `no region or zone "${location}"${didYouMean(location, [...regions, ...[...regions].flatMap(zonesOf)])}`,
    );
  }
}

/** The number that a project has beside its id. */
export function projectNumber(project: string): string {
  return numericId(`project ${project}`).slice(0, 12);
}

/** `projects/<project>` of a resource. */
export function projectOf(inputs: View, place: Place): string {
  return inputs.at("project").string?.replace(/^projects\//, "") ?? place.project;
}

export function regionIn(inputs: View, place: Place): string {
  const region = inputs.at("region").string;
  return region === undefined ? place.region : region.slice(region.lastIndexOf("/") + 1);
}
