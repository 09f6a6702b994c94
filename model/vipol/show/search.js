// What the page is asked to show, and which articles and facts that leaves. `article.js` stands before this.

const data = JSON.parse(document.getElementById("data").textContent);
const articles = readArticles(data);
const all = { facts: articles.flatMap((article) => article.facts), spans: articles.flatMap((article) => article.spans) };
const isScored = all.spans.some((span) => span.score !== null) || all.facts.some((fact) => fact.score !== null);

/** Statuses that some fact has. */
const STATUSES = data.statuses.filter((status) => all.facts.some((fact) => fact.status === status));

const collator = new Intl.Collator("vi", { numeric: true });
const least = (article) => Math.min(...[...article.spans, ...article.relations].map(({ score }) => score ?? Infinity));

/** Orders of the articles, each with its name; the sort is stable, so that equals stay as they were given. */
const ORDERS = {
  given: ["as given", () => 0],
  id: ["by id", (one, other) => collator.compare(one.id, other.id)],
  date: ["newest first", (one, other) => collator.compare(other.published ?? "", one.published ?? "")],
  facts: ["most facts first", (one, other) => other.left.length - one.left.length],
  spans: ["most spans first", (one, other) => other.marked - one.marked],
  ...(isScored ? { score: ["lowest score first", (one, other) => one.least - other.least] } : {}),
};

/** All that a link to this page can say. `evidence` is the number of one of the fact's. */
const state = {
  query: "", labels: new Set(), statuses: new Set(), tags: true, view: "articles", scope: false, order: "given", sort: "",
  article: null, fact: null, evidence: 0,
};

let shown = [];
let left = [];

// As an address brings it back: half a surrogate pair cannot stand in one.
const inAddress = (id) => new URLSearchParams([["id", id]]).get("id");

function readHash() {
  const given = new URLSearchParams(location.hash.slice(1));
  const chosen = (name, known) => new Set(given.getAll(name).filter((value) => known.includes(value)));
  const among = (name, known) => (known.includes(given.get(name)) ? given.get(name) : known[0]);
  const named = articles.filter((article) => inAddress(article.id) === given.get("article"));
  state.query = given.get("q") ?? "";
  state.labels = chosen("label", data.labels);
  state.statuses = chosen("status", STATUSES);
  state.tags = given.get("tags") !== "0";
  state.view = among("view", ["articles", "facts"]);
  state.scope = given.get("scope") === "1";
  state.order = among("order", Object.keys(ORDERS));
  state.sort = Object.hasOwn(COLUMNS, (given.get("sort") ?? "").replace(/^-/, "")) ? given.get("sort") : "";
  state.article = named[Number(given.get("copy") ?? 1) - 1] ?? null;
  state.fact = state.article?.facts[Number(given.get("fact")) - 1] ?? null;
  state.evidence = state.fact?.evidence[Number(given.get("evidence")) - 1] ? Number(given.get("evidence")) - 1 : 0;
}

/** The address of this page with a state, from `#` on. */
function address({ query, labels, statuses, tags, view, scope, order, sort, article, fact, evidence }) {
  const said = new URLSearchParams();
  if (query) said.set("q", query);
  for (const label of labels) said.append("label", label);
  for (const status of statuses) said.append("status", status);
  if (!tags) said.set("tags", "0");
  if (view !== "articles") said.set("view", view);
  if (scope) said.set("scope", "1");
  if (order !== "given") said.set("order", order);
  if (sort) said.set("sort", sort);
  if (article) {
    said.set("article", article.id);
    const copies = articles.filter((other) => other.id === article.id);
    if (copies[0] !== article) said.set("copy", copies.indexOf(article) + 1);
  }
  if (fact) said.set("fact", fact.n + 1);
  if (fact && evidence) said.set("evidence", evidence + 1);
  return `#${said}`;
}

const spaced = (text) => text.replace(/\s+/g, " ").toLowerCase();
const exact = (text) => spaced(text.normalize("NFC"));
const bare = (text) => spaced(text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d"));
const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;

/** Tone marks at the end of their syllables: `uỷ` and `ủy` are one word. */
const tonesLast = (text) => spaced(text.normalize("NFD")).replace(/\p{L}[\p{L}\p{M}]*/gu, (word) => word.replace(TONES, "") + (word.match(TONES) ?? []).join(""));

/** Whether something is found, said of an object whose `words` are a text; None for a query of nothing.
 *
 * Capitals, Unicode forms and the place of tone marks make no difference; marks make none if the query has none.
 */
function finder(query) {
  const wanted = { exact: exact(query.trim()), bare: bare(query.trim()), tonesLast: tonesLast(query.trim()) };
  if (!wanted.exact) return null;
  const has = (item, name, fold) => (item[name] ??= fold(item.words)).includes(wanted[name]);
  if (wanted.exact === wanted.bare) return (item) => has(item, "bare", bare);
  return (item) => has(item, "exact", exact) || has(item, "tonesLast", tonesLast);
}

/** What is searched, made when it is first needed. */
function words(item) {
  const names = ({ person, organisation }) => [person, organisation].flatMap((name) => (name ? [name.text, name.mention] : []));
  item.folded ??= {
    words: (item.facts
      ? [item.id, item.published, item.text, ...item.spans.map((span) => span.name?.text), ...item.facts.flatMap(names)]
      : [item.article.id, item.article.published, item.role, item.status, ...names(item)]
    ).filter(Boolean).join("\n"),
  };
  return item.folded;
}

/** Sets `shown` and `left`, and drops the current article or fact if the filters do.
 *
 * Gives what each filter's button would leave if it alone were chosen in its filter, given the other filters.
 */
function filter() {
  const finds = finder(state.query);
  const counts = new Map();
  const add = (name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const isOf = (chosen, name) => !chosen.size || chosen.has(name);
  for (const article of articles) {
    const found = article.facts.filter((fact) => !finds || finds(words(fact)));
    const isFound = !finds || found.length > 0 || finds(words(article));
    const ofLabel = !state.labels.size || article.spans.some((span) => state.labels.has(span.label));
    const ofStatus = !state.statuses.size || article.facts.some((fact) => state.statuses.has(fact.status));
    if (isFound && ofStatus) for (const span of article.spans) add(`label ${span.label}`);
    if (ofLabel) for (const fact of found) add(`status ${fact.status}`);
    article.left = ofLabel ? found.filter((fact) => isOf(state.statuses, fact.status)) : [];
    article.shown = isFound && ofLabel && ofStatus;
    article.marked = article.spans.filter((span) => isOf(state.labels, span.label)).length;
    article.least ??= least(article);
  }
  shown = articles.filter((article) => article.shown).sort(ORDERS[state.order][1]);
  left = sorted(shown.flatMap((article) => article.left));
  if (!state.article?.shown) Object.assign(state, { article: shown[0] ?? null, fact: null });
  if (!state.fact) state.evidence = 0;
  return counts;
}

/** Where a query is found in a text, as pairs of indices. */
function places(text, query) {
  const finds = finder(query);
  if (!finds) return [];
  const starts = [];
  let folded = "";
  // A letter at a time with its marks, so that every letter of the bare text knows where it comes from.
  for (const { 0: letter, index } of text.matchAll(/\P{M}\p{M}*|\p{M}+/gsu)) {
    const found = bare(letter);
    if (found === " " && folded.endsWith(" ")) continue;
    folded += found;
    for (let n = 0; n < found.length; n++) starts.push(index);
  }
  starts.push(text.length);
  const wanted = bare(query.trim());
  const pairs = [];
  for (let at = folded.indexOf(wanted); wanted && at >= 0; ) {
    const pair = [starts[at], starts[at + wanted.length]];
    const isFound = finds({ words: text.slice(...pair) });
    if (isFound) pairs.push(pair);
    at = folded.indexOf(wanted, at + (isFound ? wanted.length : 1));
  }
  return pairs;
}
