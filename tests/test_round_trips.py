"""Documents written in a format and read again, and files that can't be read."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_document import documents
from test_formats import AMOUNT, ARTICLE, DAY, HOSTILE, TEXT, mark, spans_of, valued, written

from annotations.gold import read_gold
from vipol.conll import read_conll
from vipol.document import Document, DocumentError, Entity, Relation, read_jsonl
from vipol.formats import visible
from vipol.labelstudio import from_prediction
from vipol.schema import LABELS, RELATIONS
from vipol.spreadsheet import read_csv
from vipol.text import lines, words

UNHURRIED = settings(deadline=None)

GOLD = Path(__file__).resolve().parent.parent / "annotations" / "gold"

PIECES = st.sampled_from(
    [*HOSTILE.values(), "\n", "\r\n", "\t", " ", "\u200b", "# ", "#", "=", '"', ",", "|", "_", "O", "B-ROLE", "e\u0323"]
)
TEXTS = st.lists(PIECES | st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=6).map("".join)
NAMES = st.text(max_size=4) | st.sampled_from(["e1", "a b", "%20", "HAS_ROLE:e1", ":", "a\nb", "\u3000", "ủy"])
VALUES = st.none() | st.dictionaries(st.sampled_from(["value", "source", "reason"]), st.text(min_size=1), min_size=1)
SCORES = st.none() | st.floats(0, 1)


def from_csv(data: str, texts: dict[str, str]) -> list[Document]:
    return read_csv(io.StringIO(data, newline=""), texts)


def from_conll(data: str, texts: dict[str, str]) -> list[Document]:
    return list(read_conll(io.StringIO(data, newline=""), texts))


def texts_of(many: Sequence[Document]) -> dict[str, str]:
    return {document.id: document.text for document in many}


@st.composite
def word_documents(draw: st.DrawFn) -> Document:
    """A document of hostile text whose spans are whole words of one line, without overlaps, numbered in order."""
    text = draw(TEXTS)
    entities: list[Entity] = []
    relations: list[Relation] = []
    for start, end in lines(text):
        found = words(text, start, end)
        cuts = draw(st.lists(st.integers(0, len(found)), max_size=6, unique=True).map(sorted))
        ids = []
        for first, stop in pairwise(cuts):
            if draw(st.booleans()):
                ids.append(f"e{len(entities) + 1}")
                label = draw(st.sampled_from(LABELS))
                entities.append(Entity(ids[-1], found[first].start, found[stop - 1].end, label))
        for head in ids:
            tails = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(sorted(RELATIONS))), max_size=2))
            relations += [Relation(head, tail, label) for tail, label in tails]
    return Document(draw(NAMES), text, tuple(entities), tuple(relations))


def many(one: st.SearchStrategy[Document]) -> st.SearchStrategy[list[Document]]:
    """Some documents, told apart by what can be seen of their ids."""
    return st.lists(one, max_size=3, unique_by=lambda document: visible(document.id))


def as_csv_has_it(document: Document) -> Document:
    """What `read_csv` says that CSV holds."""
    places = {entity.id: place for place, entity in enumerate(document.entities)}
    relations = sorted(document.relations, key=lambda relation: places[relation.head])
    return Document(
        document.id, document.text, document.entities, tuple(replace(relation, score=None) for relation in relations)
    )


@UNHURRIED
@given(many(documents()), st.data())
def test_csv(found: list[Document], data: st.DataObject) -> None:
    """Any spans, overlapping or not, with any ids, come back from CSV with scores and values, and so do relations."""
    for n, document in enumerate(found):
        entities = tuple(replace(entity, value=data.draw(VALUES)) for entity in document.entities)
        found[n] = replace(document, entities=entities)
    assert from_csv(written("csv", *found), texts_of(found)) == [as_csv_has_it(document) for document in found]


@UNHURRIED
@given(documents())
def test_csv_of_any_values(document: Document) -> None:
    """Whatever a value is, it breaks nothing, and comes back as texts or not at all."""
    (found,) = from_csv(written("csv", document), texts_of([document]))
    for entity, before in zip(found.entities, document.entities, strict=True):
        assert replace(entity, value=None) == replace(before, value=None)
        assert entity.value is None or all(before.value[key] == value for key, value in entity.value.items())


@UNHURRIED
@given(many(word_documents()))
def test_words(found: list[Document]) -> None:
    """Documents whose spans are whole words come back from every format that can be read, all of them."""
    assert from_conll(written("conll", *found), texts_of(found)) == found
    assert from_csv(written("csv", *found), texts_of(found)) == found
    assert list(read_jsonl(io.StringIO(written("jsonl", *found), newline=""))) == found
    assert [from_prediction(task) for task in json.loads(written("labelstudio", *found))] == found


@UNHURRIED
@given(documents())
def test_conll_of_anything(document: Document) -> None:
    """Of any document CoNLL gives the text's words and spans again, or says on which line it can't."""
    try:
        (found,) = from_conll(written("conll", document), texts_of([document]))
    except DocumentError as error:
        assert str(error).startswith("line ")  # noqa: PT017
        return
    assert (found.id, found.text) == (document.id, document.text)
    assert len(found.entities) <= len(document.entities)
    assert len(found.relations) <= len(document.relations)


@UNHURRIED
@given(many(documents()))
def test_labelstudio(found: list[Document]) -> None:
    """Any documents without fields that a task has itself come back from the tasks, scores, values and all."""
    found = [replace(document, extra={"title": document.extra}) for document in found]
    assert [from_prediction(task) for task in json.loads(written("labelstudio", *found))] == found


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts(text: str) -> None:
    """Spans and relations in hostile texts come back from all formats."""
    document = mark(text, "Đỗ Văn Tường PERSON", "UBND phường ORG", name="x")
    entities = tuple(replace(entity, score=None) for entity in document.entities)
    document = replace(document, entities=entities, relations=(Relation("e1", "e2", "ROLE_AT"),))
    if len(list(lines(text))) > 1:
        document = replace(document, relations=())
    assert from_csv(written("csv", document), {"x": text}) == [document]
    assert from_conll(written("conll", document), {"x": text}) == [document]
    assert list(read_jsonl(io.StringIO(written("jsonl", document), newline=""))) == [document]
    assert [from_prediction(task) for task in json.loads(written("labelstudio", document))] == [document]


def test_seeds() -> None:
    """The gold of the seeds comes back whole from CSV, and from CoNLL: each span of it is whole words."""
    gold = [replace(document, published=None, extra={}) for document in read_gold(GOLD)]
    assert sum(len(document.entities) for document in gold) == 329
    assert from_csv(written("csv", *gold), texts_of(gold)) == [as_csv_has_it(document) for document in gold]
    found = from_conll(written("conll", *gold), texts_of(gold))
    assert [spans_of(document) for document in found] == [spans_of(document) for document in gold]
    triples = [[{(h.span, label, t.span) for h, label, t in d.triples()} for d in side] for side in (found, gold)]
    assert triples[0] == triples[1]


def test_csv_with_values() -> None:
    """Values come back as they were."""
    document = replace(valued(DAY, AMOUNT), published=None)
    assert from_csv(written("csv", document), texts_of([document])) == [as_csv_has_it(document)]


def test_csv_from_a_spreadsheet() -> None:
    """A byte order mark, other line ends, columns in another order or further ones, and blank lines do no harm."""
    rows = [line.split(",") for line in written("csv", mark(TEXT, "Bí thư ROLE")).splitlines()]
    data = "\ufeff" + "\n\n".join(",".join([row[0], *reversed(row[1:]), "ghi chú"]) for row in rows) + "\n"
    assert from_csv(data, {"tin-1": TEXT}) == [mark(TEXT, "Bí thư ROLE")]


def test_csv_without_values_columns() -> None:
    """A CSV that has only the columns before those of values is read."""
    data = "\n".join(line.removesuffix(",,,") for line in written("csv", mark(TEXT, "Bí thư ROLE")).splitlines()[1:])
    header = "document,entity,start,end,label,text,score,relations\n"
    assert from_csv(header + data, {"tin-1": TEXT}) == [mark(TEXT, "Bí thư ROLE")]


def test_csv_of_texts_without_rows() -> None:
    """Every text gives a document, in the order of the texts, though no row names it."""
    assert from_csv(written("csv", mark("Tèo", "Tèo PERSON", name="b")), {"c": "x", "b": "Tèo"}) == [
        Document("c", "x"),
        mark("Tèo", "Tèo PERSON", name="b"),
    ]


HEADER = "document,entity,start,end,label,text,score,relations\r\n"
POST = "d,e1,0,6,ROLE,Bí thư,0.5,\r\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "line 1: there is no header"),
        ("document,entity,start,end,text\n", "line 1: no column is called label, score, relations"),
        (HEADER + "d,e1\r\n", "line 2: 2 fields under a header of 8"),
        (HEADER + 'd,"e1"x,0\r\n', "line 2: not CSV that can be read ('"),
        (HEADER + POST + 'd,"e2\r\n', "line 3: not CSV that can be read (unexpected end of data)"),
        (HEADER + POST.replace("d,", "x,"), "line 2: there is no text for the document 'x'"),
        (HEADER + POST + POST, "line 3: the document has an entity 'e1' already"),
        (HEADER + '"d","e\n1",0,6,ROLE,Bí thư,,\r\n' + POST.replace("0.5", "nan"), "line 4: score 'nan' is no number"),
        (HEADER + POST.replace("0.5", "0,5"), "line 2: 9 fields under a header of 8"),
        (HEADER + POST.replace("0.5", "cao"), "line 2: score 'cao' is no number"),
        (HEADER + POST.replace("ROLE", "POST"), "line 2: label 'POST' is none of PERSON, ROLE, ORG, DATE, MONEY"),
        (HEADER + POST.replace(",0,6", ",-1,6"), "line 2: \"start\" is '-1', not a whole number"),
        (HEADER + POST.replace(",0,6", ",0,6.0"), "line 2: \"end\" is '6.0', not a whole number"),
        (HEADER + POST.replace(",0,6", ",0," + "9" * 5000), 'line 2: "end" is '),
        (HEADER + POST.replace(",0,6", ",6,6"), "line 2: offsets 6 to 6 don't lie in a text of 10 characters"),
        (HEADER + POST.replace(",0,6", ",0,11"), "line 2: offsets 0 to 11 don't lie in a text of 10 characters"),
        (HEADER + POST.replace(",0,6", ",1,7"), "line 2: the text at 1 to 7 is 'í thư ', not 'Bí thư'"),
        (HEADER + POST.replace("0.5,", "0.5,HAS_ROLE"), "line 2: relation 'HAS_ROLE' is not one of HAS_ROLE, ROLE_AT"),
        (HEADER + POST.replace("0.5,", "0.5,IS:e1"), "line 2: relation 'IS:e1' is not one of HAS_ROLE, ROLE_AT"),
        (HEADER + "\r\n" + POST.replace("0.5,", "0.5,ROLE_AT:e2"), "line 3: the document 'd' has no entity 'e2'"),
    ],
)
def test_bad_csv(data: str, message: str) -> None:
    """What can't be read is an error that names the line and what is wrong there."""
    with pytest.raises(DocumentError) as caught:
        from_csv(data, {"d": "Bí thư Hoa"})
    assert str(caught.value).startswith(message)


def test_conll_of_several() -> None:
    """Documents come as they stand in the file, each once it is over, and ids may have what a line can't hold."""
    first, second = replace(mark("Tèo", "Tèo PERSON", name="a\nb")), Document("", " \n")
    stream = iter(written("conll", first, second).splitlines(keepends=True))
    found = read_conll(stream, {"": " \n", "a\nb": "Tèo"})
    assert next(found) == replace(first, entities=(replace(first.entities[0], score=None),))
    assert next(stream) == "\n"
    assert list(found) == [second]


def test_conll_from_an_editor() -> None:
    """Line ends of Windows, further comments and blank lines do no harm; nor does a last line without its end."""
    rows = written("conll", mark("Bí thư\nHoa", "Bí thư ROLE", name="d")).split("\n", 1)[1]
    data = f"# by hand\n\n# id = d\n# một\n\n{rows}"
    (found,) = from_conll(data.replace("\n\n", "\n\n\n").rstrip("\n").replace("\n", "\r\n"), {"d": "Bí thư\nHoa"})
    assert spans_of(found) == [(0, 6, "ROLE")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("Bí\tO\t_\n", "line 1: a word before any document; '# id =' and its id begin one"),
        ("# id = x\n", "line 1: there is no text for the document 'x'"),
        ("# id = d\nBí\tO\n", "line 2: 'Bí\\tO' is not a word, a tag and relations, parted by tabs"),
        ("# id = d\nBi\tO\t_\n", "line 2: the word is 'Bi', and 'Bí' in the text at offset 0"),
        ("# id = d\nBí\tB-POST\t_\n", "line 2: tag 'B-POST' is none of O, B-PERSON, "),
        ("# id = d\nBí\tI-ROLE\t_\n", "line 2: tag 'I-ROLE' follows 'O': a span begins with B-ROLE"),
        ("# id = d\nBí\tB-ORG\t_\nthư\tI-ROLE\t_\n", "line 3: tag 'I-ROLE' follows 'B-ORG': a span begins with B-ROLE"),
        ("# id = d\nBí\tO\t_\n\n", "line 3: before it the word 'thư' at offset 3 of 'd' is missing"),
        ("# id = d\nBí\tO\t_\nthư\tO\t_\n\n", "line 5: before it the word 'Hoa' at offset 7 of 'd' is missing"),
        ("# id = d\nBí\tO\t_\nthư\tO\t_\n# id = d\n", "line 4: before it the word 'Hoa' at offset 7 of 'd' is missing"),
        ("# id = d\nBí\tO\t_\nthư\tO\t_\nHoa\tO\t_\n", "line 4: 'Hoa' stands behind the last word of its line of text"),
        (
            "# id = d\nBí\tO\t_\nthư\tO\t_\n\nHoa\tO\t_\n\nHoa\tO\t_\n",
            "line 7: 'Hoa' stands behind the last word of the document 'd'",
        ),
        ("# id = d\nBí\tB-ROLE\tIS:1\nthư\tO\t_\n\nHoa\tO\t_\n", "line 2: relation 'IS:1' is not one of HAS_ROLE, "),
        ("# id = d\nBí\tB-ROLE\t\nthư\tO\t_\n\nHoa\tO\t_\n", "line 2: relation '' is not one of HAS_ROLE, "),
        (
            "# id = d\nBí\tB-ROLE\tROLE_AT:2\nthư\tO\t_\n\nHoa\tO\t_\n",
            "line 2: relation 'ROLE_AT:2': no span begins at word 2 of the line of text",
        ),
        (
            "# id = d\nBí\tB-ROLE\t_\nthư\tI-ROLE\tROLE_AT:1\n\nHoa\tO\t_\n",
            "line 3: relation 'ROLE_AT:1': no span begins at word 2 of the line of text",
        ),
    ],
)
def test_bad_conll(data: str, message: str) -> None:
    """What can't be read is an error that names the line and what is wrong there."""
    with pytest.raises(DocumentError) as caught:
        from_conll(data, {"d": "Bí thư\nHoa"})
    assert str(caught.value).startswith(message)


def test_conll_of_ids_that_look_the_same() -> None:
    """Two ids that only invisible characters tell apart can't be told apart in CoNLL."""
    with pytest.raises(DocumentError, match="look the same in CoNLL"):
        from_conll("", {"a\nb": "", "a\\nb": ""})


@pytest.mark.parametrize("read", [from_csv, from_conll])
@UNHURRIED
@given(st.text(), st.text(max_size=10))
def test_junk(read: Callable[[str, dict[str, str]], list[Document]], data: str, text: str) -> None:
    """Whatever is in a file, nothing but a `DocumentError` comes of it."""
    for junk in (data, HEADER + data, f"# id = d\n{data}"):
        try:
            read(junk, {"d": text})
        except DocumentError as error:
            assert str(error).startswith("line ")  # noqa: PT017


def test_scores_and_dates_that_csv_and_conll_leave_out() -> None:
    """Both give the article back without its date; CSV keeps scores of spans, CoNLL none."""
    (by_csv,) = from_csv(written("csv", ARTICLE), {"tin-1": TEXT})
    (by_conll,) = from_conll(written("conll", ARTICLE), {"tin-1": TEXT})
    assert (by_csv.published, by_conll.published) == (None, None)
    assert by_csv.entities == ARTICLE.entities
    assert {entity.score for entity in by_conll.entities} == {None}
    assert by_csv.bare() == by_conll.bare()
