// What the page does when it is clicked; it reads the same without it. Sent as it stands here, so it is plain JavaScript.

export const script = `
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const theme = document.querySelector("#theme");
  const darkNow = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = darkNow() ? "light" : "dark"; });

  const stacks = all("details.stack");
  const search = document.querySelector("#search");
  const chips = all("button[data-status]");
  const shown = document.querySelector("#shown");
  const none = document.querySelector("#none");
  const filter = () => {
    const text = search.value.trim().toLowerCase();
    const wanted = new Set(chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.status));
    let count = 0;
    for (const stack of stacks) {
      const fits = (wanted.size === 0 || wanted.has(stack.dataset.status)) && stack.dataset.name.toLowerCase().includes(text);
      stack.hidden = !fits;
      if (fits) count++;
    }
    shown.textContent = count === stacks.length ? "" : count + " of " + stacks.length;
    none.hidden = count > 0;
  };
  for (const tools of all(".tools")) tools.hidden = false;
  search.addEventListener("input", filter);
  for (const chip of chips) chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  const expand = document.querySelector("#expand");
  expand.addEventListener("click", () => {
    const open = expand.getAttribute("aria-pressed") !== "true";
    expand.setAttribute("aria-pressed", String(open));
    for (const stack of stacks) if (!stack.hidden) stack.open = open;
  });

  const visit = () => {
    const found = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!found || !found.matches("details.stack")) return;
    found.hidden = false;
    found.open = true;
    found.scrollIntoView();
    found.firstElementChild.focus({ preventScroll: true });
  };
  addEventListener("hashchange", visit);
  // A link to where one already is changes no address.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#stack-']");
    if (link && link.getAttribute("href") === location.hash) visit();
  });
  visit();

  const graph = document.querySelector(".graph");
  if (graph) {
    const edges = all(".edges path", graph);
    const nodes = all(".node", graph);
    const pick = (node) => {
      for (const one of all(".near", graph)) one.classList.remove("near");
      graph.classList.toggle("picked", Boolean(node));
      if (!node) return;
      node.classList.add("near");
      for (const edge of edges) {
        if (edge.dataset.a !== node.dataset.n && edge.dataset.b !== node.dataset.n) continue;
        edge.classList.add("near");
        nodes[Number(edge.dataset.a)].classList.add("near");
        nodes[Number(edge.dataset.b)].classList.add("near");
      }
    };
    for (const node of nodes) {
      node.addEventListener("pointerenter", () => pick(node));
      node.addEventListener("pointerleave", () => pick(null));
      node.addEventListener("focus", () => pick(node));
      node.addEventListener("blur", () => pick(null));
    }
    const fit = document.querySelector("#fit");
    const box = graph.parentElement;
    const fitted = (on) => {
      fit.setAttribute("aria-pressed", String(on));
      graph.style.width = on ? "100%" : "";
      graph.style.height = on ? "auto" : "";
    };
    fit.addEventListener("click", () => fitted(fit.getAttribute("aria-pressed") !== "true"));
    const scale = box.clientWidth / graph.width.baseVal.value;
    fit.hidden = scale >= 1;
    // Where it can still be read, all of it is seen at once.
    if (scale < 1 && scale >= 0.7) fitted(true);
  }
})();
`;
