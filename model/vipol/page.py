"""A page over documents for people who read and check: one HTML file, complete in itself.

The articles stand in the page as JSON, offsets in code points as in a document, beside what `vipol.facts` finds in
them. Of the scripts in `show`, `article.js` draws one article, `search.js` chooses among them, `facts.js` tells their
facts, `view.js` draws the whole, and `page.js` does what is asked of it. The browser loads nothing else, and neither
runs nor styles anything else: the page's content security policy forbids it.
"""

import json
import math
from collections.abc import Sequence
from importlib.resources import files
from string import Template
from typing import Any

from vipol.chains import chains
from vipol.document import Document, Entity
from vipol.facts import STATUSES, Evidence, Fact, facts
from vipol.markup import as_text, base_style, policy, script_json
from vipol.names import Name, Names
from vipol.schema import LABELS

_SCRIPTS = ("article.js", "search.js", "facts.js", "view.js", "page.js")


def page(documents: Sequence[Document], title: str = "vipol") -> str:
    """The page as HTML, its articles in the order given; the same input gives the same page.

    Facts are found anew. Scores and values are shown where documents have them.
    """
    labels = {entity.label for document in documents for entity in document.entities}
    data = {
        "labels": [*LABELS, *sorted(labels.difference(LABELS))],
        "statuses": STATUSES,
        "articles": [_article(document) for document in documents],
    }
    script, style = "".join(_read(name) for name in _SCRIPTS), base_style() + _read("page.css")
    return Template(_read("page.html")).substitute(
        policy=policy(script, style),
        title=as_text(title),
        style=style,
        data=script_json(data),
        script=script,
    )


def _article(document: Document) -> dict[str, Any]:
    """One article for `article.js`.

    A span is [start, end, label, score, value, name], a relation [head, label, tail, score], a chain a list of spans;
    spans are named by their numbers.
    """
    names = Names(document)
    entities = sorted(document.entities, key=lambda entity: (entity.start, -entity.end, entity.label))
    place = {entity.span: n for n, entity in enumerate(entities)}
    number = {entity.id: place[entity.span] for entity in entities}
    return {
        "id": document.id,
        "published": document.published,
        "text": document.text,
        "spans": [[*e.span, _finite(e.score), _value(e.value), _told(_name(names, e))] for e in entities],
        "relations": [[number[r.head], r.label, number[r.tail], _finite(r.score)] for r in document.relations],
        "chains": [[number[entity.id] for entity in chain] for chain, _ in chains(document)],
        "facts": [_fact(fact, place) for fact in facts(document)],
    }


def _fact(fact: Fact, place: dict[tuple[int, int, str], int]) -> dict[str, Any]:
    return {
        "person": _told(fact.person),
        "role": fact.role,
        "organisation": _told(fact.organisation),
        "status": fact.status,
        "score": _finite(fact.score),
        "evidence": [[*evidence.sentence, _spans(evidence, place)] for evidence in fact.evidence],
    }


def _spans(evidence: Evidence, place: dict[tuple[int, int, str], int]) -> list[int]:
    """The spans of one evidence, by their numbers, in the order of the chain."""
    ends = (("PERSON", evidence.person), ("ROLE", evidence.role), ("ORG", evidence.organisation))
    return [place[*span, label] for label, span in ends if span]


def _name(names: Names, entity: Entity) -> Name | None:
    """What a mention means, where that is more than it says itself."""
    match entity.label:
        case "PERSON":
            name = names.person(entity)
        case "ORG":
            name = names.organisation(entity)
        case _:
            return None
    return name if name.resolved else None


def _told(name: Name | None) -> list[str] | None:
    """A name as [text, mention, by what it was resolved]."""
    return [name.text, name.mention, name.resolved] if name else None


def _value(value: object) -> list[str] | None:
    """A value as [value, source, reason]; one of another form as it is written in JSON."""
    if value is None:
        return None
    if isinstance(value, dict) and {"value", "reason"} & value.keys():
        return [_plain(value.get(key, "")) for key in ("value", "source", "reason")]
    return [_plain(value), "", ""]


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _finite(score: float | None) -> float | None:
    """A score; what is not finite is no JSON."""
    return None if score is None or not math.isfinite(score) else score


def _read(name: str) -> str:
    return (files("vipol") / "show" / name).read_text(encoding="utf-8")
