// `npm run bench [name...]`: runs the benchmarks and prints what they measured here and now. Ratios compare variants of
// the same run; nothing is compared with a number from elsewhere.
import { benchDriver } from "./driver.ts";
import { benchNoop } from "./noop.ts";
import { benchOfficial } from "./official.ts";
import { benchPlatform } from "./platform.ts";
import { benchState } from "./state.ts";

const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  driver: benchDriver,
  noop: benchNoop,
  official: benchOfficial,
  platform: benchPlatform,
  state: benchState,
};

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!(name in benchmarks)) {
    console.error(`no benchmark "${name}"; there are: ${Object.keys(benchmarks).join(", ")}`);
    process.exit(2);
  }
}
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`# ${name}`);
  await run();
}
