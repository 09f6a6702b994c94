// What the page of errors is asked to show, and which articles and errors that leaves. `article.js` stands before this.

const data = JSON.parse(document.getElementById("data").textContent);
const articles = readArticles(data);
const total = articles.reduce((sum, article) => sum + article.errors.length, 0);

const ORDERS = {
  errors: (one, other) => other.left.length - one.left.length,
  spans: (one, other) => figure(one, 0) - figure(other, 0),
  relations: (one, other) => figure(one, 1) - figure(other, 1),
  id: () => 0,
};

/** All that a link to this page can say. */
const state = { query: "", kinds: new Set(), labels: new Set(), lines: false, view: "articles", sort: "errors", article: null, error: null };

let shown = [];
let left = [];
let isLeft = () => true;

const fold = (text) => text.normalize("NFC").toLowerCase();
const figure = (article, n) => (article.f1[n] === null ? Infinity : Number(article.f1[n]));

function readHash() {
  const given = new URLSearchParams(location.hash.slice(1));
  const chosen = (name, known) => new Set(given.getAll(name).filter((value) => known.includes(value)));
  const among = (name, known) => (known.includes(given.get(name)) ? given.get(name) : known[0]);
  state.query = given.get("q") ?? "";
  state.kinds = chosen("kind", data.kinds.map((kind) => kind.name));
  state.labels = chosen("label", data.labels);
  state.lines = given.get("lines") === "1";
  state.view = among("view", ["articles", "errors"]);
  state.sort = among("sort", Object.keys(ORDERS));
  state.article = articles.find((article) => article.id === given.get("article")) ?? null;
  state.error = state.article?.errors[Number(given.get("error")) - 1] ?? null;
}

function writeHash() {
  const said = new URLSearchParams();
  if (state.query) said.set("q", state.query);
  for (const kind of state.kinds) said.append("kind", kind);
  for (const label of state.labels) said.append("label", label);
  if (state.lines) said.set("lines", "1");
  if (state.view !== "articles") said.set("view", state.view);
  if (state.sort !== "errors") said.set("sort", state.sort);
  if (state.article) said.set("article", state.article.id);
  if (state.error) said.set("error", state.error.n + 1);
  // Not `location.hash = …`: every letter of a search would be a page to go back to.
  history.replaceState(null, "", `#${said}`);
}

/** Sets `shown` and `left`, and drops the current article or error if the filters do.
 *
 * Gives what each button of a filter would leave if it alone were chosen in its filter, given the other filters.
 */
function filter() {
  const query = fold(state.query.trim());
  const counts = new Map();
  const add = (name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const article of articles) {
    article.folded ??= fold(`${article.id}\n${article.text}`);
    const found = article.folded.includes(query);
    article.left = [];
    for (const error of found ? article.errors : []) {
      const ofKind = !state.kinds.size || state.kinds.has(error.kind.name);
      const ofLabel = !state.labels.size || state.labels.has(error.label);
      if (ofLabel) add(`kind ${error.kind.name}`);
      if (ofKind) add(`label ${error.label}`);
      if (ofKind && ofLabel) article.left.push(error);
    }
    article.shown = found && (article.left.length > 0 || !(state.kinds.size || state.labels.size));
  }
  shown = articles.filter((article) => article.shown).sort(ORDERS[state.sort]);
  left = shown.flatMap((article) => article.left);
  const among = new Set(left);
  isLeft = (error) => among.has(error);
  if (!shown.includes(state.article)) state.article = shown[0] ?? null;
  if (!isLeft(state.error) || state.error.article !== state.article) state.error = null;
  return counts;
}
