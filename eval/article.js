"use strict";
// One article of the page of errors: its text with gold and prediction laid over each other, and what is said of them.
// What documents say becomes text nodes and attributes, never HTML.

const RIGHT = 0;
const GOLD = 1;
const SIDES = ["right", "missed", "invented"];
const SIGNS = ["✓", "−", "+"];

/** What makes the first piece of a unit one that the keyboard reaches. */
const STOP = { role: "button", tabindex: -1, "aria-describedby": "tip" };

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Names for what is an array in the page's JSON, and every error knows its article and its kind. */
function readArticles({ kinds, articles }) {
  for (const article of articles) {
    article.spans = article.spans.map(([start, end, label, side, score], n) => ({ n, start, end, label, side, score }));
    article.relations = article.relations.map(([head, label, tail, side, score]) => ({
      head: article.spans[head], label, tail: article.spans[tail], side, score,
    }));
    article.errors = article.errors.map((error, n) => ({ ...error, n, article, kind: kinds[error.kind] }));
    article.units = units(article);
  }
  return articles;
}

/** What is marked as one: a right span, all spans of an error, or a wrong span of which no error is listed. */
function units(article) {
  const found = article.errors
    .filter((error) => error.relation === undefined)
    .map((error) => {
      const gold = error.gold.map((n) => article.spans[n]);
      const predicted = error.predicted.map((n) => article.spans[n]);
      return { error, family: error.kind.family, spans: [...gold, ...predicted], tag: tag(error.kind.name, gold, predicted) };
    });
  const taken = new Set(found.flatMap((unit) => unit.spans));
  for (const span of article.spans.filter((span) => !taken.has(span))) {
    const family = SIDES[span.side];
    const says = span.side === RIGHT ? span.label : `${family} ${span.label}`;
    found.push({ error: null, family, spans: [span], tag: says });
  }
  for (const unit of found) {
    unit.start = Math.min(...unit.spans.map((span) => span.start));
    unit.end = Math.max(...unit.spans.map((span) => span.end));
  }
  found.sort((one, other) => one.start - other.start || one.end - other.end);
  found.forEach((unit, n) => {
    unit.n = n;
    for (const span of unit.spans) span.unit = unit;
  });
  return found;
}

function tag(kind, gold, predicted) {
  const names = [gold, predicted].map((spans) => [...new Set(spans.map((span) => span.label))].join(", "));
  const labels = [...new Set(names.filter(Boolean))].join(" → ");
  return kind === "wrong label" ? labels : `${kind} ${labels}`;
}

/** From offsets in code points to indices of a JavaScript string, which counts UTF-16 units. */
function positions(article) {
  if (!article.positions) {
    const at = [0];
    if (/[\ud800-\udfff]/.test(article.text)) {
      for (const point of article.text) at.push(at[at.length - 1] + point.length);
      article.positions = (offset) => at[offset];
    } else article.positions = (offset) => offset;
  }
  return article.positions;
}

function surface(article, span) {
  const at = positions(article);
  return article.text.slice(at(span.start), at(span.end));
}

/** The text, a block for each line; its `textContent` is the article's text. Labels stand in attributes alone.
 *
 * `isLeft` says which errors the filters leave; a line has the class "wrong" if it has one of these.
 */
function drawText(article, isLeft) {
  const { text } = article;
  const at = positions(article);
  const spans = article.spans
    .map((span) => ({ span, from: at(span.start), to: at(span.end) }))
    .sort((one, other) => one.from - other.from);
  const cuts = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((one, other) => one - other);
  const left = article.errors.filter(isLeft);
  const involved = new Set(left.flatMap((error) => spansOf(error)));
  const relations = new Map();
  for (const error of left.filter((error) => error.relation !== undefined)) {
    const { head } = article.relations[error.relation];
    relations.set(head.unit, [...(relations.get(head.unit) ?? []), error.kind.family]);
  }

  const root = element("div", { class: "text", lang: "vi" });
  const begun = new Set();
  let active = [];
  let cut = 0;
  let next = 0;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start) + 1 || text.length;
    const line = element("div", { class: "line" });
    for (let from = start; from < end; ) {
      while (cuts[cut] <= from) cut++;
      const to = Math.min(cuts[cut] ?? end, end);
      while (next < spans.length && spans[next].from <= from) active.push(spans[next++]);
      active = active.filter((span) => span.to > from);
      if (active.length) {
        const made = piece(text, from, to, active, isLeft);
        if (active.some(({ span }) => !begun.has(span.unit))) {
          for (const [name, value] of Object.entries(STOP)) made.setAttribute(name, value);
        }
        for (const { span } of active) begun.add(span.unit);
        line.append(made, ...tags(active, to, relations, isLeft));
        if (active.some(({ span }) => involved.has(span))) line.classList.add("wrong");
      } else line.append(text.slice(from, to));
      from = to;
    }
    root.append(line);
    start = end;
  }
  return root;
}

/** A stretch of text that the same spans cover from end to end. */
function piece(text, from, to, active, isLeft) {
  const found = [...new Set(active.map(({ span }) => span.unit))];
  const main = found.find((unit) => unit.family !== "right") ?? found[0];
  const filled = active.filter(({ span }) => span.side !== GOLD);
  const classes = ["piece", main.family];
  if (active.some(({ span }) => span.side === GOLD)) classes.push("gold");
  if (filled.length) classes.push("filled");
  if (filled.some((span) => span.from === from)) classes.push("opens");
  if (filled.some((span) => span.to === to)) classes.push("closes");
  if (main.error && !isLeft(main.error)) classes.push("off");
  return element(
    "span",
    { class: classes.join(" "), "data-units": found.map((unit) => unit.n).join(" "), "data-spans": active.map(({ span }) => span.n).join(" ") },
    text.slice(from, to),
  );
}

/** The labels of units that end here; they have no text, so that the text around them stays what it is. */
function tags(active, to, relations, isLeft) {
  const ending = new Set(active.filter((span) => span.to === to && span.span.end === span.span.unit.end).map(({ span }) => span.unit));
  return [...ending].map((unit) => {
    const families = relations.get(unit) ?? [];
    const off = unit.error && !isLeft(unit.error) ? " off" : "";
    const marks = ["missed", "invented"].filter((family) => families.includes(family)).map(relationMark);
    return element("span", { class: `tag ${unit.family}${off}`, "data-tag": unit.tag, "data-units": unit.n }, ...marks);
  });
}

/** Says at the head of a relation that it is wrong. */
const relationMark = (family) => element("span", { class: `of-relation ${family}` });

/** The spans of an error; of a relation's, both its ends. */
function spansOf(error) {
  const { spans, relations } = error.article;
  if (error.relation === undefined) return [...error.gold, ...error.predicted].map((n) => spans[n]);
  return [relations[error.relation].head, relations[error.relation].tail];
}

/** A span or a relation in words, after the side that has it. */
function quote(side, article, spans, label, score) {
  const [first, second] = spans.map((span) => element("bdi", {}, surface(article, span)));
  const parts = [first, " ", element("span", { class: "label" }, label)];
  if (second) parts.push(" ", second);
  if (score !== null) parts.push(" ", element("span", { class: "score" }, score.toFixed(2)));
  return element("span", { class: "quote" }, element("span", { class: "side" }, side), element("span", { class: "words" }, ...parts));
}

function quotes(error) {
  const { article } = error;
  if (error.relation !== undefined) {
    const { head, label, tail, side, score } = article.relations[error.relation];
    return [quote(side === GOLD ? "gold" : "predicted", article, [head, tail], label, score)];
  }
  return [["gold", error.gold], ["predicted", error.predicted]].flatMap(([side, numbers]) =>
    numbers.map((n) => article.spans[n]).map((span) => quote(side, article, [span], span.label, side === "gold" ? null : span.score)),
  );
}

/** What is said of an error in a list. */
function describe(error, withArticle) {
  return [
    element("span", { class: "what" },
      element("span", { class: `kind ${error.kind.family}` }, error.kind.name),
      element("span", { class: "where" }, ...(withArticle ? [element("bdi", {}, error.article.id), " "] : []), `at ${error.offset}`)),
    ...quotes(error),
  ];
}

/** What is said of marks under the pointer: their error, their spans with scores, their relations. */
function explain(article, numbers) {
  return numbers.flatMap((n) => {
    const unit = article.units[n];
    const lines = unit.family === "right" ? [] : [element("p", { class: `kind ${unit.family}` }, unit.error?.kind.name ?? unit.family)];
    for (const span of unit.spans) {
      const side = ["right", "gold", "predicted"][span.side];
      const line = quote(side, article, [span], span.label, span.score);
      line.append(element("span", { class: "where" }, `${span.start}–${span.end}`));
      lines.push(line);
    }
    for (const relation of relationsOf(article, unit)) lines.push(relationLine(article, relation));
    return lines;
  });
}

function relationsOf(article, unit) {
  return article.relations.filter(({ head, tail }) => head.unit === unit || tail.unit === unit);
}

function relationLine(article, { head, label, tail, side, score }) {
  const line = quote(SIGNS[side], article, [head, tail], label, score);
  line.classList.add("relation", SIDES[side]);
  line.firstChild.title = SIDES[side];
  return line;
}

/** Arcs from heads to tails above the text, in place of those that were there. */
function drawArcs(root, relations) {
  root.querySelector(".arcs")?.remove();
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
  const svg = make("svg", { class: "arcs", "aria-hidden": "true", width: origin.width, height: origin.height });
  for (const [n, { head, tail, side }] of relations.entries()) {
    const from = place(head);
    const to = place(tail);
    if (!from || !to) continue;
    const sameRow = Math.abs(from.top - to.top) < 8;
    const down = to.top > from.top;
    const y1 = sameRow || !down ? from.top : from.bottom;
    const y2 = sameRow || down ? to.top : to.bottom;
    // Higher and higher: a missed and an invented one may join the same spans.
    const rise = sameRow ? Math.min(34, 12 + Math.abs(to.x - from.x) / 12) + 7 * n : 0;
    const bend = sameRow ? [y1 - rise, y2 - rise] : [(y1 + y2) / 2, (y1 + y2) / 2];
    const arc = `M${from.x},${y1} C${from.x},${bend[0]} ${to.x},${bend[1]} ${to.x},${y2}`;
    const tip = y2 + (sameRow || down ? -6 : 6);
    svg.append(
      make("path", { class: SIDES[side], d: arc }),
      make("path", { class: `${SIDES[side]} head`, d: `M${to.x - 4},${tip} L${to.x},${y2} L${to.x + 4},${tip} Z` }),
    );
  }
  root.append(svg);
}
