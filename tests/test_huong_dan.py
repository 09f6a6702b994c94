"""The guidelines in Vietnamese: every example of a seed is so in the gold, and every rule of the scheme is there."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from annotations.checks import check
from annotations.gold import read_gold, to_jsonl, write_text
from vipol.document import Document, Entity, Relation
from vipol.schema import LABELS, RELATIONS

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "annotations" / "HUONG_DAN.md").read_text(encoding="utf-8")
SCHEME = (ROOT / "annotations" / "SCHEME.md").read_text(encoding="utf-8")
GOLD = {document.id[:3]: document for document in read_gold(ROOT / "annotations" / "gold")}

EXAMPLE = re.compile(r"> - (?P<quote>.+?) \*\((?:bài (?P<seed>\d{3})|tự đặt)\)\*(?:<br>↳ (?P<links>.+))?")
MARK = re.compile(r"\*\*\[(?P<words>[^]]+)\]\{(?P<label>\w+)\}\*\*")
LINK = re.compile(r"(?P<head>.+?) → (?P<tail>.+?) \((?P<type>\w+)\)")
GAP = " […] "

Link = tuple[str, str, str]


@dataclass(frozen=True)
class Example:
    """A quotation with its marks, and its relations by the words of their ends."""

    line: str
    seed: str | None
    parts: tuple[Document, ...]
    links: Counter[Link]

    @property
    def text(self) -> str:
        return GAP.join(part.text for part in self.parts)


def read(line: str) -> Example:
    """An example as it stands in a line of the guidelines."""
    found = EXAMPLE.fullmatch(line)
    assert found, f"not an example: {line}"
    links = Counter[Link]()
    for link in (found["links"] or "").split("; ") if found["links"] else []:
        said = LINK.fullmatch(link)
        assert said, f"not a relation: {link}"
        links[said["head"], said["type"], said["tail"]] += 1
    return Example(line, found["seed"], tuple(map(part, found["quote"].split(GAP))), links)


def part(quote: str) -> Document:
    text, entities, at = "", [], 0
    for number, mark in enumerate(MARK.finditer(quote), 1):
        text += quote[at : mark.start()]
        entities.append(Entity(f"e{number}", len(text), len(text) + len(mark["words"]), mark["label"]))
        text += mark["words"]
        at = mark.end()
    return Document("", text + quote[at:], tuple(entities))


EXAMPLES = [read(line) for line in GUIDE.splitlines() if line.startswith(">")]
SEEDS = [example for example in EXAMPLES if example.seed]
INVENTED = [example for example in EXAMPLES if not example.seed]


def places(example: Example, document: Document) -> Iterator[tuple[int, ...]]:
    """Where the parts of an example may stand in a text: one behind the other, on one line, and no word cut."""
    for starts in product(*(occurrences(part.text, document.text) for part in example.parts)):
        ends = [start + len(part.text) for start, part in zip(starts, example.parts, strict=True)]
        in_order = all(end <= start for end, start in zip(ends, starts[1:], strict=False))
        if in_order and "\n" not in document.text[starts[0] : ends[-1]]:
            yield starts


def occurrences(words: str, text: str) -> list[int]:
    return [found.start() for found in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)]


def as_marked(example: Example, document: Document, starts: tuple[int, ...]) -> bool:
    """Whether the gold has just these spans there, none more and none cut, and just these relations between them."""
    said, stretches = set(), []
    for start, part in zip(starts, example.parts, strict=True):
        said |= {(start + entity.start, start + entity.end, entity.label) for entity in part.entities}
        stretches.append((start, start + len(part.text)))
    there = {e.span for e in document.entities if any(e.start < end and e.end > start for start, end in stretches)}
    links = Counter(
        (document.surface(head), label, document.surface(tail))
        for head, label, tail in document.triples()
        if {head.span, tail.span} <= there
    )
    return said == there and links == example.links


@pytest.mark.parametrize("example", SEEDS, ids=lambda example: example.text[:40])
def test_as_in_the_gold(example: Example) -> None:
    """The quotation stands in the seed, and the gold has just these spans and relations in it."""
    document = GOLD[str(example.seed)]
    found = list(places(example, document))
    assert found, f"not in seed {example.seed}: {example.text}"
    assert any(as_marked(example, document, starts) for starts in found), f"marked otherwise: {example.line}"


@pytest.mark.parametrize("example", INVENTED, ids=lambda example: example.text[:40])
def test_invented(example: Example, tmp_path: Path) -> None:
    """An invented example keeps the scheme's forms, quotes no seed, and all its people have a name that says so."""
    (document,) = example.parts
    by_words = {document.surface(entity): entity.id for entity in document.entities}
    assert len(by_words) == len(document.entities), "two marks with the same words: relations can't name them"
    relations = tuple(Relation(by_words[head], by_words[tail], name) for head, name, tail in example.links)
    file = tmp_path / "example.jsonl"
    write_text(file, to_jsonl([Document("example", document.text, document.entities, relations)]))
    assert check([file]).faults == []
    assert not any(document.text in known.text for known in GOLD.values())
    assert all("Mẫu" in document.surface(entity) for entity in document.entities if entity.label == "PERSON")


def test_marks_stand_in_examples_alone() -> None:
    """A mark outside of examples would be checked by nothing; the one that explains the notation is no claim."""
    prose = "\n".join(line for line in GUIDE.splitlines() if not line.startswith(">"))
    assert [mark[0] for mark in MARK.finditer(prose)] == ["**[Phó Chủ tịch]{ROLE}**"]


SECTIONS = {
    "P": "### PERSON",
    "R": "### ROLE",
    "O": "### ORG",
    "D": "### DATE",
    "M": "### MONEY",
    "Q": "## Relations",
}


def rules(letter: str) -> dict[str, str]:
    """The rules of a letter in the guidelines, each with what stands below its heading."""
    pieces = re.split(r"^#{2,4} ", GUIDE, flags=re.MULTILINE)
    return {found[0]: piece for piece in pieces if (found := re.match(rf"{letter}\d+(?=\. )", piece))}


@pytest.mark.parametrize(("letter", "heading"), SECTIONS.items())
def test_every_rule_of_the_scheme(letter: str, heading: str) -> None:
    """Rules are numbered as the scheme lists them, and each has an example; a rule that comes there must come here."""
    below = SCHEME.partition(heading)[2].partition("\n#")[0]
    listed = sum(line.startswith("- ") for line in below.splitlines())
    assert listed
    found = rules(letter)
    assert list(found) == [f"{letter}{number}" for number in range(1, listed + 1)]
    assert [name for name, piece in found.items() if "\n> - " not in piece] == []


def test_every_label_and_relation_in_examples_of_seeds() -> None:
    """Of each label and of each relation type the seeds give examples."""
    labels = Counter(entity.label for example in SEEDS for part in example.parts for entity in part.entities)
    types = Counter(name for example in SEEDS for _, name, _ in example.links)
    assert set(labels) == set(LABELS)
    assert set(types) == set(RELATIONS)


def test_rules_that_are_named_exist() -> None:
    """A rule that the text refers to is there."""
    named = {*re.findall(r"\b([PRODMQ]\d{1,2})\b", GUIDE)}
    assert named == {name for letter in SECTIONS for name in rules(letter)}


def test_keys_are_those_of_the_page() -> None:
    """The keys of labels are those of the labelling configuration."""
    config = (ROOT / "annotations" / "label_config.xml").read_text(encoding="utf-8")
    keys = re.findall(r'<Label value="(\w+)"[^>]*hotkey="(\d)"', config)
    assert len(keys) == len(LABELS)
    assert re.findall(r"^\| `(\w+)` \| (\d) \|", GUIDE, re.MULTILINE) == keys
