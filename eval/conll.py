"""Data sets in CoNLL columns (PhoNER_COVID19, VLSP): read, marked by a model, and scored as their papers do.

A line is a word with its columns, a tag among them; a blank line ends a sentence. Words are syllables, or words of a
segmenter with `_` between their syllables.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.ceilings import ALL_SPANS, Ceiling, ceilings
from eval.tables import Table
from vipol.document import Document, Entity
from vipol.schema import OUTSIDE
from vipol.segmentation import GIVEN, SYLLABLES, WordUnit, word_unit

_TAG = re.compile(r"O|[BI]-\S+")
_NO_BREAK = "\u00a0"
_SEGMENTED = 0.01
"""Share of words with several syllables from which data are of words; news has some 25 in a hundred, and among
syllables a name of a file or an address may have a `_`."""


class ConllError(ValueError):
    """A file that is not in CoNLL columns; the message names it and the line."""


@dataclass(frozen=True, slots=True)
class Sentence:
    words: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A figure from the literature: micro F1 in percent on the test set."""

    model: str
    f1: float
    source: str


_PHOBERT = "Nguyen and Nguyen 2020, arXiv:2003.00744"
_PHONER = "Truong et al. 2021, arXiv:2104.03879"
_ETNLP = "Vu et al. 2019, arXiv:1903.04433"
_VNCORENLP = "Vu et al. 2018, aclanthology.org/N18-5012"

PUBLISHED = {
    "phoner": (
        Published("BiLSTM-CRF + CNN-char, syllables", 90.6, _PHONER),
        Published("BiLSTM-CRF + CNN-char, words", 91.0, _PHONER),
        Published("XLM-R base, syllables", 92.5, _PHONER),
        Published("XLM-R large, syllables", 93.8, _PHONER),
        Published("PhoBERT base, words", 94.2, _PHONER),
        Published("PhoBERT large, words", 94.5, _PHONER),
    ),
    "vlsp2016": (
        Published("BiLSTM-CRF + CNN-char", 88.28, _VNCORENLP),
        Published("VnCoreNLP", 88.55, _VNCORENLP),
        Published("VNER", 89.58, "Nguyen et al. 2019, arXiv:1810.13097"),
        Published("VnCoreNLP, ETNLP embeddings", 91.30, _ETNLP),
        Published("PhoBERT base", 93.6, _PHOBERT),
        Published("vELECTRA", 94.07, "Bui et al. 2020, arXiv:2006.15994"),
        Published("PhoNLP", 94.41, "Nguyen and Nguyen 2021, aclanthology.org/2021.naacl-demos.1"),
        Published("PhoBERT large", 94.7, _PHOBERT),
    ),
}
"""What the literature has, by data set; gathered in github.com/sebastianruder/NLP-progress, vietnamese.md. The data of
PhoNER_COVID19 were corrected after the paper, and scorers differ, so a tenth or two says nothing."""


def read_conll(path: Path, column: int = 0) -> list[Sentence]:
    """Reads a file.

    Args:
        column: of the tags, from 1; 0 takes the last one in which every line has a tag.

    Raises:
        ConllError: there is nothing in it, a line has no tag in that column, or a line lacks columns.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConllError(f"{path}: not UTF-8 ({error})") from error
    rows = [(number, _cells(line)) for number, line in enumerate(text.split("\n"), 1)]
    rows = [(number, cells) for number, cells in rows if cells[:1] != ["-DOCSTART-"]]
    filled = [(number, cells) for number, cells in rows if cells]
    if not filled:
        raise ConllError(f"{path}: no words in it")
    width = len(filled[0][1])
    for number, cells in filled:
        if len(cells) != width or width < 2:
            raise ConllError(f"{path}, line {number}: {len(cells)} columns, and the first line has {width}; 2 at least")
    if column:
        for number, cells in filled:
            if column > width or not _TAG.fullmatch(cells[column - 1]):
                raise ConllError(f"{path}, line {number}: no tag like B-PER in column {column}")
        index = column - 1
    else:
        tagged = [n for n in range(1, width) if all(_TAG.fullmatch(cells[n]) for _, cells in filled)]
        if not tagged:
            raise ConllError(f"{path}: no column has a tag like B-PER or O in every line")
        index = tagged[-1]
    return list(_sentences(rows, index))


def _cells(line: str) -> list[str]:
    """The columns of a line: parted by tabs, where words may hold spaces, or else by white space."""
    line = line.rstrip("\r")
    return [cell.strip() for cell in line.split("\t")] if "\t" in line.strip() else line.split()


def _sentences(rows: Sequence[tuple[int, Sequence[str]]], index: int) -> Iterator[Sentence]:
    words: list[str] = []
    tags: list[str] = []
    for _, cells in [*rows, (0, [])]:
        if cells:
            words.append(cells[0])
            tags.append(cells[index])
        elif words:
            yield Sentence(tuple(words), tuple(tags))
            words, tags = [], []


def document(sentence: Sentence, name: str) -> Document:
    """The sentence as a text with its spans, a space between words and a no-break space for each `_`, so that the words
    can be told; a stray I tag begins a span."""
    entities: list[Entity] = []
    edges = word_edges(sentence)
    before = OUTSIDE
    for (start, end), tag in zip(edges, sentence.tags, strict=True):
        label = tag[2:]
        if tag.startswith("I-") and before[2:] == label:
            entities[-1] = replace(entities[-1], end=end)
        elif tag != OUTSIDE:
            entities.append(Entity(f"e{len(entities) + 1}", start, end, label))
        before = tag
    return Document(name, " ".join(map(_plain, sentence.words)), tuple(entities))


def unit_for(sentences: Sequence[Sentence], words: str) -> WordUnit:
    """What a model or recipe with that word unit takes for words in these sentences.

    Published figures are for the words of the data. So an encoder that reads words gets those that the data have, and a
    segmenter finds them only in data of syllables.

    Raises:
        ModelError: the segmenter cannot be loaded.
    """
    count = sum(len(sentence.words) for sentence in sentences)
    several = sum(_NO_BREAK in _plain(word) for sentence in sentences for word in sentence.words)
    # Loaded at any rate: the model has it for other texts, and should it be missing, that is known before training.
    unit = word_unit(words)
    return GIVEN if unit is not SYLLABLES and several > _SEGMENTED * count else unit


def ceiling(documents: Sequence[Document], unit: WordUnit) -> Ceiling:
    """How many gold spans, whatever their labels, are anything but whole words."""
    labels = sorted({entity.label for document in documents for entity in document.entities})
    return next(found for found in ceilings(documents, unit, labels) if found.name == ALL_SPANS)


def with_ceiling(table: Table, documents: Sequence[Document], unit: WordUnit) -> Table:
    """The table, its title saying which words the model read and what they allow at most."""
    if unit.name == SYLLABLES.name:
        return table
    at_most = ceiling(documents, unit)
    whose = "words as given" if unit is GIVEN else f"words of {unit.name}"
    cut = f"{whose}, which cut {at_most.lost} of {at_most.gold} gold spans: F1 {100 * at_most.f1:.2f} at most"
    return replace(table, title=f"{table.title}; {cut}")


def word_edges(sentence: Sentence) -> list[tuple[int, int]]:
    """Where the sentence's words stand in its document's text."""
    edges, start = [], 0
    for word in sentence.words:
        edges.append((start, start + len(word)))
        start += len(word) + 1
    return edges


def tagged(sentence: Sentence, marked: Document) -> Sentence:
    """The sentence with the tags of a document of its text; a word that a span holds in part is the span's."""
    edges = word_edges(sentence)
    tags = [OUTSIDE] * len(edges)
    for entity in sorted(marked.entities, key=lambda entity: entity.start):
        held = [n for n, (start, end) in enumerate(edges) if start < entity.end and entity.start < end]
        for place, n in enumerate(n for n in held if tags[n] == OUTSIDE):
            tags[n] = f"{'I' if place else 'B'}-{entity.label}"
    return Sentence(sentence.words, tuple(tags))


def scored(gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Table:
    """seqeval's figures in percent, label by label, then micro and macro: strict (IOB2) and default.

    In strict mode a span must begin with B; the default mode, like the script conlleval that most papers used, lets a
    span begin with a stray I as well.

    Raises:
        ConllError: gold and prediction don't have the same words.
    """
    # Here and not above: it brings scikit-learn, which takes a second.
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    if [sentence.words for sentence in gold] != [sentence.words for sentence in predicted]:
        raise ConllError("gold and prediction don't have the same words in the same sentences")
    tags = [[list(sentence.tags) for sentence in side] for side in (gold, predicted)]
    if not any(tag != OUTSIDE for side in tags for line in side for tag in line):
        raise ConllError("neither gold nor prediction has a span")
    strict = classification_report(*tags, mode="strict", scheme=IOB2, zero_division=0, output_dict=True)
    default = classification_report(*tags, zero_division=0, output_dict=True)
    rows = []
    averages = ("micro avg", "macro avg")
    for name in (*sorted({*strict, *default} - {*averages, "weighted avg"}), *averages):
        figures = strict.get(name, {})
        cells = [f"{100 * figures.get(key, 0):.2f}" for key in ("precision", "recall", "f1-score")]
        lenient = default.get(name, {})
        support = figures.get("support", lenient.get("support", 0))
        rows.append([name.removesuffix(" avg"), *cells, str(int(support)), f"{100 * lenient.get('f1-score', 0):.2f}"])
    return Table("seqeval, strict (IOB2)", ["label", "P", "R", "F1", "gold", "F1, default mode"], rows)


def published_table(name: str) -> Table:
    """The published figures of a data set, with their sources."""
    rows = [[entry.model, f"{entry.f1:g}", entry.source] for entry in PUBLISHED[name]]
    return Table(f"Published, micro F1 on the test set of {name}", ["model", "F1", "source"], rows)


def _plain(word: str) -> str:
    """A segmenter's `_` is a no-break space, as is a space in a word; a word that is nothing but `_` is itself."""
    return re.sub(r"[_\s]", _NO_BREAK, word) if word.strip("_") else word
