"use strict";
// One article: its text with the spans marked, the lines between them, and what is said of them in words.
// What documents say becomes text nodes and attributes, never HTML.

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Chains that a tip has room for. */
const TOLD = 8;

/** Where the year of a value comes from, in words; `vipol.values` says more. */
const SOURCES = {
  words: "from these words",
  published: "year from the date of the article",
  header: "year from the date line",
  context: "year from another date in the text",
};

const bdi = (words) => element("bdi", {}, words);
const small = (words, kind) => element("span", { class: kind }, words);
const percent = (score) => score.toFixed(2);

/** Names for what is an array in the page's JSON; every fact knows its article, every evidence its fact. */
function readArticles({ articles }) {
  for (const article of articles) {
    article.spans = article.spans.map(([start, end, label, score, value, name], n) => ({
      n, start, end, label, score, value, name: readName(name),
    }));
    article.relations = article.relations.map(([head, label, tail, score]) => ({
      head: article.spans[head], label, tail: article.spans[tail], score,
    }));
    article.chains = article.chains.map((numbers) => readChain(article, numbers));
    article.evidence = [];
    article.facts = article.facts.map((fact, n) => {
      const made = { ...fact, n, article, person: readName(fact.person), organisation: readName(fact.organisation) };
      made.evidence = fact.evidence.map(([start, end, numbers]) => ({ start, end, fact: made, ...readChain(article, numbers) }));
      for (const evidence of made.evidence) evidence.n = article.evidence.push(evidence) - 1;
      return made;
    });
  }
  return articles;
}

const readName = (name) => name && { text: name[0], mention: name[1], resolved: name[2] };

/** Spans that relations string together, with these relations. */
function readChain(article, numbers) {
  const spans = numbers.map((n) => article.spans[n]);
  const relations = spans.slice(1).map((tail, n) => article.relations.find((relation) => relation.head === spans[n] && relation.tail === tail));
  return { spans, relations: relations.filter(Boolean) };
}

/** From offsets in code points to indices of a JavaScript string, which counts UTF-16 units. */
function positions(article) {
  if (!article.positions) {
    if (/[\ud800-\udfff]/.test(article.text)) {
      const at = [0];
      for (const point of article.text) at.push(at[at.length - 1] + point.length);
      article.positions = (offset) => at[offset];
    } else article.positions = (offset) => offset;
  }
  return article.positions;
}

function surface(article, { start, end }) {
  const at = positions(article);
  return article.text.slice(at(start), at(end));
}

/** The text, a block for each line; its `textContent` is the article's text. Labels stand in attributes alone.
 *
 * `isMarked` says whether a span is to be seen. Whatever an evidence covers has its number, to be lit up later.
 */
function drawText(article, isMarked) {
  const { text } = article;
  const at = positions(article);
  const marks = [...article.spans.map((span) => ({ span })), ...article.evidence.map((evidence) => ({ evidence }))];
  for (const mark of marks) {
    const { start, end } = mark.span ?? mark.evidence;
    Object.assign(mark, { from: at(start), to: at(end) });
  }
  marks.sort((one, other) => one.from - other.from);
  const cuts = [...new Set(marks.flatMap(({ from, to }) => [from, to]))].sort((one, other) => one - other);

  const root = element("div", { class: "text", lang: "vi" });
  let active = [];
  let cut = 0;
  let next = 0;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start) + 1 || text.length;
    const line = element("div", { class: text.slice(start, end).trim() ? "line" : "line blank" });
    for (let from = start; from < end; ) {
      while (cuts[cut] <= from) cut++;
      const to = Math.min(cuts[cut] ?? end, end);
      while (next < marks.length && marks[next].from <= from) active.push(marks[next++]);
      active = active.filter((mark) => mark.to > from);
      line.append(active.length ? piece(text.slice(from, to), from, to, active, isMarked) : text.slice(from, to));
      from = to;
    }
    root.append(line);
    start = end;
  }
  return root;
}

/** A stretch of text that the same spans and evidence cover from end to end. */
function piece(words, from, to, active, isMarked) {
  const spans = active.filter(({ span }) => span);
  const evidence = active.filter((mark) => mark.evidence).map((mark) => mark.evidence.n).join(" ") || null;
  if (!spans.length) return element("span", { class: "said", "data-evidence": evidence }, words);
  const seen = spans.filter(({ span }) => isMarked(span));
  const begun = seen.filter((mark) => mark.from === from);
  const inner = seen[seen.length - 1];
  const classes = ["piece"];
  if (begun.length) classes.push("opens");
  if (seen.some((mark) => mark.to === to)) classes.push("closes");
  return element(
    "span",
    {
      class: classes.join(" "),
      "data-label": inner?.span.label,
      "data-tag": begun.map(({ span }) => span.label).join(" ") || null,
      "data-spans": spans.map(({ span }) => span.n).join(" "),
      "data-evidence": evidence,
      ...(begun.length ? { role: "button", tabindex: -1, "aria-describedby": "tip" } : {}),
    },
    words,
  );
}

/** What is said of spans: their labels, scores, offsets, values, what they mean, and the chains that they are in. */
function explain(article, spans) {
  const lines = spans.map((span) => element("div", { class: "told" },
    element("p", {}, label(span.label), " ", bdi(clipped(surface(article, span))), " ", span.score === null ? null : small(percent(span.score), "score")),
    span.name && element("p", {}, "= ", bdi(clipped(span.name.text)), " ", small(`· ${span.name.resolved}`, "soft")),
    span.value && explainValue(span),
    element("p", { class: "soft" }, `characters ${span.start}–${span.end}`)));
  const chains = chainsOf(article, spans);
  const told = chains.slice(0, TOLD).map((chain) => element("li", {}, chainWords(article, chain)));
  if (chains.length > TOLD) told.push(element("li", { class: "soft" }, `and ${chains.length - TOLD} more`));
  if (told.length) lines.push(element("ul", {}, ...told));
  return lines;
}

const chainsOf = (article, spans) => article.chains.filter((chain) => chain.spans.some((span) => spans.includes(span)));

const label = (name) => element("span", { class: "label", "data-label": name }, name);

/** What a tip has room for of a text. */
const clipped = (words) => (words.length > 240 ? `${[...words.slice(0, 240)].slice(0, -1).join("")}…` : words);

function explainValue({ label, value: [value, source, reason] }) {
  if (!value) return element("p", {}, "no value", reason ? ": " : "", bdi(clipped(reason)));
  const notes = [SOURCES[source] ?? clipped(source), clipped(reason)].filter(Boolean).map((note) => element("span", { class: "soft" }, " · ", bdi(note)));
  return element("p", { class: "value" }, bdi(clipped(label === "MONEY" ? grouped(value) : value)), ...notes);
}

/** An amount whose digits can be counted: narrow spaces part the thousands. */
const grouped = (amount) => amount.replace(/(?<![.\d])\d{5,}/g, (digits) => digits.replace(/\d(?=(\d{3})+$)/g, "$&\u202f"));

/** A chain of relations in words, the score of each behind it. */
function chainWords(article, { spans, relations }) {
  const words = spans.flatMap((span, n) => (n ? [" → ", bdi(clipped(surface(article, span)))] : [bdi(clipped(surface(article, span)))]));
  const scores = relations.map(({ label, score }) => (score === null ? label : `${label} ${percent(score)}`)).join(" · ");
  return element("span", { class: "chain" }, ...words, " ", small(scores, "score"));
}

/** Arrows from heads to tails above the text, in place of those that were there. */
function drawArrows(root, relations) {
  root.querySelector(".arrows")?.remove();
  if (!relations.length) return;
  const make = (name, properties) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
    return made;
  };
  const origin = root.getBoundingClientRect();
  const place = (span) => {
    const shown = root.querySelector(`[data-spans~="${span.n}"]`)?.getClientRects()[0];
    return shown && { x: shown.left + shown.width / 2 - origin.left, top: shown.top - origin.top, bottom: shown.bottom - origin.top };
  };
  const svg = make("svg", { class: "arrows", "aria-hidden": "true", width: origin.width, height: origin.height });
  for (const { head, tail } of relations) {
    const from = place(head);
    const to = place(tail);
    if (!from || !to) continue;
    const sameRow = Math.abs(from.top - to.top) < 8;
    const down = to.top > from.top;
    const y1 = sameRow || !down ? from.top : from.bottom;
    const y2 = sameRow || down ? to.top : to.bottom;
    const rise = Math.min(34, 14 + Math.abs(to.x - from.x) / 12);
    const [bend1, bend2] = sameRow ? [y1 - rise, y2 - rise] : [(y1 + y2) / 2, (y1 + y2) / 2];
    const tip = y2 + (sameRow || down ? -7 : 7);
    svg.append(
      make("path", { d: `M${from.x},${y1} C${from.x},${bend1} ${to.x},${bend2} ${to.x},${tip}` }),
      make("path", { class: "head", d: `M${to.x - 4.5},${tip} L${to.x},${y2} L${to.x + 4.5},${tip} Z` }),
    );
  }
  root.append(svg);
}
