// The page of errors: the list, the article, and what one does with them. `article.js` and `filters.js` stand before this.

/** How many errors the list gets at once; a bad model makes thousands. */
const BATCH = 200;

let listed = BATCH;

/** The relation that was clicked; its arc stays until something else is chosen. */
let pinned = null;

const byId = (id) => document.getElementById(id);
const text = () => byId("article").querySelector(".text");
const pieces = (span) => text().querySelectorAll(`.piece[data-spans~="${span.n}"]`);

/** Draws everything anew, after a filter has changed. */
function refresh() {
  const counts = filter();
  for (const chip of document.querySelectorAll(".chip")) {
    const { what, name } = chip.dataset;
    const count = counts.get(`${what} ${name}`) ?? 0;
    chip.querySelector(".count").textContent = count;
    chip.setAttribute("aria-pressed", state[`${what}s`].has(name));
    chip.classList.toggle("none", !count);
  }
  pinned = null;
  listed = BATCH;
  const chosen = state.kinds.size + state.labels.size + state.lines;
  byId("chosen").textContent = chosen ? `· ${chosen} chosen` : "";
  byId("clear").disabled = !chosen && !state.query;
  byId("left").textContent = `${left.length} of ${total} errors in ${shown.length} of ${articles.length} articles`;
  if (byId("query").value !== state.query) byId("query").value = state.query;
  byId("sort").value = state.sort;
  byId("lines").checked = state.lines;
  for (const view of ["articles", "errors"]) byId(`view-${view}`).setAttribute("aria-pressed", state.view === view);
  drawList();
  drawArticle();
  showCurrent();
}

function drawList() {
  const list = byId("list");
  byId("heads").hidden = state.view !== "articles" || !shown.length;
  if (state.view === "articles") list.replaceChildren(...shown.map(articleItem));
  else {
    listed = Math.max(listed, left.indexOf(state.error) + 1);
    list.replaceChildren(...left.slice(0, listed).map((error) => errorItem(error, true)));
    if (listed < left.length) list.append(element("button", { type: "button", class: "more" }, `Show ${Math.min(BATCH, left.length - listed)} more`));
  }
  if (!(state.view === "articles" ? shown : left).length) {
    const why = !articles.length ? "There are no articles." : total ? "Nothing is left: the filters are too narrow." : "There are no errors.";
    list.append(element("p", { class: "empty" }, why));
  }
}

function articleItem(article) {
  const first = article.text.split("\n", 50).find((line) => line.trim()) ?? "";
  const figures = article.f1.map((f1) => element("span", { class: "figure" }, f1 ?? "–"));
  const item = element("button", { type: "button", class: "item article", tabindex: -1 },
    element("span", { class: "name", title: article.id }, element("bdi", {}, article.id), element("span", { class: "first" }, [...first.trim().slice(0, 200)].slice(0, 90).join(""))),
    element("span", { class: `figure errors${article.left.length ? "" : " none"}` }, String(article.left.length)),
    ...figures);
  item.article = article;
  return item;
}

function errorItem(error, withArticle) {
  const item = element("button", { type: "button", class: "item error", tabindex: -1 }, ...describe(error, withArticle));
  item.error = error;
  return item;
}

function drawArticle() {
  hideTip();
  const place = byId("article");
  const { article } = state;
  if (!article) {
    place.replaceChildren();
    return;
  }
  const [spanF1, relationF1] = article.f1.map((f1) => f1 ?? "–");
  const facts = [article.published, `F1 spans ${spanF1}`, `F1 relations ${relationF1}`, `${article.text.split("\n").length} lines`];
  const drawn = drawText(article, isLeft);
  if (state.lines) hideLines(drawn);
  const errors = element("section", { class: "errors" }, element("h3", {}, `Errors `, element("span", {}, ofAll(article.left.length, article.errors.length))));
  errors.append(...article.left.map((error) => errorItem(error, false)));
  const relations = element("section", { class: "relations" }, element("h3", {}, "Relations ", element("span", {}, String(article.relations.length))));
  const first = ({ head, tail }) => Math.min(head.start, tail.start);
  relations.append(...[...article.relations].sort((one, other) => first(one) - first(other)).map((relation) => {
    const item = element("button", { type: "button", class: `item relation ${SIDES[relation.side]}`, tabindex: -1 }, relationLine(article, relation));
    item.relation = relation;
    return item;
  }));
  place.replaceChildren(
    element("header", {}, element("h2", {}, element("bdi", {}, article.id)), element("p", {}, facts.filter(Boolean).join(" · "))),
    element("div", { class: "body" },
      element("div", { class: "reading" }, legend(), drawn),
      element("aside", {}, ...(article.errors.length ? [errors] : []), ...(article.relations.length ? [relations] : []))),
  );
  for (const group of place.querySelectorAll(".text, section")) tabStop(group);
}

const ofAll = (some, all) => (some === all ? String(all) : `${some} of ${all}`);

function legend() {
  const sample = (classes, words, says) => element("span", {}, element("span", { class: `piece ${classes}` }, words), ` ${says}`);
  return element("p", { class: "legend" },
    sample("right filled opens closes", "grey", "right"),
    sample("missed gold", "dashed line", "only the gold has it"),
    sample("invented filled opens closes", "filled", "only the prediction"),
    sample("label gold filled opens closes", "both", "another label, or edges that differ"),
    element("span", {}, relationMark("missed"), relationMark("invented"), " a relation missed, invented"));
}

function hideLines(drawn) {
  let hidden = 0;
  for (const line of drawn.children) {
    line.hidden = !line.classList.contains("wrong");
    if (line.hidden) hidden++;
    else if (hidden) {
      line.dataset.skipped = hidden === 1 ? "1 line" : `${hidden} lines`;
      hidden = 0;
    }
  }
}

/** Shows which article and which error are the current ones, without drawing anything anew. */
function showCurrent() {
  for (const item of document.querySelectorAll(".item")) {
    const current = item.article ? item.article === state.article : item.error ? item.error === state.error : false;
    if (current) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
  tabStop(byId("list"));
  for (const marked of byId("article").querySelectorAll(".current")) marked.classList.remove("current");
  for (const span of state.error ? spansOf(state.error) : []) for (const piece of pieces(span)) piece.classList.add("current");
  restoreArcs();
  const at = left.indexOf(state.error);
  byId("current").replaceChildren(
    element("span", { class: "count" }, at < 0 ? `${left.length} errors` : `${at + 1} of ${left.length}`),
    ...(at < 0 ? [] : describe(state.error, false)));
  for (const id of ["previous", "next"]) byId(id).disabled = !left.length;
  writeHash();
}

/** What stands while the pointer is nowhere: the arc of the relation that was clicked, or of the current error's. */
function restoreArcs() {
  const { error } = state;
  for (const piece of document.querySelectorAll(".hot")) piece.classList.remove("hot");
  if (pinned) showRelation(pinned);
  else if (text()) drawArcs(text(), error && error.relation !== undefined ? [error.article.relations[error.relation]] : []);
}

function select(article, error) {
  const other = article !== state.article;
  pinned = null;
  Object.assign(state, { article, error });
  if (other) drawArticle();
  showCurrent();
}

/** Goes to an error and brings it into sight. */
function jump(error) {
  select(error.article, error);
  const first = text().querySelector(".current");
  first.scrollIntoView({ block: "center" });
  restoreArcs();
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

/** To the next error that the filters leave, or the previous one; behind the last comes the first. */
function step(by) {
  if (!left.length) return;
  let at = left.indexOf(state.error);
  if (at < 0) {
    const here = shown.indexOf(state.article);
    const next = left.findIndex((error) => shown.indexOf(error.article) >= here);
    at = by > 0 ? (next < 0 ? left.length : next) - 1 : next < 0 ? left.length : next;
  }
  const error = left[(at + by + left.length) % left.length];
  if (state.view === "errors" && left.indexOf(error) >= listed) showMore(left.indexOf(error));
  jump(error);
}

function showMore(until) {
  const before = listed;
  listed = Math.max(listed + BATCH, until + 1);
  drawList();
  return byId("list").children[before];
}

/** One stop for the Tab key in a group; the arrow keys go on from there. */
function tabStop(group) {
  const stops = [...group.querySelectorAll("[tabindex]")];
  for (const stop of stops) stop.tabIndex = -1;
  const first = stops.find((stop) => stop.getAttribute("aria-current")) ?? stops.find((stop) => !stop.closest("[hidden]"));
  if (first) first.tabIndex = 0;
}

function moveFocus(event) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const group = event.target.closest("#list, .text, aside section");
  if (!by || !group || !event.target.hasAttribute("tabindex")) return;
  const stops = [...group.querySelectorAll("[tabindex]")].filter((stop) => !stop.closest("[hidden]"));
  const to = stops[stops.indexOf(event.target) + by];
  event.preventDefault();
  if (!to) return;
  event.target.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

function showTip(mark) {
  const tip = byId("tip");
  const numbers = mark.dataset.units.split(" ").map(Number);
  tip.replaceChildren(...explain(state.article, numbers));
  tip.hidden = false;
  for (const piece of text().querySelectorAll(".hot")) piece.classList.remove("hot");
  for (const n of numbers) for (const piece of text().querySelectorAll(`.piece[data-units~="${n}"]`)) piece.classList.add("hot");
  drawArcs(text(), numbers.flatMap((n) => relationsOf(state.article, state.article.units[n])));
  const rows = [...mark.getClientRects()];
  const row = rows[rows.length - 1];
  const { width, height } = tip.getBoundingClientRect();
  const below = row.bottom + 8;
  tip.style.left = `${Math.max(8, Math.min(row.left, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${below + height < innerHeight ? below : Math.max(8, rows[0].top - height - 8)}px`;
}

function hideTip() {
  byId("tip").hidden = true;
  restoreArcs();
}

function activate(target) {
  const item = target.closest(".item");
  const mark = target.closest("[data-units]");
  if (item?.error) jump(item.error);
  else if (item?.relation) chooseRelation(item.relation);
  else if (item?.article) {
    select(item.article, null);
    const { top } = byId("main").getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) byId("main").scrollIntoView();
  } else if (target.closest(".more")) showMore(0).focus();
  else if (mark) {
    const error = mark.dataset.units.split(" ").map((n) => state.article.units[n].error).find((error) => error && isLeft(error));
    if (error) select(state.article, error);
    showTip(mark);
  }
}

/** Goes to a relation: to its error, if it has one that the filters leave. */
function chooseRelation(relation) {
  const { article } = state;
  const error = article.left.find((error) => article.relations[error.relation] === relation);
  if (error) {
    jump(error);
    return;
  }
  select(article, null);
  pinned = relation;
  pieces(relation.head)[0].scrollIntoView({ block: "center" });
  showRelation(relation);
}

function showRelation(relation) {
  for (const span of [relation.head, relation.tail]) for (const piece of pieces(span)) piece.classList.add("hot");
  drawArcs(text(), [relation]);
}

function listen() {
  for (const kind of data.kinds) byId(`${kind.of}-kinds`).append(chip("kind", kind.name, kind.family));
  for (const label of data.labels) byId("labels").append(chip("label", label, ""));
  byId("filters").addEventListener("click", ({ target }) => {
    const { what, name } = target.closest(".chip")?.dataset ?? {};
    if (!what) return;
    const chosen = state[`${what}s`];
    if (!chosen.delete(name)) chosen.add(name);
    refresh();
  });
  const set = (key, value) => {
    state[key] = value;
    refresh();
  };
  byId("clear").addEventListener("click", () => {
    Object.assign(state, { query: "", kinds: new Set(), labels: new Set(), lines: false });
    refresh();
    byId("query").focus();
  });
  byId("query").addEventListener("input", ({ target }) => set("query", target.value));
  byId("sort").addEventListener("change", ({ target }) => set("sort", target.value));
  byId("lines").addEventListener("change", ({ target }) => set("lines", target.checked));
  for (const view of ["articles", "errors"]) byId(`view-${view}`).addEventListener("click", () => set("view", view));
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  for (const id of ["list", "article"]) byId(id).addEventListener("click", ({ target }) => activate(target));

  const point = ({ target }) => {
    const mark = target.closest(".text [data-units]");
    const item = target.closest(".item.relation");
    if (mark) showTip(mark);
    else if (item) {
      hideTip();
      showRelation(item.relation);
    }
    else hideTip();
  };
  for (const event of ["mouseover", "focusin"]) byId("article").addEventListener(event, point);
  for (const event of ["mouseleave", "focusout"]) byId("article").addEventListener(event, hideTip);
  addEventListener("scroll", () => { byId("tip").hidden = true; }, { passive: true });
  addEventListener("resize", hideTip);
  addEventListener("keydown", key);
  addEventListener("hashchange", () => {
    readHash();
    refresh();
    if (state.error) jump(state.error);
  });
}

function chip(what, name, family) {
  return element("button", { type: "button", class: `chip ${family}`, "data-what": what, "data-name": name, "aria-pressed": "false" },
    element("span", {}, name), element("span", { class: "count" }));
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") hideTip();
  if (event.target.matches("input[type=search], select")) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "/") {
    event.preventDefault();
    byId("query").focus();
  } else if ((event.key === "Enter" || event.key === " ") && event.target.matches(".text [data-units]")) {
    event.preventDefault();
    activate(event.target);
  } else moveFocus(event);
}

listen();
if (matchMedia("(max-width: 50rem)").matches) for (const folded of document.querySelectorAll("details")) folded.open = false;
readHash();
refresh();
if (state.error) jump(state.error);
