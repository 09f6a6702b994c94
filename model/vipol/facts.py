"""Facts: who holds which post where, with the words that say so.

A fact is a chain of relations, person to post to organisation. Chains of one article that say the same are one fact
with all their evidence. Names are told as fully as the article itself tells them (see `vipol.names`), and a fact says
by what. What stands before a post tells whether it is held, was held, or is given just now.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vipol.chains import chains
from vipol.document import Document, Entity
from vipol.names import Name, Names, fold
from vipol.schema import relation_type

CURRENT, FORMER, ACTING, NEW, PROPOSED = "current", "former", "acting", "new", "proposed"
STATUSES = (CURRENT, FORMER, ACTING, NEW, PROPOSED)

_BEFORE = 60
"""Characters before a post, or before the person whose post follows, in which its status is told."""

_POST = r"(?: các)?(?: chức(?: vụ| danh)?)?"
_GIVE = r"bổ nhiệm|điều động|luân chuyển|phân công|chỉ định|bầu(?! cử)|tiếp nhận|phê chuẩn|trúng cử|đắc cử"
_CUES = (
    # First what is given up, since "thôi giữ chức" holds "giữ chức".
    (
        FORMER,
        rf"nguyên(?: là)?|cựu|từng(?: là| làm| giữ{_POST})?|(?:cho )?thôi(?: giữ)?{_POST}|(?:miễn|bãi) nhiệm{_POST}"
        r"|cách(?: hết)?(?: tất cả)?(?: các)? chức(?: vụ)?|giáng chức|rời ghế|nghỉ chức(?: vụ)?|cố",
    ),
    (
        PROPOSED,
        r"(?:đề nghị|giới thiệu|đề cử|ứng cử|đề xuất|dự kiến|quy hoạch)(?: [^,.;:]{0,40})?"
        rf"(?: (?:bầu|làm|giữ{_POST}))?",
    ),
    (ACTING, r"quyền|q\.|tạm quyền|(?:tạm thời )?phụ trách|điều hành"),
    (NEW, rf"tân|(?:{_GIVE}|tái bổ nhiệm|cử)(?: [^.;:]{{0,60}})?|được bầu(?: làm| giữ{_POST})?|nhận chức|lên(?: làm)?"),
)
_STATUS = [(status, re.compile(rf"(?i)(?<!\w)(?:{cues})\s*$")) for status, cues in _CUES]
_GIVING = re.compile(rf"(?i)(?<!\w)(?:{_GIVE})(?!\w)")
_CAREER = re.compile(r"(?i)(?<!\w)(?:từng|trải qua|lần lượt|trước đó|trước khi|kinh qua)(?!\w)")
"""Before posts of a life up to now."""
_GIVEN = re.compile(r"(?i)(?<!\w)(?:làm|giữ chức(?: vụ| danh)?|giữ|vào chức(?: vụ| danh)?|là)\s*$")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)]*\s+(?=[\"“(–-]?\s?(\w))")
_SHORT = 8
"""Characters that an abbreviation fits in."""
_ABBREVIATED = re.compile(r"(?:\b(?:TP|Tp|TT|TX|P|Q|ThS|TS|PGS|GS|Th|BS|KTS|T|tr|St|Mr|Ms|Dr)|\b[A-ZĐ])\.$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an article says a fact; offsets are code points of its text, None for what it does not say there."""

    sentence: tuple[int, int]
    person: tuple[int, int] | None
    role: tuple[int, int]
    organisation: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Fact:
    """A post, who holds it and where it is; a person or an organisation that the article does not name is None."""

    document: str
    person: Name | None
    role: str
    organisation: Name | None
    status: str
    published: str | None = None
    score: float | None = None
    """The least score in the best evidence; None for gold."""
    evidence: tuple[Evidence, ...] = field(default=())

    def to_dict(self, document: Document) -> dict[str, Any]:
        """The fact as JSON, with the words of its evidence."""
        return {
            "document": self.document,
            "published": self.published,
            "person": _name(self.person),
            "role": self.role,
            "organisation": _name(self.organisation),
            "status": self.status,
            "score": self.score,
            "evidence": [
                {
                    "sentence": document.text[slice(*evidence.sentence)],
                    "start": evidence.sentence[0],
                    "end": evidence.sentence[1],
                    **{
                        kind: list(span)
                        for kind, span in (
                            ("person", evidence.person),
                            ("role", evidence.role),
                            ("organisation", evidence.organisation),
                        )
                        if span
                    },
                }
                for evidence in self.evidence
            ],
        }


def facts(document: Document) -> list[Fact]:
    """The facts of a document, in the order in which it first says them."""
    names = Names(document)
    merged: dict[tuple[str, str, str, str], Fact] = {}
    for entities, score in chains(_by_scheme(document)):
        by_label = {entity.label: entity for entity in entities}
        role, person, body = by_label["ROLE"], by_label.get("PERSON"), by_label.get("ORG")
        fact = Fact(
            document.id,
            names.person(person) if person else None,
            document.surface(role),
            names.organisation(body) if body else None,
            status(document, role, person),
            document.published,
            score,
            (_evidence(document, role, person, body),),
        )
        key = (_key(fact.person), fold(fact.role), _key(fact.organisation), fact.status)
        merged[key] = _both(merged[key], fact) if key in merged else fact
    return _settled(merged)


def _by_scheme(document: Document) -> Document:
    """The document without relations between spans of other labels than theirs, which no fact can be made of."""
    kinds = [(relation_type(head.label, tail.label), label) for head, label, tail in document.triples()]
    relations = (r for r, (due, label) in zip(document.relations, kinds, strict=True) if due == label)
    return replace(document, relations=tuple(relations))


def _settled(found: dict[tuple[str, str, str, str], Fact]) -> list[Fact]:
    """The facts, where a post is said plainly here and as former, acting, new or proposed there as that alone."""
    others: dict[tuple[str, str, str], list[str]] = {}
    for *what, status in found:
        if status != CURRENT:
            others.setdefault((what[0], what[1], what[2]), []).append(status)
    settled: dict[tuple[str, str, str, str], Fact] = {}
    for (person, role, body, status), fact in found.items():
        told = others.get((person, role, body), [])
        key = (person, role, body, told[0] if status == CURRENT and len(told) == 1 else status)
        fact = replace(fact, status=key[3])
        settled[key] = _both(settled[key], fact) if key in settled else fact
    return list(settled.values())


def status(document: Document, role: Entity, person: Entity | None) -> str:
    """Whether a post is held, was held, or is given: by the words before it, or before its person and it."""
    text = document.text
    line = text.rfind("\n", 0, role.start) + 1
    before = text[max(line, role.start - _BEFORE) : role.start]
    before = re.split(r"[;:]|(?<=\w)\. ", before)[-1]
    for found, pattern in _STATUS:
        # "bầu Chủ tịch HĐND" without a name gives the post to nobody.
        if (person or found in (FORMER, ACTING)) and pattern.search(before):
            return found
    lead = re.split(r"[;]|(?<=\w)\. ", text[line : role.start])[-1]
    if person and _CAREER.search(lead):
        return FORMER
    if person and person.start < role.start:
        # "bầu ông A làm Chủ tịch": the verb stands before the person, what it gives behind.
        between = text[person.end : role.start]
        lead = text[max(line, person.start - _BEFORE) : person.start]
        if _GIVEN.search(between) and _GIVING.search(re.split(r"[.;:]", lead)[-1]):
            return NEW
    return CURRENT


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence, or the sentences, that hold a stretch of a line."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    cuts = [first, *_ends(text, first, last), last]
    left = max(cut for cut in cuts if cut <= start)
    right = min(cut for cut in cuts if cut >= end)
    while left < right and text[left].isspace():
        left += 1
    while right > left and text[right - 1].isspace():
        right -= 1
    return left, right


def _ends(text: str, start: int, stop: int) -> Iterator[int]:
    for match in _SENTENCE.finditer(text, start, stop):
        if match[1].isupper() and not _ABBREVIATED.search(text[max(start, match.start() - _SHORT) : match.start()]):
            yield match.end()


def _evidence(document: Document, role: Entity, person: Entity | None, body: Entity | None) -> Evidence:
    held = [entity for entity in (role, person, body) if entity]
    return Evidence(
        sentence(document.text, min(e.start for e in held), max(e.end for e in held)),
        (person.start, person.end) if person else None,
        (role.start, role.end),
        (body.start, body.end) if body else None,
    )


def _both(first: Fact, second: Fact) -> Fact:
    scores = [score for score in (first.score, second.score) if score is not None]
    better = first if _told(first) >= _told(second) else second
    return Fact(
        first.document,
        better.person,
        first.role,
        better.organisation,
        first.status,
        first.published,
        max(scores, default=None),
        first.evidence + second.evidence,
    )


def _told(fact: Fact) -> int:
    """How much of a fact its own words tell, without the rest of the article."""
    return sum(name is None or not name.resolved for name in (fact.person, fact.organisation))


def _key(name: Name | None) -> str:
    return fold(name.text) if name else ""


def _name(name: Name | None) -> dict[str, str] | None:
    if name is None:
        return None
    return {"text": name.text, "mention": name.mention} | ({"resolved": name.resolved} if name.resolved else {})


def rows(document: Document, found: Sequence[Fact]) -> Iterator[list[str]]:
    """A row of strings for each fact, in the order of `HEADER`; the first evidence stands for all."""
    for fact in found:
        evidence = fact.evidence[0]
        yield [
            fact.document,
            fact.published or "",
            fact.person.text if fact.person else "",
            fact.role,
            fact.organisation.text if fact.organisation else "",
            fact.status,
            "" if fact.score is None else f"{fact.score:g}",
            str(len(fact.evidence)),
            str(evidence.sentence[0]),
            str(evidence.sentence[1]),
            document.text[slice(*evidence.sentence)],
            fact.person.resolved if fact.person else "",
            fact.organisation.resolved if fact.organisation else "",
        ]


HEADER = (
    "document", "published", "person", "role", "organisation", "status", "score", "mentions",
    "start", "end", "evidence", "person_resolved", "organisation_resolved",
)  # fmt: skip
