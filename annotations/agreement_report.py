"""Agreement of annotations as text and as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from annotations.agreement import ALL_RELATIONS, ALL_SPANS, said_span, said_triple
from annotations.annotators import Pair
from annotations.differences import Difference, Kind, Span
from annotations.kappa import Kappa


def report(pairs: Sequence[Pair]) -> str:
    """Lines of text: tables and differences of each pair, after a table of all pairs where there are several."""
    blocks = ["\n".join(_pair(pair)) for pair in pairs]
    if len(pairs) == 1:
        return blocks[0]
    heads = [f"{pair.first} and {pair.second}" for pair in pairs]
    width = max(map(len, heads))
    lines = [f"{'':<{width}}{ALL_SPANS:>10}{ALL_RELATIONS:>11}{'kappa':>9}"]
    for head, pair in zip(heads, pairs, strict=True):
        scores = pair.found.scores
        lines.append(
            f"{head:<{width}}{figure(scores[ALL_SPANS].f1):>10}{figure(scores[ALL_RELATIONS].f1):>11}"
            f"{figure(pair.found.kappa.value):>9}"
        )
    return "\n\n".join(["\n".join(lines), *(f"{h}\n{block}" for h, block in zip(heads, blocks, strict=True))])


def figure(value: float | None) -> str:
    """A value in [-1, 1] with four digits; "-" where it is undefined."""
    return "-" if value is None else f"{value:.4f}"


def kappa_words(kappa: Kappa) -> list[tuple[str, str]]:
    """Kappa over all words and over the marked ones, each as its value and what it is over."""
    outside = "-" if kappa.outside is None else f"{kappa.outside:.1%}"
    marked = kappa.marked()
    return [
        (figure(kappa.value), f"over {kappa.words} words, {outside} of them O in both"),
        (figure(marked.value), f"over the {marked.words} words that at least one marked"),
    ]


def said(pair: Pair, item: Difference) -> tuple[list[str], list[str]]:
    """What the first and what the second annotation has at a difference, mark by mark in words."""
    text = pair.texts[item.article]
    one, other = (
        [*(said_span(text, span) for span in item.spans[n]), *(said_triple(text, r) for r in item.relations[n])]
        for n in (0, 1)
    )
    return one, other


def to_json(pairs: Sequence[Pair]) -> str:
    """All figures and differences as one JSON object, indented; an undefined figure is null."""
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second)))
    content = {"annotations": names, "pairs": [_object(pair) for pair in pairs]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _pair(pair: Pair) -> Iterator[str]:
    found = pair.found
    yield f"articles: {found.articles}"
    for name, ids in zip((pair.first, pair.second), found.alone, strict=True):
        if ids:
            yield f"only in {name}, not compared: {len(ids)} ({', '.join(ids)})"
    yield f"{'':<10}{'first':>7}{'second':>7}{'both':>7}{'F1':>8}{'edge F1':>9}"
    for name, score in found.scores.items():
        f1, edge_f1 = figure(score.f1), figure(found.edges[name].f1)
        yield f"{name:<10}{score.first:>7}{score.second:>7}{score.both:>7}{f1:>8}{edge_f1:>9}"
    for value, over in kappa_words(found.kappa):
        yield f"kappa {value} {over}"
    yield f"disagreements: {len(found.differences)}"
    for item in found.differences:
        yield f"{item.article}, offset {item.offset}, {_line(pair, item)}"


def _line(pair: Pair, item: Difference) -> str:
    one, other = (", ".join(marks) for marks in said(pair, item))
    if one and other:
        return f"{one} in {pair.first}, {other} in {pair.second}: {item.kind}"
    kind = "" if item.kind is Kind.ONLY else f"{item.kind}, "
    return f"{one or other}: {kind}only in {pair.first if one else pair.second}"


def _object(pair: Pair) -> dict[str, Any]:
    found = pair.found
    marked = found.kappa.marked()
    return {
        "first": pair.first,
        "second": pair.second,
        "articles": found.articles,
        "only_first": found.alone[0],
        "only_second": found.alone[1],
        "scores": {
            name: {
                "first": score.first,
                "second": score.second,
                "both": score.both,
                "f1": score.f1,
                "edge_f1": found.edges[name].f1,
            }
            for name, score in found.scores.items()
        },
        "kappa": {
            "value": found.kappa.value,
            "words": found.kappa.words,
            "outside": found.kappa.outside,
            "marked_value": marked.value,
            "marked_words": marked.words,
        },
        "disagreements": [_difference(pair.texts[item.article], item) for item in found.differences],
    }


def _difference(text: str, item: Difference) -> dict[str, Any]:
    def span(of: Span) -> dict[str, Any]:
        return {"start": of[0], "end": of[1], "label": of[2], "text": text[of[0] : of[1]]}

    sides = [
        [*map(span, spans), *({"head": span(h), "label": name, "tail": span(t)} for h, name, t in relations)]
        for spans, relations in zip(item.spans, item.relations, strict=True)
    ]
    kind = item.kind.value
    return {"article": item.article, "offset": item.offset, "kind": kind, "first": sides[0], "second": sides[1]}
