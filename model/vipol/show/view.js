// What stands on the page: the list, the article or the table, as `state` says. `search.js` and `facts.js` stand before this.

/** How many rows the table gets at once. */
const BATCH = 200;

/** A stretch of a span that the filters leave. */
const MARK = ".text .piece[data-label]";

let listed = BATCH;

/** Stretches of the shown article in which the query is found, and the number of the one that was gone to. */
let hits = [];
let hit = -1;

const byId = (id) => document.getElementById(id);
const text = () => byId("article").querySelector(".text");
const evidence = () => state.fact?.evidence[state.evidence] ?? null;
const count = (number) => number.toLocaleString("en");
const many = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
const ofAll = (some, total, noun) => (some === total ? many(total, noun) : `${count(some)} of ${many(total, noun)}`);

/** Draws everything anew, after a filter or the view has changed. */
function refresh() {
  const counts = filter();
  for (const chip of document.querySelectorAll(".chip")) {
    const { what, name } = chip.dataset;
    const number = counts.get(`${what} ${name}`) ?? 0;
    chip.querySelector(".count").textContent = count(number);
    chip.setAttribute("aria-pressed", (what === "label" ? state.labels : state.statuses).has(name));
    chip.classList.toggle("none", !number);
  }
  listed = BATCH;
  const chosen = state.labels.size + state.statuses.size;
  byId("chosen").textContent = chosen ? ` · ${chosen} chosen` : "";
  byId("clear").hidden = !chosen && !state.query;
  const marked = shown.reduce((sum, article) => sum + article.marked, 0);
  byId("left").textContent = [ofAll(shown.length, articles.length, "article"), ofAll(marked, all.spans.length, "span"), ofAll(left.length, all.facts.length, "fact")].join(" · ");
  if (byId("query").value !== state.query) byId("query").value = state.query;
  byId("order").value = state.order;
  byId("tags").checked = state.tags;
  byId("scope").checked = state.scope;
  const isTable = state.view === "facts";
  byId("reading").hidden = isTable;
  byId("table").hidden = !isTable;
  for (const view of ["articles", "facts"]) byId(`view-${view}`).setAttribute("aria-pressed", state.view === view);
  hideTip();
  if (isTable) drawTable();
  else {
    drawList();
    drawArticle();
  }
  showCurrent();
}

function drawList() {
  const list = byId("list");
  byId("heads").hidden = !articles.length;
  list.replaceChildren(...shown.map(articleItem));
  if (!shown.length) list.append(element("p", { class: "empty" }, articles.length ? "Nothing is left: the search and the filters are too narrow." : "There are no articles."));
}

function articleItem(article) {
  const first = article.text.split("\n", 50).find((line) => line.trim()) ?? "";
  const item = element("button", { type: "button", class: "item article", tabindex: -1 },
    element("span", { class: "name", title: article.id },
      element("span", { class: "id" }, bdi(article.id || "no id")),
      element("span", { class: "first" }, article.published && bdi(article.published), article.published && " ", bdi([...first.trim().slice(0, 200)].slice(0, 90).join("")))),
    small(count(article.marked), "figure"),
    small(count(article.left.length), "figure"));
  item.article = article;
  return item;
}

function drawArticle() {
  const place = byId("article");
  const { article } = state;
  hits = [];
  hit = -1;
  byId("bar").hidden = !article;
  if (!article) {
    place.replaceChildren();
    markHits();
    return;
  }
  const drawn = drawText(article, (span) => !state.labels.size || state.labels.has(span.label));
  drawn.classList.toggle("tagged", state.tags);
  const told = element("section", { class: "told-facts" }, element("h3", {}, "Facts ", small(count(article.facts.length), "soft")));
  if (article.facts.length) {
    told.firstChild.append(element("button", { type: "button", id: "as-table" }, "as a table"));
    told.append(element("div", { class: "cards" }, ...article.facts.map(card)));
  } else told.append(element("p", { class: "soft" }, "The article names no post together with a person or an organisation."));
  const toFacts = element("button", { type: "button", id: "to-facts" }, `${many(article.facts.length, "fact")} ↓`);
  const notes = [article.published && bdi(article.published), many(article.text.split("\n").length, "line"), many(article.spans.length, "span"), many(article.relations.length, "relation")];
  place.replaceChildren(
    element("header", {}, element("h2", {}, bdi(article.id)), element("p", { class: "soft" }, ...notes.filter(Boolean).flatMap((note, n) => (n ? [" · ", note] : [note])), " ", article.facts.length ? toFacts : null)),
    element("div", { class: "body" }, element("div", {}, drawn), element("aside", {}, told)));
  for (const group of place.querySelectorAll(".text, .cards")) tabStop(group);
  markHits();
}

/** Marks what the search finds in the article, where the browser can mark without changing the text. */
function markHits() {
  if (state.article && text()) {
    const nodes = [];
    const walker = document.createTreeWalker(text(), NodeFilter.SHOW_TEXT);
    for (let at = 0; walker.nextNode(); at += walker.currentNode.length) nodes.push({ at, node: walker.currentNode });
    let first = 0;
    hits = places(state.article.text, state.query).map(([from, to]) => {
      const range = document.createRange();
      while (nodes[first + 1]?.at <= from) first++;
      let last = first;
      while (nodes[last + 1]?.at < to) last++;
      range.setStart(nodes[first].node, from - nodes[first].at);
      range.setEnd(nodes[last].node, to - nodes[last].at);
      return range;
    });
  }
  if (!globalThis.CSS?.highlights) return;
  const found = new Highlight();
  for (const range of hits) found.add(range);
  CSS.highlights.set("found", found);
}

function nextHit() {
  if (state.view === "facts" || !hits.length) return;
  hit = (hit + 1) % hits.length;
  const { top } = hits[hit].getBoundingClientRect();
  scrollBy(0, top - innerHeight / 2);
}

function drawTable() {
  const { article } = state;
  byId("scope").parentElement.hidden = !article;
  byId("scope-name").textContent = article ? article.id || "no id" : "";
  const table = rowsLeft();
  listed = Math.max(listed, table.indexOf(state.fact) + 1);
  byId("columns").replaceChildren(...columns().map(columnHead));
  byId("rows").replaceChildren(...table.slice(0, listed).map(row));
  byId("no-rows").textContent = table.length ? "" : all.facts.length ? "No fact is left: the search and the filters are too narrow." : "There are no facts.";
  byId("more").hidden = listed >= table.length;
  byId("more").textContent = `Show ${count(Math.min(BATCH, table.length - listed))} more`;
}

const rowsLeft = () => (state.scope ? left.filter((fact) => fact.article === state.article) : left);

/** Shows which article, fact and evidence are the current ones, without drawing anything anew. */
function showCurrent() {
  const { article, fact } = state;
  for (const item of document.querySelectorAll(".item, #rows tr")) {
    const isCurrent = item.article ? item.article === article : item.fact ? item.fact === fact : false;
    if (isCurrent) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
  for (const group of document.querySelectorAll("#list, .cards, #rows")) tabStop(group);
  for (const marked of byId("article").querySelectorAll(".current, .other, .end")) marked.classList.remove("current", "other", "end");
  if (fact && state.view === "articles") {
    for (const said of fact.evidence) {
      for (const piece of text().querySelectorAll(`[data-evidence~="${said.n}"]`)) piece.classList.add(said === evidence() ? "current" : "other");
    }
    for (const span of evidence().spans) for (const piece of piecesOf(span)) piece.classList.add("end");
  }
  restoreArrows();
  const at = left.indexOf(fact);
  byId("current").replaceChildren(
    small(at < 0 ? many(left.length, "fact") : `${count(at + 1)} of ${count(left.length)}`, "place"),
    ...(fact ? [element("span", { class: "words" }, ...inWords(fact)), ...evidenceButton(fact)] : []));
  for (const id of ["previous", "next"]) byId(id).disabled = !left.length;
  // Not `location.hash = …`: every letter of a search would be a page to go back to.
  history.replaceState(null, "", address(state));
}

function evidenceButton(fact) {
  if (fact.evidence.length < 2) return [];
  return [element("button", { type: "button", id: "evidence", "aria-keyshortcuts": "e", title: "Next place that says so (e)" }, `place ${state.evidence + 1} of ${fact.evidence.length}`, small("e", "key"))];
}

const piecesOf = (span) => text().querySelectorAll(`.piece[data-spans~="${span.n}"]`);

/** What stands while the pointer is nowhere: the arrows of the current evidence. */
function restoreArrows() {
  for (const piece of document.querySelectorAll(".hot")) piece.classList.remove("hot");
  if (state.view === "articles" && text()) drawArrows(text(), evidence()?.relations ?? []);
}

/** One stop for the Tab key in a group; the arrow keys go on from there. */
function tabStop(group) {
  const stops = [...group.querySelectorAll("[tabindex]")];
  for (const stop of stops) stop.tabIndex = -1;
  const first = stops.find((stop) => stop.closest("[aria-current]")) ?? stops[0];
  if (first) first.tabIndex = 0;
}

function showTip(mark) {
  const tip = byId("tip");
  const { article } = state;
  const spans = mark.dataset.spans.split(" ").map((n) => article.spans[n]);
  const chains = chainsOf(article, spans);
  tip.replaceChildren(...explain(article, spans));
  tip.hidden = false;
  for (const piece of text().querySelectorAll(".hot")) piece.classList.remove("hot");
  for (const span of [...spans, ...chains.flatMap((chain) => chain.spans)]) for (const piece of piecesOf(span)) piece.classList.add("hot");
  drawArrows(text(), [...new Set(chains.flatMap((chain) => chain.relations))]);
  const rows = [...mark.getClientRects()];
  const row = rows[rows.length - 1];
  const { width, height } = tip.getBoundingClientRect();
  const below = row.bottom + 10;
  tip.style.left = `${Math.max(8, Math.min(row.left, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${below + height < innerHeight ? below : Math.max(8, rows[0].top - height - 20)}px`;
}

function hideTip() {
  byId("tip").hidden = true;
  restoreArrows();
}
