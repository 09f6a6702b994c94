// Filters of the page of an agreement. Every disagreement stands in the page; what the filters leave out is hidden.
"use strict";

const items = [...document.querySelectorAll("#list > .item")];
const chips = [...document.querySelectorAll(".chip")];
const article = document.getElementById("article");

/** What is chosen, by filter; nothing chosen lets everything through. */
const chosen = { pair: new Set(), kind: new Set(), label: new Set(), article: new Set() };
const has = (item, what) => (what === "label" ? item.dataset.label.split(" ") : [item.dataset[what]]);
const passes = (item, what) => !chosen[what].size || has(item, what).some((name) => chosen[what].has(name));

function readHash() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const what of ["pair", "kind", "label"]) {
    const known = chips.filter((chip) => chip.dataset.what === what).map((chip) => chip.dataset.name);
    chosen[what] = new Set(given.getAll(what).filter((name) => known.includes(name)));
  }
  const known = [...article.options].slice(1).map((option) => option.value);
  chosen.article = new Set(given.getAll("article").filter((name) => known.includes(name)).slice(0, 1));
}

function writeHash() {
  const said = new URLSearchParams();
  for (const [what, names] of Object.entries(chosen)) for (const name of names) said.append(what, name);
  // Not `location.hash = …`: every choice would be a page to go back to.
  history.replaceState(null, "", `#${said}`);
}

/** Hides what is left out; each button tells what its choice would leave, given the other filters. */
function draw() {
  const counts = new Map();
  let left = 0;
  for (const item of items) {
    const fails = Object.keys(chosen).filter((what) => !passes(item, what));
    item.hidden = fails.length > 0;
    left += fails.length ? 0 : 1;
    for (const what of Object.keys(chosen)) {
      if (fails.some((other) => other !== what)) continue;
      for (const name of has(item, what)) counts.set(`${what} ${name}`, (counts.get(`${what} ${name}`) ?? 0) + 1);
    }
  }
  for (const chip of chips) {
    const { what, name } = chip.dataset;
    const count = counts.get(`${what} ${name}`) ?? 0;
    chip.setAttribute("aria-pressed", chosen[what].has(name));
    chip.querySelector(".count").textContent = count;
    chip.classList.toggle("none", count === 0);
  }
  article.value = [...chosen.article][0] ?? "";
  const all = items.length === 1 ? "1 disagreement" : `${items.length} disagreements`;
  document.getElementById("left").textContent = left === items.length ? all : `${left} of ${all}`;
}

function changed() {
  writeHash();
  draw();
}

for (const chip of chips) {
  chip.addEventListener("click", () => {
    const names = chosen[chip.dataset.what];
    if (!names.delete(chip.dataset.name)) names.add(chip.dataset.name);
    changed();
  });
}

article.addEventListener("change", () => {
  chosen.article = new Set(article.value ? [article.value] : []);
  changed();
});

document.getElementById("clear").addEventListener("click", () => {
  for (const names of Object.values(chosen)) names.clear();
  changed();
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
  const step = { j: 1, k: -1 }[event.key];
  if (!step) return;
  const shown = items.filter((item) => !item.hidden);
  const now = shown.indexOf(document.activeElement.closest(".item"));
  const next = now < 0 ? shown[step > 0 ? 0 : shown.length - 1] : shown[now + step];
  next?.focus();
});

addEventListener("hashchange", () => {
  readHash();
  draw();
});

readHash();
draw();
document.getElementById("filters").hidden = false;
