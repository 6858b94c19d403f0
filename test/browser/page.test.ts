// The report's page in a real browser that has no network: what is seen, what can be done with mouse and keyboard, in light and
// dark, for 4 stacks and for 1,000. Pictures go to TUTTI_PICTURES, if that names a folder.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Stamped } from "../../automation/events.ts";
import { parseJournal } from "../../automation/journal.ts";
import { makeReport } from "../../automation/report.ts";
import { foldRun } from "../../automation/runState.ts";
import { htmlReport } from "../../automation/views/html/page.ts";
import { findChromium, startChromium } from "./chromium.ts";
import { failureMessage, largeRun } from "./journals.ts";

const chromium = findChromium();
const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-page-"));
const pictures = process.env["TUTTI_PICTURES"];

function page(name: string, events: readonly Stamped[]): string {
  const state = foldRun(events);
  const file = path.join(folder, `${name}.html`);
  writeFileSync(
    file,
    htmlReport(state, makeReport(state), (stack) => `\x1b[31mlog\x1b[0m of ${stack}\n`.repeat(40)),
  );
  return pathToFileURL(file).href;
}
function recorded(name: string): readonly Stamped[] {
  return parseJournal(readFileSync(new URL(`../golden/journals/${name}.jsonl`, import.meta.url), "utf8")).events;
}

describe("the page in a browser", { timeout: 120_000 }, () => {
  let browser: Awaited<ReturnType<typeof startChromium>>;
  beforeAll(async () => {
    if (chromium !== undefined) browser = await startChromium(chromium, { width: 1280, height: 1000 });
  }, 120_000);
  beforeEach(({ skip }) => {
    skip(chromium === undefined, "there is no chromium on PATH (Debian: apt-get install chromium)");
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const picture = async (name: string): Promise<void> => {
    if (pictures !== undefined) writeFileSync(path.join(pictures, `${name}.png`), await browser.screenshot());
  };
  const count = (selector: string): Promise<number> =>
    browser.evaluate(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].filter((one) => one.checkVisibility()).length`,
    );
  const click = (selector: string): Promise<void> =>
    browser.evaluate(
      `document.querySelector(${JSON.stringify(selector)}).dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }))`,
    );
  const key = async (name: string, code = name): Promise<void> => {
    const text = name === "Enter" ? { text: "\r" } : {};
    const keyCode = { Enter: 13, Tab: 9 }[name] ?? 0;
    await browser.send("Input.dispatchKeyEvent", {
      type: "keyDown",
      key: name,
      code,
      windowsVirtualKeyCode: keyCode,
      ...text,
    });
    await browser.send("Input.dispatchKeyEvent", { type: "keyUp", key: name, code, windowsVirtualKeyCode: keyCode });
  };

  it.each(["light", "dark"])("can be read in %s", async (theme) => {
    await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
    await browser.open(page("platform-up", recorded("platform-up")));
    await picture(`platform-${theme}`);
    expect(await browser.evaluate("document.title")).toBe("tutti up of local · done");
    expect(await count(".graph .node")).toBe(4);
    expect(await count(".timeline li.critical")).toBe(3);
    // The contrast of everything that is read small, against what it stands on (WCAG AA: 4.5).
    const worst = await browser.evaluate<readonly [number, string]>(`(() => {
      const channels = (color) => color.match(/[\\d.]+/g).map(Number);
      const light = (color) => {
        const [r, g, b] = channels(color).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (one) => {
        for (; one; one = one.parentElement) {
          const color = getComputedStyle(one).backgroundColor;
          if (!(channels(color).length === 4 && channels(color)[3] === 0)) return color;
        }
      };
      const ratios = [...document.querySelectorAll("h1, h2, .pill, .meta, .word, .label, .time, .chip, .note, small, button, .timeline a, .axis span")]
        .filter((one) => one.textContent.trim() !== "")
        .map((one) => {
          const [a, b] = [light(getComputedStyle(one).color), light(ground(one))];
          return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.outerHTML.slice(0, 80)];
        });
      return ratios.sort((a, b) => a[0] - b[0])[0];
    })()`);
    expect(worst[0], worst[1]).toBeGreaterThan(4.5);
    const ground = await browser.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    await click("#theme");
    expect(await browser.evaluate("getComputedStyle(document.body).backgroundColor")).not.toBe(ground);
  });

  it("opens a stack from the graph with the keyboard: changes as a tree, the log as text", async () => {
    await browser.open(page("platform-up", recorded("platform-up")));
    await browser.evaluate("document.querySelector('.graph .node').focus()");
    await expect.poll(() => count(".graph.picked .edges .near")).toBe(2);
    await key("Enter");
    await expect
      .poll(() => browser.evaluate("document.querySelector('details.stack[open]')?.id"))
      .toBe("stack-network.local");
    await expect.poll(() => browser.evaluate("document.activeElement.tagName")).toBe("SUMMARY");
    const part = await browser.evaluate(
      "[...document.querySelectorAll('.stack[open] .tree > li > ul > li')].map((one) => one.textContent.trim())[0]",
    );
    expect(part).toMatch(/^\+ gcp:compute:Network main/);
    await click(".stack[open] .log summary");
    await expect
      .poll(() => browser.evaluate("document.querySelector('.log[open] pre').textContent.slice(0, 21)"))
      .toBe("log of network.local\n");
    await picture("stack-open");
  });

  it("is whole for whoever hears it: names for all that can be used, one main heading, sections named", async () => {
    await browser.open(page("failed", recorded("failed")));
    await browser.send("Accessibility.enable");
    const { nodes } = (await browser.send("Accessibility.getFullAXTree")) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
    };
    const named = (role: string): readonly string[] =>
      nodes.filter((node) => !node.ignored && node.role?.value === role).map((node) => node.name?.value ?? "");
    for (const role of ["link", "button", "searchbox", "region"])
      expect(
        named(role).filter((name) => name.trim() === ""),
        role,
      ).toEqual([]);
    expect(named("region")).toEqual(expect.arrayContaining(["1 stack failed", "Graph", "Timeline", "Stacks"]));
    expect(named("link")).toContain("app.real: failed, on the critical path");
    expect(await browser.evaluate("document.querySelectorAll('h1').length")).toBe(1);
    expect(await browser.evaluate("document.documentElement.lang")).toBe("en");
    expect(
      await browser.evaluate(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id); return ids.length - new Set(ids).size; })()",
      ),
    ).toBe(0);
  });

  it("stays readable at 1,000 stacks, and finds one of them", async () => {
    await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "light" }] });
    const begin = performance.now();
    await browser.open(page("large", largeRun(1000)));
    expect(performance.now() - begin).toBeLessThan(30_000);
    await picture("large");
    expect(await count(".graph .node")).toBe(1000);
    // No label runs out of its box, and no box lies on another.
    const bad = await browser.evaluate<readonly string[]>(`(() => {
      const nodes = [...document.querySelectorAll(".graph .node")];
      const wide = nodes.filter((node) => node.querySelector("text:last-of-type").getBBox().x + node.querySelector("text:last-of-type").getBBox().width > node.querySelector("rect").getBBox().x + node.querySelector("rect").getBBox().width);
      const places = new Set();
      const boxes = nodes.map((node) => node.querySelector("rect").getBBox()).sort((a, b) => a.x - b.x || a.y - b.y);
      const over = boxes.filter((box, at) => { const next = boxes[at + 1]; return next && next.x < box.x + box.width && next.y < box.y + box.height && next.y + next.height > box.y; });
      return [...wide.map((node) => node.textContent), ...over.map((box) => "overlap at " + box.x + " " + box.y)];
    })()`);
    expect(bad).toEqual([]);
    // Nothing makes the page itself scroll sideways.
    expect(await browser.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    // What a program said is text, also where it looks like markup; said once for all that failed by it.
    expect(await browser.evaluate("document.title")).toBe("tutti up of prod · failed");
    expect(await browser.evaluate("document.querySelector('.trouble pre').textContent")).toBe(failureMessage);
    expect(await count(".trouble .one")).toBe(1);

    await browser.evaluate(
      `(() => { const search = document.querySelector("#search"); search.value = "CLUSTER-21"; search.dispatchEvent(new Event("input")); })()`,
    );
    expect(await count("details.stack")).toBe(10);
    expect(await browser.evaluate("document.querySelector('#shown').textContent")).toBe("10 of 1000");
    await click("button[data-status=failed]");
    expect(await count("details.stack")).toBeLessThan(10);
    // A link to a stack that the filter hides shows it all the same.
    await click(".graph a[href='#stack-dashboard-999.prod']");
    await browser.evaluate("new Promise((resolve) => setTimeout(resolve))");
    expect(await browser.evaluate("document.getElementById('stack-dashboard-999.prod').checkVisibility()")).toBe(true);
  });

  it("fits a narrow window", async () => {
    await browser.send("Emulation.setDeviceMetricsOverride", {
      width: 390,
      height: 844,
      deviceScaleFactor: 1,
      mobile: true,
    });
    await browser.open(page("failed", recorded("failed")));
    await picture("narrow");
    expect(await browser.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await browser.send("Emulation.clearDeviceMetricsOverride");
  });

  it("says the same without its script", async () => {
    await browser.send("Emulation.setScriptExecutionDisabled", { value: true });
    await browser.open(page("platform-up", recorded("platform-up")));
    await browser.send("Emulation.setScriptExecutionDisabled", { value: false });
    expect(await count("details.stack")).toBe(4);
    expect(await count(".tools button, #theme")).toBe(0);
  });

  it("asked for nothing but itself in all this, and complained of nothing", () => {
    expect(browser.requests.length).toBeGreaterThan(5);
    expect(browser.requests.filter((url) => !url.startsWith(pathToFileURL(folder).href))).toEqual([]);
    expect(browser.complaints).toEqual([]);
  });
});
