"""A baseline: underthesea's named entity recognition, marked as documents of this project.

underthesea (https://github.com/undertheseanlp/underthesea, Apache-2.0) is a toolkit for Vietnamese; its package carries
a conditional random field that was trained on news with the labels PER, ORG and LOC. It runs in an environment of its
own, since its dependencies are none of ours. What it has no label for (ROLE, DATE, MONEY, relations) is not in its
marks, and figures for those would say nothing.
"""

import json
import os
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.measures import SPANS, Counts, Row, Tally
from vipol.decoding import trim
from vipol.document import Document, Entity
from vipol.text import invisible, lines

LABELS = {"PER": "PERSON", "ORG": "ORG"}
"""Its labels that are ours too. LOC is none of the scheme's."""

TIMEOUT = 1800.0
"""Seconds after which the other interpreter is given up."""

_WORKER = Path(__file__).with_name("toolkit_worker.py")

_NEAREST = 24
"""Letters behind a lost token in which the next one is looked for; further off it may be another one like it."""

Token = tuple[str, str]
"""A word as the toolkit writes it, and its tag."""

_Tagged = tuple[tuple[int, int] | None, str]
"""Where a token stands in the text, None where it could not be found, and its tag."""


class ToolkitError(Exception):
    """The other environment can't be used; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What the toolkit marked.

    `tokens` is how many it gave, `lost` how many of them could not be found in the text, `dropped` how many PERSON
    and ORG spans were left out for that.
    """

    documents: list[Document]
    version: str
    tokens: int
    lost: int
    dropped: int


def mark(documents: Sequence[Document], python: Path) -> list[Document]:
    """The documents with the PERSON and ORG spans that the toolkit finds, instead of their own (see `read`)."""
    return read(documents, python).documents


def read(documents: Sequence[Document], python: Path) -> Marked:
    """Lets the toolkit read documents.

    Args:
        python: the interpreter of an environment that has underthesea, such as `.venv-underthesea/bin/python`.

    Raises:
        ToolkitError: there is no such interpreter, it has no underthesea, or its model can't be loaded.
    """
    places = [(n, start, end) for n, document in enumerate(documents) for start, end in lines(document.text)]
    version, tagged = _run([documents[n].text[start:end].rstrip() for n, start, end in places], python)
    marks: list[list[Entity]] = [[] for _ in documents]
    tokens = lost = dropped = 0
    for (n, start, end), line_tokens in zip(places, tagged, strict=True):
        text = documents[n].text
        found = place(text, start, end, line_tokens)
        line_spans, missing = _spans(text, found)
        tokens += len(found)
        lost += sum(where is None for where, _ in found)
        dropped += missing
        for span_start, span_end, label in line_spans:
            marks[n].append(Entity(f"e{len(marks[n]) + 1}", span_start, span_end, label))
    marked = [
        replace(document, entities=tuple(entities), relations=())
        for document, entities in zip(documents, marks, strict=True)
    ]
    return Marked(marked, version, tokens, lost, dropped)


def comparable(tally: Tally) -> Tally:
    """The lines of a tally that can be compared: strict spans of the labels that the toolkit has too.

    Means over labels are left out: one over two of the labels would stand beside one over all of them.

    Raises:
        ValueError: the tally doesn't count strict spans.
    """
    start = 0
    for measure in tally.measures:
        if measure.name == SPANS.name:
            labels = tuple(label for label in measure.labels if label in LABELS.values())
            lines = [start + measure.labels.index(label) for label in labels]
            return _Lines(tally.documents, (replace(measure, labels=labels),), tally.counts[:, lines])
        start += len(measure.labels) or 1
    raise ValueError("a tally without strict spans has nothing that could be compared")


class _Lines(Tally):
    """A tally of one measure that has no rows but its labels."""

    __slots__ = ()

    @property
    def rows(self) -> list[Row]:
        return [Row(measure, label) for measure in self.measures for label in measure.labels]

    def ratios(self, sums: Counts) -> Counts:
        return Tally.ratios(self, sums)[..., : len(self.rows), :]

    def _support(self, total: Counts) -> list[float]:
        return Tally._support(self, total)[: len(self.rows)]


def place(text: str, start: int, end: int, tokens: Iterable[Token]) -> list[_Tagged]:
    """Finds the tokens of a line, which come in order, in the text.

    A token may have blanks where the text has others or none, other tone marks ("hoà" and "hòa") or other capitals,
    so base letters are compared. Where the toolkit changed those too ("nghành" to "ngành") the token is lost, and the
    next one that is more than a letter is looked for a little further on, where a word begins.
    """
    letters, at = _skeleton(text, start, end)
    found: list[_Tagged] = []
    cursor = lost = 0
    for word, tag in tokens:
        wanted, _ = _skeleton(word, 0, len(word))
        if not wanted:
            # Nothing of it can be seen, so it stands nowhere; it is part of the span that it is inside of.
            found.append(((at[cursor], at[cursor]) if cursor < len(at) else (end, end), tag))
            continue
        begin = cursor if letters.startswith(wanted, cursor) else -1
        if begin < 0 and lost and len(wanted) > 1:
            begin = letters.find(wanted, cursor, cursor + lost + _NEAREST + len(wanted))
            while begin > 0 and text[at[begin] - 1].isalnum():
                begin = letters.find(wanted, begin + 1, cursor + lost + _NEAREST + len(wanted))
        if begin < 0:
            lost += len(wanted)
            found.append((None, tag))
            continue
        cursor, lost = begin + len(wanted), 0
        found.append(((at[begin], _whole(text, at[cursor - 1] + 1, end)), tag))
    return found


def _whole(text: str, position: int, end: int) -> int:
    """The end of the character before a position: its combining marks belong to it."""
    while position < end and unicodedata.combining(text[position]):
        position += 1
    return position


def _skeleton(text: str, start: int, end: int) -> tuple[str, list[int]]:
    """The base letters of `text[start:end]` without blanks, and where each comes from."""
    letters: list[str] = []
    at: list[int] = []
    for n in range(start, end):
        if text[n].isspace() or invisible(text[n]):
            continue
        for letter in unicodedata.normalize("NFD", text[n]).casefold().replace("đ", "d").replace("ð", "d"):
            if not unicodedata.combining(letter):
                letters.append(letter)
                at.append(n)
    return "".join(letters), at


def _spans(text: str, found: Sequence[_Tagged]) -> tuple[list[tuple[int, int, str]], int]:
    """The spans of a tagged line with our labels, and how many could not be placed.

    An I tag without a span before it begins one, as is usual in reading what a tagger wrote.
    """
    marked: list[tuple[int, int, str]] = []
    dropped = 0
    for label, parts in _runs(found):
        where = [part for part in parts if part is not None]
        if label not in LABELS:
            continue
        if len(where) < len(parts):
            dropped += 1
        elif span := trim(text, where[0][0], where[-1][1]):
            marked.append((*span, LABELS[label]))
    return marked, dropped


def _runs(found: Iterable[_Tagged]) -> Iterator[tuple[str, list[tuple[int, int] | None]]]:
    """The tokens of every span, behind its label."""
    label = ""
    parts: list[tuple[int, int] | None] = []
    for where, tag in [*found, (None, "O")]:
        prefix, _, name = tag.partition("-")
        if parts and not (prefix == "I" and name == label):
            yield label, parts
            parts = []
        if prefix in ("B", "I"):
            label = name
            parts.append(where)


def _run(texts: Sequence[str], python: Path) -> tuple[str, list[list[Token]]]:
    """The version of the toolkit, and the tokens of every text."""
    given = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
    command = [str(python), "-I", "-X", "utf8", str(_WORKER)]
    # Nothing may be fetched: what a version doesn't carry would differ from one machine to the next.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    advice = "give the interpreter of an environment where `pip install underthesea` was run"
    try:
        done = subprocess.run(
            command, input=given.encode("utf-8"), capture_output=True, env=environment, timeout=TIMEOUT, check=False
        )
    except OSError as error:
        raise ToolkitError(f"{python}: {error.strerror}; {advice}") from error
    except subprocess.TimeoutExpired as error:
        raise ToolkitError(f"{python}: underthesea has not come to an end in {TIMEOUT:.0f} seconds") from error
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["nothing on stderr"]
        raise ToolkitError(f"{python}: underthesea failed (exit code {done.returncode}): {last[0]}")
    try:
        head, *answers = [json.loads(line) for line in done.stdout.decode("utf-8").split("\n") if line]
        version = str(head["version"])
        tokens = [[(str(word), str(tag)) for word, tag in answer] for answer in answers]
    except (ValueError, TypeError, KeyError) as error:
        raise ToolkitError(f"{python}: underthesea's answer can't be read ({error})") from error
    if len(tokens) != len(texts):
        raise ToolkitError(f"{python}: {len(tokens)} answers to {len(texts)} lines; {advice}")
    return version, tokens
