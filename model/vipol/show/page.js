// What one does with the page, by pointer, keys and address. The other scripts stand before this.

function select(article, fact, n = 0) {
  const isOther = article !== state.article;
  Object.assign(state, { article, fact, evidence: n });
  if (isOther) {
    hideTip();
    drawArticle();
  }
  showCurrent();
}

/** Goes to what says a fact and brings it into sight. */
function jump(fact, n = 0) {
  if (state.view !== "articles") {
    // The table, at this row, is a page to go back to.
    Object.assign(state, { article: fact.article, fact, evidence: n });
    history.replaceState(null, "", address(state));
    history.pushState(null, "", address(state));
    state.view = "articles";
    refresh();
  } else select(fact.article, fact, n);
  (text().querySelector(".end") ?? text().querySelector(".current"))?.scrollIntoView({ block: "center" });
  restoreArrows();
  for (const list of [byId("list"), byId("article").querySelector("aside")]) keepInList(list, list.querySelector("[aria-current]"));
}

/** Scrolls a list alone: `scrollIntoView` would take the page along, and the mark out of sight on a narrow screen. */
function keepInList(list, item) {
  if (!item) return;
  const sight = list.getBoundingClientRect();
  const { top, bottom } = item.getBoundingClientRect();
  if (top < sight.top) list.scrollTop -= sight.top - top;
  else if (bottom > sight.bottom) list.scrollTop += bottom - sight.bottom;
}

/** To the next fact that the filters leave, or the previous one, in the table's order; behind the last comes the first. */
function step(by) {
  if (!left.length) return;
  let at = left.indexOf(state.fact);
  if (at < 0) {
    const here = shown.indexOf(state.article);
    const next = state.sort ? 0 : left.findIndex((fact) => shown.indexOf(fact.article) >= here);
    at = by > 0 ? (next < 0 ? left.length : next) - 1 : next < 0 ? left.length : next;
  }
  jump(left[(at + by + left.length) % left.length]);
}

function stepArticle(by) {
  const at = shown.indexOf(state.article);
  if (shown[at + by]) openArticle(shown[at + by]);
}

function openArticle(article) {
  select(article, null);
  keepInList(byId("list"), byId("list").querySelector("[aria-current]"));
  const { top } = byId("main").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) byId("main").scrollIntoView();
}

function nextEvidence() {
  const { fact } = state;
  if (fact && state.view === "articles") jump(fact, (state.evidence + 1) % fact.evidence.length);
}

function openView(view) {
  state.view = view;
  refresh();
  showPlace();
}

/** Brings what is current into sight, in the text or in the table. */
function showPlace() {
  if (!state.fact) return;
  if (state.view === "articles") jump(state.fact, state.evidence);
  else byId("rows").querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
}

function moveFocus(event) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const group = event.target.closest("#list, .text, .cards, #rows");
  if (!by || !group || !event.target.hasAttribute("tabindex")) return;
  event.preventDefault();
  const stops = [...group.querySelectorAll("[tabindex]")];
  const to = stops[stops.indexOf(event.target) + by];
  if (!to) return;
  event.target.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

/** Of a click on a span: its fact, the current one before others, and its next evidence there. */
function openSpan(mark) {
  const numbers = new Set(mark.dataset.spans.split(" ").map(Number));
  const told = state.article.evidence.filter(({ spans }) => spans.some(({ n }) => numbers.has(n)));
  const found = told.find(({ fact }) => fact === state.fact) ?? told[0];
  if (found) select(state.article, found.fact, found.fact.evidence.indexOf(found));
  showTip(mark);
}

function activate(event) {
  const { target } = event;
  const item = target.closest(".item");
  const mark = target.closest(MARK);
  if (item?.fact) jump(item.fact, item.fact === state.fact ? (state.evidence + 1) % item.fact.evidence.length : 0);
  else if (item?.article) openArticle(item.article);
  else if (target.closest("#to-facts")) byId("article").querySelector("aside").scrollIntoView();
  else if (target.closest("#as-table")) {
    state.scope = true;
    openView("facts");
  }
  else if (mark) openSpan(mark);
}

function listen() {
  for (const name of data.labels) byId("labels").append(chip("label", name));
  for (const name of STATUSES) byId("statuses").append(chip("status", name));
  byId("order").append(...Object.entries(ORDERS).map(([value, [says]]) => element("option", { value }, says)));
  const set = (key, value) => {
    state[key] = value;
    refresh();
  };
  byId("filters").addEventListener("click", ({ target }) => {
    const { what, name } = target.closest(".chip")?.dataset ?? {};
    if (!what) return;
    const chosen = what === "label" ? state.labels : state.statuses;
    if (!chosen.delete(name)) chosen.add(name);
    refresh();
  });
  byId("clear").addEventListener("click", () => {
    Object.assign(state, { query: "", labels: new Set(), statuses: new Set() });
    refresh();
    byId("query").focus();
  });
  byId("query").addEventListener("input", ({ target }) => set("query", target.value));
  byId("order").addEventListener("change", ({ target }) => set("order", target.value));
  byId("tags").addEventListener("change", ({ target }) => set("tags", target.checked));
  byId("scope").addEventListener("change", ({ target }) => set("scope", target.checked));
  for (const view of ["articles", "facts"]) byId(`view-${view}`).addEventListener("click", () => openView(view));
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("current").addEventListener("click", ({ target }) => target.closest("#evidence") && nextEvidence());
  for (const id of ["list", "article"]) byId(id).addEventListener("click", activate);
  byId("columns").addEventListener("click", ({ target }) => {
    const { sort } = target.closest("[data-sort]")?.dataset ?? {};
    if (!sort) return;
    set("sort", sortedNext(sort));
    byId("columns").querySelector(`[data-sort="${sort}"]`).focus();
  });
  byId("rows").addEventListener("click", (event) => {
    const { fact } = event.target.closest("tr") ?? {};
    if (!fact || event.ctrlKey || event.metaKey || event.shiftKey || String(getSelection())) return;
    event.preventDefault();
    jump(fact);
  });
  byId("more").addEventListener("click", () => {
    const before = listed;
    listed += BATCH;
    drawTable();
    showCurrent();
    byId("rows").querySelectorAll(".item")[before].focus();
  });

  const point = ({ target }) => {
    const mark = target.closest(MARK);
    if (mark) showTip(mark);
    else hideTip();
  };
  for (const event of ["mouseover", "focusin"]) byId("article").addEventListener(event, point);
  for (const event of ["mouseleave", "focusout"]) byId("article").addEventListener(event, hideTip);
  addEventListener("scroll", () => { byId("tip").hidden = true; }, { passive: true });
  addEventListener("resize", hideTip);
  addEventListener("keydown", key);
  addEventListener("hashchange", open);
}

function chip(what, name) {
  return element("button", { type: "button", class: "chip", "data-what": what, "data-name": name, "data-label": what === "label" ? name : null, "data-status": what === "status" ? name : null },
    element("span", { class: "name" }, name), element("span", { class: "count" }));
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  e: nextEvidence,
  n: () => stepArticle(1),
  p: () => stepArticle(-1),
  t: () => openView(state.view === "facts" ? "articles" : "facts"),
  "/": () => byId("query").focus(),
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") hideTip();
  if (event.target.matches("#query") && event.key === "Enter") nextHit();
  if (event.target.matches("input[type=search], select")) return;
  if (Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  } else if ((event.key === "Enter" || event.key === " ") && event.target.matches(MARK)) {
    event.preventDefault();
    openSpan(event.target);
  } else moveFocus(event);
}

/** Opens what the address says. */
function open() {
  readHash();
  refresh();
  showPlace();
}

listen();
if (matchMedia("(max-width: 50rem)").matches) byId("filters").open = false;
open();
