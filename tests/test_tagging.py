"""Spans as IOB2 tags, and agreement of our span scores with seqeval's and nervaluate's."""

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate import Evaluator
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2
from test_scores import GOLD, PREDICTED, marked

from eval.scores import Breakdown, Counts, Macro, PairingError, score
from eval.tagging import AgreementError, agree, taggings
from vipol.decoding import spans
from vipol.document import Document, Entity
from vipol.schema import LABELS, TAGS
from vipol.text import lines

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)


def tags(document: Document, other: Document | None = None) -> list[list[str]]:
    return taggings([document], [other or document.bare()])[0]


def test_words_of_each_line() -> None:
    """Every word has a tag, a punctuation mark too; a line is a sequence; an empty line is none."""
    document = marked("[Bí thư|ROLE] [Huệ|PERSON], nói.\n\n[12 tỷ đồng|MONEY]")
    assert tags(document) == [["B-ROLE", "I-ROLE", "B-PERSON", "O", "O", "O"], ["B-MONEY", "I-MONEY", "I-MONEY"]]


def test_neighbours_of_one_label_stay_two() -> None:
    """Two spans of one label with nothing but a space between them begin with a B tag each."""
    assert tags(marked("[Hoa|PERSON] [Huệ|PERSON]")) == [["B-PERSON", "B-PERSON"]]


def test_edge_within_a_word_cuts_it() -> None:
    """A span that ends within a word cuts that word for both sides."""
    gold, predicted = marked("[Huệ|PERSON]nói"), marked("[Huệnói|PERSON]")
    assert taggings([gold], [predicted]) == ([["B-PERSON", "O"]], [["B-PERSON", "I-PERSON"]])


def test_white_space_at_an_edge_has_a_tag() -> None:
    """A span that takes in a space is not tagged like the span without it; other spaces have no tag."""
    gold, predicted = marked("ông [Huệ|PERSON] nói"), marked("ông[ Huệ|PERSON] nói")
    assert taggings([gold], [predicted]) == ([["O", "O", "B-PERSON", "O"]], [["O", "B-PERSON", "I-PERSON", "O"]])


def test_same_span_twice_is_tagged_once() -> None:
    """A prediction that has a span twice is tagged as if it had it once."""
    assert tags(Document("d", "Hoa", (Entity("1", 0, 3, "PERSON"), Entity("2", 0, 3, "PERSON")))) == [["B-PERSON"]]


def test_overlap_is_refused() -> None:
    """Overlapping spans are named, with document, side and offsets: a word has one tag."""
    entities = (Entity("1", 0, 6, "ROLE"), Entity("2", 3, 9, "ORG"))
    message = r"^document 'd', predicted ORG at 3 to 9: overlaps another span, .*seqeval can't be asked$"
    with pytest.raises(AgreementError, match=message):
        taggings([Document("d", "Bí thư ủy")], [Document("d", "Bí thư ủy", entities)])


def test_span_across_lines_is_refused() -> None:
    """A span over a line break is named: a line is a sequence."""
    with pytest.raises(AgreementError, match=r"^document 'd', gold ROLE at 0 to 6: not within one line"):
        tags(Document("d", "Bí\nthư", (Entity("1", 0, 6, "ROLE"),)))


def test_span_in_an_empty_line_is_refused() -> None:
    """A span of white space in a line of white space has no line to be tagged in."""
    with pytest.raises(AgreementError, match="not within one line"):
        tags(Document("d", "Bí\n  \nthư", (Entity("1", 3, 5, "ROLE"),)))


def test_documents_must_pair() -> None:
    """Taggings of different documents are no taggings of the same words."""
    with pytest.raises(PairingError, match="no prediction for document 'd'"):
        taggings([GOLD], [])


def test_agreement_on_the_worked_example() -> None:
    """seqeval's micro F1 for the five lines is 22/33, as derived in test_scores."""
    assert agree([GOLD], [PREDICTED], score([GOLD], [PREDICTED])) == pytest.approx(22 / 33)


@pytest.mark.parametrize("documents", [[], [Document("d", "")], [Document("d", "Hà Nội")]])
def test_agreement_on_nothing(documents: list[Document]) -> None:
    """Without documents, words or spans both scorers say 0."""
    assert agree(documents, documents, score(documents, documents)) == 0.0


@pytest.mark.parametrize(
    ("label", "counts"), [("DATE", Counts(2, 0, 0)), ("MONEY", Counts()), ("PLACE", Counts(0, 0, 1))]
)
def test_other_figures_are_refused(label: str, counts: Counts) -> None:
    """Scores with one label's counts changed don't pass."""
    scores = score([GOLD], [PREDICTED])
    wrong = replace(scores, spans=Breakdown({**scores.spans.by_label, label: counts}))
    with pytest.raises(AgreementError, match="differ for micro"):
        agree([GOLD], [PREDICTED], wrong)


def test_exchanged_labels_are_refused() -> None:
    """Scores with two labels' counts exchanged have the right micro figures and don't pass for all that."""
    scores = score([GOLD], [PREDICTED])
    by_label = {**scores.spans.by_label, "ORG": scores.spans.by_label["ROLE"], "ROLE": scores.spans.by_label["ORG"]}
    with pytest.raises(
        AgreementError, match=r"^seqeval and the scores differ for ORG: .* 0\.6 0\.6 0\.6 5 against 0\.6 0\.75"
    ):
        agree([GOLD], [PREDICTED], replace(scores, spans=Breakdown(by_label)))


def test_a_label_that_seqeval_lacks_is_refused() -> None:
    """Scores that have one label's counts under two labels have the right sums and a label of their own."""
    scores = score([GOLD], [PREDICTED])
    split = {**scores.spans.by_label, "DATE": Counts(1, 0, 0), "PLACE": Counts(0, 1, 1)}
    with pytest.raises(AgreementError, match=r"^seqeval and the scores don't see the same labels: PLACE$"):
        agree([GOLD], [PREDICTED], replace(scores, spans=Breakdown(split)))


def from_tags(name: str, sequence: list[str]) -> Document:
    """A document of one-letter words with the spans of these tags."""
    found = (Entity(f"e{n}", 2 * first, 2 * stop - 1, label) for n, (first, stop, label) in enumerate(spans(sequence)))
    return Document(name, " ".join("a" * len(sequence)), tuple(found))


@st.composite
def random_taggings(draw: st.DrawFn) -> tuple[list[list[str]], list[list[str]]]:
    """Any tags, I tags without a beginning not excepted, and others that differ here and there."""
    few = st.sampled_from([tag for tag in TAGS if tag[2:] not in ("DATE", "MONEY")])
    gold = draw(st.lists(st.lists(few, min_size=1, max_size=12), min_size=1, max_size=4))
    return gold, [[draw(few) if draw(st.integers(0, 3)) == 0 else tag for tag in line] for line in gold]


@EXAMPLES
@given(random_taggings())
def test_equal_to_seqeval(both: tuple[list[list[str]], list[list[str]]]) -> None:
    """Micro, macro and every label's figures equal seqeval's strict report on random tags (not on our own)."""
    gold, predicted = ([from_tags(str(n), line) for n, line in enumerate(side)] for side in both)
    found = score(gold, predicted).spans
    if found.micro == Counts():
        return  # seqeval's report cannot be made of nothing
    theirs = classification_report(*both, mode="strict", scheme=IOB2, zero_division=0, output_dict=True)
    ours: dict[str, Counts | Macro] = {"micro avg": found.micro, "macro avg": found.macro}
    ours.update({label: counts for label, counts in found.by_label.items() if counts != Counts()})
    assert set(theirs) == {*ours, "weighted avg"}
    for name, figures in ours.items():
        assert (figures.precision, figures.recall, figures.f1, figures.support) == pytest.approx(
            tuple(theirs[name][key] for key in ("precision", "recall", "f1-score", "support"))
        )


@EXAMPLES
@given(random_taggings())
def test_equal_to_nervaluate(both: tuple[list[list[str]], list[list[str]]]) -> None:
    """Counts of random tags equal nervaluate's strict ones, all together and label by label."""
    gold, predicted = ([from_tags(str(n), line) for n, line in enumerate(side)] for side in both)
    # nervaluate's offsets include the end.
    sides = [
        [[{"label": e.label, "start": e.start, "end": e.end - 1} for e in d.entities] for d in s]
        for s in (gold, predicted)
    ]
    theirs = Evaluator(*sides, tags=[*LABELS], loader="dict").evaluate()
    found = score(gold, predicted).spans
    ours = [(found.micro, theirs["overall"]["strict"])]
    ours += [(found.by_label[label], results["strict"]) for label, results in theirs["entities"].items()]
    for counts, strict in ours:
        assert counts == Counts(strict.correct, strict.incorrect + strict.spurious, strict.incorrect + strict.missed)
        assert (counts.precision, counts.recall, counts.f1) == pytest.approx(
            (strict.precision, strict.recall, strict.f1)
        )


TEXT = st.text("aủĐ1 ,.\n\r\u2028\u00a0\u200b\u0301", min_size=1, max_size=24)


@st.composite
def marked_twice(draw: st.DrawFn) -> tuple[Document, Document]:
    """A hostile text with two sets of spans, their edges anywhere within a line."""
    text = draw(TEXT)
    sides = []
    for _ in range(2):
        found: list[Entity] = []
        for start, end in lines(text):
            edges = sorted(draw(st.sets(st.integers(start, end), max_size=6)))
            for left, right in zip(edges[::2], edges[1::2], strict=False):
                found.append(Entity(f"e{len(found)}", left, right, draw(st.sampled_from(LABELS[:2]))))
        sides.append(Document("d", text, tuple(found)))
    return sides[0], sides[1]


@EXAMPLES
@given(marked_twice())
def test_agreement_wherever_spans_begin_and_end(both: tuple[Document, Document]) -> None:
    """seqeval agrees on spans with edges within words, in white space and beside invisible characters."""
    gold, predicted = both
    scores = score([gold], [predicted])
    assert agree([gold], [predicted], scores) == pytest.approx(scores.spans.micro.f1)


@EXAMPLES
@given(marked_twice())
def test_tags_hold_every_span(both: tuple[Document, Document]) -> None:
    """A tagging has as many spans of each label as its document, on both sides, over the same words."""
    gold, predicted = both
    for document, tagging, other in zip(
        both, taggings([gold], [predicted]), taggings([predicted], [gold])[::-1], strict=True
    ):
        assert tagging == other
        written = sorted(label for line in tagging for *_, label in spans(line))
        assert written == sorted(entity.label for entity in document.entities)
