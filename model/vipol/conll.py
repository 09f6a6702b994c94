"""CoNLL: words with their tags and relations, to and from documents."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from vipol.document import Document, DocumentError, Entity, Relation
from vipol.schema import OUTSIDE, RELATIONS, TAGS
from vipol.terminal import visible
from vipol.text import Word, lines, words

_ID = "# id = "
_LINK = re.compile(rf"({'|'.join(RELATIONS)}):([1-9][0-9]{{0,8}})")


def write_conll(documents: Iterable[Document], stream: TextIO) -> None:
    """Words of a line one below the other, each with its IOB2 tag and its relations, parted by tabs.

    A document begins with `# id = …`, every line of its text ends with a blank line. A word has no spaces, so a row
    whose word is `#` goes on with a tab, and only a comment with a space. Relations stand at the first word of their
    head, as `HAS_ROLE:7` with the first word of their tail, counted from 1 within the line; `|` parts two, `_` is none.

    Words are those of `vipol.text.words`, as they stand in the text. A word that a span holds in part takes its tag;
    a relation between two lines, which the annotation scheme has not, is left out.
    """
    for document in documents:
        stream.write(f"# id = {visible(document.id)}\n")
        found = [words(document.text, start, end) for start, end in lines(document.text)]
        stream.writelines(_conll_rows(document, [line for line in found if line]))
        stream.write("\n")


def _conll_rows(document: Document, by_line: list[list[Word]]) -> Iterator[str]:
    flat = [word for line in by_line for word in line]
    place = [(number, n) for number, line in enumerate(by_line) for n in range(1, len(line) + 1)]
    starts, ends = [word.start for word in flat], [word.end for word in flat]
    tags = [OUTSIDE] * len(flat)
    firsts: dict[str, int] = {}
    for entity in document.entities:
        first, stop = bisect_right(ends, entity.start), bisect_left(starts, entity.end)
        if first < stop:
            firsts[entity.id] = first
            tags[first:stop] = [f"B-{entity.label}"] + [f"I-{entity.label}"] * (stop - first - 1)
    relations: dict[int, list[str]] = {}
    for relation in document.relations:
        head, tail = firsts.get(relation.head), firsts.get(relation.tail)
        if head is not None and tail is not None and place[head][0] == place[tail][0]:
            relations.setdefault(head, []).append(f"{relation.label}:{place[tail][1]}")
    for n, word in enumerate(flat):
        if n and place[n][1] == 1:
            yield "\n"
        column = "|".join(relations.get(n, ())) or "_"
        yield f"{document.text[word.start : word.end]}\t{tags[n]}\t{column}\n"


def read_conll(stream: Iterable[str], texts: Mapping[str, str]) -> Iterator[Document]:
    """The documents of a CoNLL file that `write_conll` wrote, each as soon as it has been read.

    Texts are given by the documents' ids, since words don't tell what stood between them; they must have the words
    that the file has. Left out by CoNLL, and so not to be had again: ids of entities (they are numbered `e1`, `e2`, …
    as they stand in the text), scores, values, the day of publication and other fields; edges of a span inside a word
    or beside one (a span is its words, from the first one's start to the last one's end), spans without any word,
    relations between lines or of such spans, the order of relations with unlike heads. Spans that overlap can't be
    told apart, and may be refused.

    Raises:
        DocumentError: the message names the line and what is wrong there; an id without a text is wrong, too, and so
            are two ids that look the same once what is invisible in them is escaped.
    """
    names: dict[str, str] = {}
    for name in texts:
        if (other := names.setdefault(visible(name), name)) != name:
            raise DocumentError(f"the ids {other!r} and {name!r} look the same in CoNLL: rename one")
    draft: _Draft | None = None
    number = 0
    for number, raw in enumerate(stream, 1):
        line = raw.rstrip("\r\n")
        if line.startswith(_ID):
            if draft:
                yield draft.document(number)
            if (shown := line.removeprefix(_ID)) not in names:
                raise DocumentError(f"line {number}: there is no text for the document {shown!r}")
            draft = _Draft(names[shown], texts[names[shown]])
        elif not line:
            if draft:
                draft.end_line(number)
        elif not line.startswith("# "):
            if not draft:
                raise DocumentError(f"line {number}: a word before any document; {_ID.strip()!r} and its id begin one")
            try:
                draft.add(number, line)
            except DocumentError as error:
                raise DocumentError(f"line {number}: {error}") from error
    if draft:
        yield draft.document(number + 1)


@dataclass(slots=True)
class _Line:
    """Words of a line of text, and the rows that the file has had for them so far: tag, relations, line of the file."""

    words: list[Word]
    rows: list[tuple[str, str, int]] = field(default_factory=list)


class _Draft:
    """A document, as far as it has been read."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text
        self._lines = [_Line(found) for start, end in lines(text) if (found := words(text, start, end))]
        self._at = 0

    def add(self, number: int, row: str) -> None:
        columns = row.split("\t")
        if len(columns) != 3:
            raise DocumentError(f"{row!r} is not a word, a tag and relations, parted by tabs")
        said, tag, links = columns
        if self._at == len(self._lines):
            raise DocumentError(f"{said!r} stands behind the last word of the document {self._name!r}")
        line = self._lines[self._at]
        if len(line.rows) == len(line.words):
            raise DocumentError(f"{said!r} stands behind the last word of its line of text: a blank line is missing")
        word = line.words[len(line.rows)]
        if said != (there := self._text[word.start : word.end]):
            raise DocumentError(f"the word is {said!r}, and {there!r} in the text at offset {word.start}")
        if tag not in TAGS:
            raise DocumentError(f"tag {tag!r} is none of {', '.join(TAGS)}")
        before = line.rows[-1][0] if line.rows else OUTSIDE
        if tag.startswith("I-") and before[2:] != tag[2:]:
            raise DocumentError(f"tag {tag!r} follows {before!r}: a span begins with B-{tag[2:]}")
        line.rows.append((tag, links, number))

    def end_line(self, number: int) -> None:
        """Ends a line of text, if one has begun."""
        if self._at == len(self._lines) or not self._lines[self._at].rows:
            return
        self._check_whole(self._lines[self._at], number)
        self._at += 1

    def document(self, number: int) -> Document:
        """The document, which ends before this line of the file."""
        for line in self._lines[self._at :]:
            self._check_whole(line, number)
        entities: list[Entity] = []
        relations: list[Relation] = []
        for line in self._lines:
            firsts: dict[int, str] = {}
            for start, stop in _spans([tag for tag, _, _ in line.rows]):
                firsts[start] = f"e{len(entities) + 1}"
                edges = line.words[start].start, line.words[stop - 1].end
                entities.append(Entity(firsts[start], *edges, line.rows[start][0][2:]))
            relations += _relations(line, firsts)
        return Document(self._name, self._text, tuple(entities), tuple(relations))

    def _check_whole(self, line: _Line, number: int) -> None:
        if len(line.rows) < len(line.words):
            word = line.words[len(line.rows)]
            missing = self._text[word.start : word.end]
            raise DocumentError(
                f"line {number}: before it the word {missing!r} at offset {word.start} of {self._name!r} is missing"
            )


def _spans(tags: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The first word of every span of good IOB2 tags, and the word after its last."""
    for start, tag in enumerate(tags):
        if tag.startswith("B-"):
            inside = (n for n in range(start + 1, len(tags)) if not tags[n].startswith("I-"))
            yield start, next(inside, len(tags))


def _relations(line: _Line, firsts: Mapping[int, str]) -> Iterator[Relation]:
    for n, (_, links, number) in enumerate(line.rows):
        for link in () if links == "_" else links.split("|"):
            match = _LINK.fullmatch(link)
            if not match:
                kinds = ", ".join(RELATIONS)
                raise DocumentError(f"line {number}: relation {link!r} is not one of {kinds}, a colon and a number")
            tail = int(match[2]) - 1
            for end in (n, tail):
                if end not in firsts:
                    raise DocumentError(
                        f"line {number}: relation {link!r}: no span begins at word {end + 1} of the line of text"
                    )
            yield Relation(firsts[n], firsts[tail], match[1])
