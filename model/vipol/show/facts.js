// Facts in words: as rows of the table, and beside their article. `article.js` and `search.js` stand before this.

/** The table's columns: what heads them, and by what they are sorted; what has nothing there comes last. */
const COLUMNS = {
  person: ["Person", (fact) => fact.person?.text],
  role: ["Role", (fact) => fact.role],
  organisation: ["Organisation", (fact) => fact.organisation?.text],
  status: ["Status", (fact) => data.statuses.indexOf(fact.status)],
  date: ["Date", (fact) => fact.article.published],
  score: ["Score", (fact) => fact.score],
  evidence: ["Evidence", (fact) => fact.evidence.length],
  article: ["Article", (fact) => fact.article.id],
};

/** Facts as `state.sort` says: a column, after `-` if it falls; as they come if it is empty. */
function sorted(facts) {
  if (!state.sort) return facts;
  const key = COLUMNS[state.sort.replace(/^-/, "")][1];
  const sign = state.sort.startsWith("-") ? -1 : 1;
  const has = (value) => value !== null && value !== undefined && value !== "";
  const compare = (one, other) => (typeof one === "number" ? one - other : collator.compare(one, other));
  return facts
    .map((fact) => ({ fact, value: key(fact) }))
    .sort((one, other) => has(other.value) - has(one.value) || (has(one.value) ? sign * compare(one.value, other.value) : 0))
    .map(({ fact }) => fact);
}

/** Of a click on a column: rising, falling, as they come. */
const sortedNext = (column) => ({ [column]: `-${column}`, [`-${column}`]: "" })[state.sort] ?? column;

/** Columns in which some fact has something. */
function columns() {
  const isThere = { score: isScored, date: articles.some((article) => article.published), article: !state.scope };
  return Object.keys(COLUMNS).filter((name) => isThere[name] ?? true);
}

function columnHead(name) {
  const way = { [name]: "ascending", [`-${name}`]: "descending" }[state.sort];
  return element("th", { scope: "col", class: name, "aria-sort": way ?? "none" },
    element("button", { type: "button", "data-sort": name }, COLUMNS[name][0], small({ ascending: " ↑", descending: " ↓" }[way] ?? "", "way")));
}

function row(fact) {
  const href = address({ ...state, view: "articles", article: fact.article, fact, evidence: 0 });
  const link = element("a", { href, class: "item", tabindex: -1 }, fact.person ? bdi(fact.person.text) : small("no name", "soft"));
  const cells = {
    person: () => [link, resolved(fact.person)],
    role: () => [bdi(fact.role)],
    organisation: () => (fact.organisation ? [bdi(fact.organisation.text), resolved(fact.organisation)] : [small("–", "soft")]),
    status: () => [status(fact)],
    date: () => [bdi(fact.article.published ?? "")],
    score: () => [fact.score === null ? "" : percent(fact.score)],
    evidence: () => [String(fact.evidence.length)],
    article: () => [bdi(fact.article.id)],
  };
  const made = element("tr", {}, ...columns().map((name) => element("td", { class: name, "data-name": COLUMNS[name][0] }, ...cells[name]())));
  made.fact = fact;
  return made;
}

const status = ({ status }) => element("span", { class: "status", "data-status": status }, status);

/** By what a name was made fuller than its mention; nothing of a name that stands so in the text. */
const resolved = (name) => (name?.resolved ? element("span", { class: "resolved" }, "“", bdi(name.mention), `” · ${name.resolved}`) : null);

/** A fact beside its article. */
function card(fact) {
  const { person, role, organisation, score, evidence } = fact;
  const item = element("button", { type: "button", class: `item fact${fact.article.left.includes(fact) ? "" : " off"}`, tabindex: -1 },
    element("span", { class: "who" }, person ? bdi(person.text) : small("no name", "soft"), resolved(person)),
    element("span", { class: "what" }, bdi(role), organisation ? " → " : null, organisation && bdi(organisation.text), resolved(organisation)),
    element("span", { class: "notes" },
      status(fact),
      score === null ? null : small(percent(score), "score"),
      small(evidence.length === 1 ? "said once" : `said ${evidence.length} times`, "soft")));
  item.fact = fact;
  return item;
}

/** A fact in one line. */
function inWords({ person, role, organisation }) {
  return [person && bdi(person.text), bdi(role), organisation && bdi(organisation.text)].filter(Boolean).flatMap((part, n) => (n ? [" → ", part] : [part]));
}
