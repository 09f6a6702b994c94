import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_document import documents

from vipol.decoding import spans
from vipol.document import Document, DocumentError, Entity, Relation, read_jsonl
from vipol.formats import FORMATS, chains, check, visible, write
from vipol.schema import LABELS
from vipol.text import lines, words

UNHURRIED = settings(deadline=None)

TEXT = """Trao nhà mới ở phường Sông Thơm
Chiều 5/1, Bí thư Quận ủy Lê Thị Mai Khanh và Phó Chủ tịch UBND phường trao 2,5 tỷ đồng.
"""
MARKS = (
    "Chiều 5/1 DATE",
    "Bí thư ROLE",
    "Quận ủy ORG",
    "Lê Thị Mai Khanh PERSON",
    "Phó Chủ tịch ROLE",
    "UBND phường ORG",
    "2,5 tỷ đồng MONEY",
)
LINKS = (("e4", "e2", "HAS_ROLE", 0.97), ("e2", "e3", "ROLE_AT", 0.914), ("e5", "e6", "ROLE_AT", 0.6))


def mark(text: str, *marks: str, name: str = "tin-1") -> Document:
    """A document whose spans are the first places of these words, each followed by its label."""
    entities = []
    for number, entry in enumerate(marks, 1):
        surface, label = entry.rsplit(" ", 1)
        start = text.index(surface)
        entities.append(Entity(f"e{number}", start, start + len(surface), label, 0.995 - number / 100))
    return Document(name, text, tuple(entities))


ARTICLE = replace(mark(TEXT, *MARKS), relations=tuple(Relation(*link) for link in LINKS), published="2024-01-05")

DAY = {"value": "2024-01-05", "source": "published"}
AMOUNT = {"value": "2500000000 VND"}

HOSTILE = {
    "CRLF": "Dòng một\r\nông Đỗ Văn Tường\r\nở UBND phường\r\n",
    "BOM": "\ufeffĐỗ Văn Tường ở UBND phường",
    "NFD": "o\u0302ng Đỗ Văn Tường ơ\u0309 UBND phu\u031bo\u031b\u0300ng, UBND phường",
    "odd spaces": "ông\xa0\u200bĐỗ Văn Tường\u3000ở\u2009UBND phường",
    "emoji": "👩🏽‍💼👍 Đỗ Văn Tường 🇻🇳 UBND phường #1",
    "control characters": "\x00\x1b[31mĐỗ Văn Tường\x07\u202e UBND phường",
    "quotes": '"Đỗ Văn Tường", ""UBND phường";\'',
    "hashes": "# id = giả\n# Đỗ Văn Tường\n\n#\n#UBND phường",
    "odd lines": "một\u2028Đỗ Văn Tường\x0cở\x85UBND phường",
}


def written(format: str, *documents: Document) -> str:
    stream = io.StringIO(newline="")
    write(documents, stream, format, "một-mô-hình")
    return stream.getvalue()


def valued(day: object, amount: object) -> Document:
    """The article with these values of its date and its amount of money."""
    values = {"DATE": day, "MONEY": amount}
    return replace(
        ARTICLE, entities=tuple(replace(entity, value=values.get(entity.label)) for entity in ARTICLE.entities)
    )


def read_csv(data: str) -> dict[str, list[tuple[int, int, str]]]:
    """Spans of every document of a CSV file; fails if a row's text is not where the row says."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for row in csv.DictReader(io.StringIO(data, newline="")):
        found.setdefault(row["document"], []).append((int(row["start"]), int(row["end"]), row["label"]))
    return found


def read_conll(data: str, text: str) -> tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]:
    """Spans of one document in CoNLL, and its relations by the offsets of their ends."""
    comment, body = data.split("\n", 1)
    assert comment.startswith("# id = ")
    blocks = [block.split("\n") for block in body.strip("\n").split("\n\n") if block]
    by_line = [found for start, end in lines(text) if (found := words(text, start, end))]
    marked, joined = [], []
    for block, line in zip(blocks, by_line, strict=True):
        rows = [row.split("\t") for row in block]
        assert [row[0] for row in rows] == [text[word.start : word.end] for word in line]
        marked += [(line[first].start, line[stop - 1].end, label) for first, stop, label in spans([r[1] for r in rows])]
        for word, row in zip(line, rows, strict=True):
            for link in () if row[2] == "_" else row[2].split("|"):
                label, number = link.split(":")
                joined.append((word.start, line[int(number) - 1].start, label))
    return marked, joined


def spans_of(document: Document) -> list[tuple[int, int, str]]:
    return [entity.span for entity in document.entities]


def test_csv() -> None:
    """One row an entity under a header, lines ended by CRLF, relations by label and id."""
    assert written("csv", ARTICLE).split("\r\n") == [
        "document,entity,start,end,label,text,score,relations,value,value_source,value_reason",
        "tin-1,e1,32,41,DATE,Chiều 5/1,0.985,,,,",
        "tin-1,e2,43,49,ROLE,Bí thư,0.975,ROLE_AT:e3,,,",
        "tin-1,e3,50,57,ORG,Quận ủy,0.965,,,,",
        "tin-1,e4,58,74,PERSON,Lê Thị Mai Khanh,0.955,HAS_ROLE:e2,,,",
        "tin-1,e5,78,90,ROLE,Phó Chủ tịch,0.945,ROLE_AT:e6,,,",
        "tin-1,e6,91,102,ORG,UBND phường,0.935,,,,",
        'tin-1,e7,108,119,MONEY,"2,5 tỷ đồng",0.925,,,,',
        "",
    ]


def test_csv_of_values() -> None:
    """A value stands in three columns; what is no text in one is left out."""
    data = written("csv", valued(DAY, AMOUNT)) + written("csv", valued(None, {"reason": "không rõ", "value": 5}))
    rows = list(csv.reader(io.StringIO(data, newline="")))
    assert [row[-3:] for row in rows if row[4] in ("DATE", "MONEY")] == [
        ["2024-01-05", "published", ""],
        ["2500000000 VND", "", ""],
        ["", "", ""],
        ["", "", "không rõ"],
    ]


def test_csv_of_two_posts() -> None:
    """Two relations of one entity stand in one field, a space between them."""
    relations = (Relation("e4", "e2", "HAS_ROLE"), Relation("e4", "e5", "HAS_ROLE"))
    assert ",HAS_ROLE:e2 HAS_ROLE:e5,,,\r\n" in written("csv", replace(ARTICLE, relations=relations))


def test_csv_keeps_formulas() -> None:
    """A text that a spreadsheet would take for a formula is written as it is."""
    assert ",=A1+B2," in written("csv", mark("=A1+B2", "=A1+B2 ORG"))


def test_csv_quotes_ids() -> None:
    """An id may hold what CSV itself uses."""
    document = mark("Đỗ Văn Tường", "Đỗ Văn Tường PERSON", name='a,"b"\r\nc')
    assert read_csv(written("csv", document)) == {'a,"b"\r\nc': [(0, 12, "PERSON")]}


def test_conll() -> None:
    """A word a line with tag and relations, a blank line after each line of text, the id before all."""
    data = written(
        "conll", replace(ARTICLE, text=TEXT.replace(" trao 2,5 tỷ đồng.", ""), entities=ARTICLE.entities[:6])
    )
    assert data.split("\n") == [
        "# id = tin-1",
        *(f"{word}\tO\t_" for word in ["Trao", "nhà", "mới", "ở", "phường", "Sông", "Thơm"]),
        "",
        "Chiều\tB-DATE\t_",
        "5\tI-DATE\t_",
        "/\tI-DATE\t_",
        "1\tI-DATE\t_",
        ",\tO\t_",
        "Bí\tB-ROLE\tROLE_AT:8",
        "thư\tI-ROLE\t_",
        "Quận\tB-ORG\t_",
        "ủy\tI-ORG\t_",
        "Lê\tB-PERSON\tHAS_ROLE:6",
        "Thị\tI-PERSON\t_",
        "Mai\tI-PERSON\t_",
        "Khanh\tI-PERSON\t_",
        "và\tO\t_",
        "Phó\tB-ROLE\tROLE_AT:18",
        "Chủ\tI-ROLE\t_",
        "tịch\tI-ROLE\t_",
        "UBND\tB-ORG\t_",
        "phường\tI-ORG\t_",
        "",
        "",
    ]


def test_conll_of_two_posts() -> None:
    """A bar parts two relations of one word."""
    relations = (Relation("e4", "e2", "HAS_ROLE"), Relation("e4", "e5", "HAS_ROLE"))
    assert "Lê\tB-PERSON\tHAS_ROLE:6|HAS_ROLE:15\n" in written("conll", replace(ARTICLE, relations=relations))


def test_conll_reads_back() -> None:
    """Spans and relations can be told from the words alone."""
    marked, joined = read_conll(written("conll", ARTICLE), TEXT)
    assert marked == spans_of(ARTICLE)
    assert sorted(joined) == sorted((h.start, t.start, label) for h, label, t in ARTICLE.triples())


def test_conll_parts_touching_spans() -> None:
    """Two spans of one label side by side stay two."""
    document = mark("Đỗ Tường Lê Khanh", "Đỗ Tường PERSON", "Lê Khanh PERSON")
    assert read_conll(written("conll", document), document.text)[0] == spans_of(document)


def test_conll_of_part_of_a_word() -> None:
    """A word that a span holds in part takes its tag."""
    document = Document("x", "ôngTường", (Entity("e1", 1, 5, "PERSON"),))
    assert written("conll", document) == "# id = x\nông\tB-PERSON\t_\nTường\tI-PERSON\t_\n\n"


def test_conll_of_a_span_without_words() -> None:
    """A span of nothing visible has no word to stand at, and its relations none either."""
    entities = (Entity("e1", 0, 1, "PERSON"), Entity("e2", 1, 3, "ROLE"))
    document = Document("x", "\u200bTV", entities, (Relation("e1", "e2", "HAS_ROLE"),))
    assert written("conll", document) == "# id = x\nTV\tB-ROLE\t_\n\n"


def test_conll_leaves_out_relations_between_lines() -> None:
    """A relation between two lines, which the scheme has not, cannot be numbered within one."""
    entities = (Entity("e1", 0, 3, "PERSON"), Entity("e2", 4, 6, "ROLE"))
    document = Document("x", "Tèo\nTV", entities, (Relation("e1", "e2", "HAS_ROLE"),))
    assert written("conll", document) == "# id = x\nTèo\tB-PERSON\t_\n\nTV\tB-ROLE\t_\n\n"


def test_conll_of_two_documents() -> None:
    """Each document begins with its id, on one line whatever the id; one without words is its id alone."""
    data = written("conll", Document("a\nb", " \n"), Document("c", "#"))
    assert data == "# id = a\\nb\n\n# id = c\n#\tO\t_\n\n"


def test_jsonl() -> None:
    """JSONL gives the same documents back."""
    assert list(read_jsonl(io.StringIO(written("jsonl", ARTICLE, ARTICLE)))) == [ARTICLE, ARTICLE]


def test_labelstudio() -> None:
    """A JSON list of tasks, the marks in them as the model's predictions."""
    first, second = json.loads(written("labelstudio", ARTICLE, mark("Sông Thơm", name="tin-2")))
    assert first["data"]["text"] == TEXT
    (prediction,) = first["predictions"]
    assert prediction["model_version"] == "một-mô-hình"
    regions = [item for item in prediction["result"] if item["type"] == "labels"]
    found = [(r["value"]["start"], r["value"]["end"], r["value"]["labels"][0]) for r in regions]
    assert found == spans_of(ARTICLE)
    assert second["predictions"][0]["result"] == []


def test_labelstudio_of_nothing() -> None:
    """No documents are an empty list."""
    assert json.loads(written("labelstudio")) == []


def test_check() -> None:
    """Only Label Studio's tasks have keys that a document's own may clash with."""
    document = Document("x", "một", extra={"doc_id": "y"})
    for format in set(FORMATS) - {"labelstudio"}:
        check(document, format)
    with pytest.raises(DocumentError, match="doc_id"):
        check(document, "labelstudio")


def test_table() -> None:
    """The id, a row for every span, then who holds which post where, with the lowest score of each chain."""
    found = [line.rstrip() for line in written("table", ARTICLE).split("\n")]
    assert found == [
        "tin-1",
        "  32:41  DATE    0.98  Chiều 5/1",
        "  43:49  ROLE    0.97  Bí thư",
        "  50:57  ORG     0.96  Quận ủy",
        "  58:74  PERSON  0.95  Lê Thị Mai Khanh",
        "  78:90  ROLE    0.94  Phó Chủ tịch",
        " 91:102  ORG     0.94  UBND phường",
        "108:119  MONEY   0.93  2,5 tỷ đồng",
        "",
        "0.91  Lê Thị Mai Khanh → Bí thư → Quận ủy",
        "0.60  Phó Chủ tịch → UBND phường",
        "",
        "",
    ]


def test_table_without_scores() -> None:
    """Marks that people made have no scores, and none are shown."""
    gold = replace(
        ARTICLE,
        entities=tuple(replace(entity, score=None) for entity in ARTICLE.entities),
        relations=tuple(replace(relation, score=None) for relation in ARTICLE.relations),
    )
    assert "      Lê Thị Mai Khanh → Bí thư → Quận ủy" in written("table", gold)


def test_table_with_values() -> None:
    """Values stand in a last column where there is one, and nowhere else."""
    found = [line.rstrip() for line in written("table", valued(DAY, {"reason": "không rõ"})).split("\n")]
    assert found[1] == "  32:41  DATE    0.98  Chiều 5/1         2024-01-05"
    assert found[7] == "108:119  MONEY   0.93  2,5 tỷ đồng"
    assert written("table", valued({"reason": "không rõ"}, "2,5 tỷ")) == written("table", ARTICLE)


def test_table_of_nothing() -> None:
    """A document without spans is its id."""
    assert written("table", Document("trống", "")) == "trống\n\n"


def test_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow terminal folds texts, never offsets, and gets colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    text = "x" * 123_456 + " " + "Công ty " * 20
    document = Document("dài", text, (Entity("e1", 123_457, 123_610, "ORG", 0.5),))
    data = written("table", document)
    assert "123457:123610" in data
    assert "\x1b[35mORG" in data
    assert max(map(len, data.split("\n"))) < 120


def test_table_does_not_fold_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a pipe a span is one line, however long, and without colours."""
    monkeypatch.setenv("COLUMNS", "20")
    name = "Công ty " * 40 + "X"
    data = written("table", mark(name, f"{name} ORG"))
    assert name in data
    assert "\x1b" not in data


def test_table_is_safe() -> None:
    """Escape sequences, overrides of direction and line breaks in ids, texts and relations are shown, not obeyed."""
    bad = "A\x1b[2J\u202e\n\x9b1mB [red]:smile:[/red]"
    document = replace(
        mark(f"{bad} TV", f"{bad} PERSON", "TV ROLE", name=bad), relations=(Relation("e1", "e2", "HAS_ROLE"),)
    )
    data = written("table", document)
    shown = "A\\x1b[2J\\u202e\\n\\x9b1mB [red]:smile:[/red]"
    assert data.count(shown) == 3
    assert all(character == "\n" or character.isprintable() for character in data)


def test_text() -> None:
    """The text with its spans in brackets, labels and values behind them, chains below the lines they begin in."""
    assert written("text", valued(DAY, AMOUNT)).split("\n") == [
        "tin-1",
        "Trao nhà mới ở phường Sông Thơm",
        "[Chiều 5/1 DATE =2024-01-05], [Bí thư ROLE] [Quận ủy ORG] [Lê Thị Mai Khanh PERSON] và [Phó Chủ tịch ROLE] "
        "[UBND phường ORG] trao [2,5 tỷ đồng MONEY =2500000000 VND].",
        "    Lê Thị Mai Khanh → Bí thư → Quận ủy  0.91",
        "    Phó Chủ tịch → UBND phường  0.60",
        "",
        "",
    ]


def test_text_of_nothing() -> None:
    """A document without a text is its id; one without spans is its text, blank lines and all."""
    assert written("text", Document("trống", "")) == "trống\n\n"
    assert written("text", Document("x", "một\n\nhai")) == "x\nmột\n\nhai\n\n"


def test_text_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal colours stand for labels, which the first line explains; values stay; lines break at words."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    data = written("text", valued(DAY, None))
    head, *body = data.split("\n")
    assert all(f"\x1b[{colour}m{label}\x1b[0m" in head for colour, label in ((33, "DATE"), (36, "ROLE"), (34, "MONEY")))
    assert "\x1b[33mChiều 5/1\x1b[0m\x1b[2m =2024-01-05\x1b[0m, \x1b[36mBí thư\x1b[0m" in data
    plain = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in body]
    assert all(len(line) <= 60 for line in plain)
    assert "[" not in "".join(plain)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_text_on_a_terminal_without_colour(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A terminal that has no colours, or shall have none, gets the labels in words."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv(name, value)
    assert "Bí thư ROLE]" in re.sub("\x1b\\[[0-9;]*m", "", written("text", ARTICLE))


def test_text_does_not_fold_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a pipe a line is a line, however long."""
    monkeypatch.setenv("COLUMNS", "20")
    name = "Công ty " * 20_000 + "X"
    assert written("text", mark(name, f"{name} ORG")) == f"tin-1\n[{name} ORG]\n\n"


def test_text_of_spans_in_spans() -> None:
    """Of spans within others the inner end first; one may begin where another ends, or end in another line."""
    spans = ((0, 6, "ORG"), (2, 6, "ROLE"), (0, 2, "DATE"), (6, 9, "PERSON"))
    entities = tuple(Entity(f"e{n}", *span) for n, span in enumerate(spans))
    assert written("text", Document("x", "abcdefg\nhi", entities)) == "x\n[[ab DATE][cdef ROLE] ORG][g\nh PERSON]i\n\n"


def test_text_in_colour_of_spans_in_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inner of two spans has its colour, though the outer begins where it does."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    entities = (Entity("e1", 0, 2, "DATE"), Entity("e2", 0, 6, "ORG"))
    assert "\x1b[33mab\x1b[0m\x1b[35mcdef\x1b[0mg" in written("text", Document("x", "abcdefg", entities))


def test_text_of_a_chain_over_two_lines() -> None:
    """A chain whose ends stand on two lines, which the scheme has not, is below the first of them."""
    document = mark("TV\nTèo", "Tèo PERSON", "TV ROLE", name="x")
    document = replace(document, relations=(Relation("e1", "e2", "HAS_ROLE"),))
    assert written("text", document) == "x\n[TV ROLE]\n    Tèo → TV\n[Tèo PERSON]\n\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x85"])
def test_text_of_spans_with_line_ends(end: str) -> None:
    """A span that takes in its line's end ends in its line, one that begins behind it in the next."""
    text = f"ab{end}cd"
    entities = (Entity("e1", 0, 2 + len(end), "ORG"), Entity("e2", 2 + len(end), len(text), "ROLE"))
    assert written("text", Document("x", text, entities)) == "x\n[ab ORG]\n[cd ROLE]\n\n"


def test_text_is_safe() -> None:
    """Escape sequences, overrides of direction and markup in ids, texts, values and relations are shown, not obeyed."""
    bad = "A\x1b[2J\u202e\t\x9b1mB [red]:smile:[/red]"
    document = mark(f"{bad} TV \x07", f"{bad} DATE", f"{bad} PERSON", "TV ROLE", name=bad)
    entities = (replace(document.entities[0], value={"value": bad}), *document.entities[1:])
    document = replace(document, entities=entities, relations=(Relation("e2", "e3", "HAS_ROLE"),))
    data = written("text", document)
    assert data.count("A\\x1b[2J\\u202e\\t\\x9b1mB [red]:smile:[/red]") == 4
    assert "\\x07" in data
    assert all(character == "\n" or character.isprintable() for character in data)


@UNHURRIED
@given(documents())
def test_text_of_anything(document: Document) -> None:
    """Any document has as many brackets as spans, and all else of its text, as far as it can be seen."""
    plain = replace(document, relations=())
    data = written("text", replace(plain, id="x"))
    assert data.count("[") - document.text.count("[") == len(document.entities)
    bare = written("text", replace(plain.bare(), id="x")).split("\n")
    assert bare == ["x", *map(visible, document.text.splitlines()), "", ""]
    for entity in document.entities:
        assert f" {entity.label}" in data
    assert len(data.split("\n")) == len(bare)


def test_facts_jsonl() -> None:
    """A fact a line, with the words that say it."""
    first, second = map(json.loads, written("facts-jsonl", ARTICLE, Document("trống", "")).splitlines())
    assert (first["document"], first["published"], first["score"]) == ("tin-1", "2024-01-05", 0.914)
    assert first["person"] == {"text": "Lê Thị Mai Khanh", "mention": "Lê Thị Mai Khanh"}
    assert (first["role"], first["organisation"]["mention"]) == ("Bí thư", "Quận ủy")
    assert TEXT[slice(*first["evidence"][0]["person"])] == "Lê Thị Mai Khanh"
    assert (second["person"], second["role"]) == (None, "Phó Chủ tịch")


def test_facts_csv() -> None:
    """A fact a row under one header, whatever the number of documents."""
    data = written("facts-csv", ARTICLE, Document("trống", ""), ARTICLE)
    found = list(csv.DictReader(io.StringIO(data, newline="")))
    assert [(row["person"], row["role"]) for row in found] == [("Lê Thị Mai Khanh", "Bí thư"), ("", "Phó Chủ tịch")] * 2
    assert found[0]["evidence"] in TEXT
    assert written("facts-csv").split("\r\n")[0].startswith("document,published,person,role")


def test_facts_table() -> None:
    """A fact a line below its document's id, aligned; what the article does not name is a dash."""
    lines = [line.rstrip() for line in written("facts-table", ARTICLE, Document("trống", "")).splitlines()]
    assert lines == [
        "tin-1",
        "0.91  Lê Thị Mai Khanh  Bí thư        Quận ủy",
        "0.60  -                 Phó Chủ tịch  UBND phường Sông Thơm",
        "",
        "trống",
        "",
    ]


def test_facts_table_with_a_status() -> None:
    """A post that is not held now has its status in the last column; an escape sequence in a name is escaped."""
    text = "Nguyên Bí thư Lê Hoa\x1b[31m dự."
    entities = (Entity("r", 7, 13, "ROLE"), Entity("p", 14, 25, "PERSON"))
    document = Document("x", text, entities, (Relation("p", "r", "HAS_ROLE"),))
    assert written("facts-table", document).splitlines()[1].rstrip().split("  ")[-4:] == [
        "Lê Hoa\\x1b[31m",
        "Bí thư",
        "-",
        "former",
    ]


def test_visible_keeps_letters_and_spaces() -> None:
    """Letters in any form, marks, emoji and spaces of any width stay; what can't be seen is escaped."""
    kept = "ủy u\u0309 👍 \xa0\u3000→"
    assert visible(kept) == kept
    assert visible("\t\u200b\ufeff\ud800") == "\\t\\u200b\\ufeff\\ud800"


def test_chains() -> None:
    """A post held by two people and placed in two bodies gives every path; one end alone is a path too."""
    text = "An Bình TV UBND HĐND PV CAND"
    marks = ("An PERSON", "Bình PERSON", "TV ROLE", "UBND ORG", "HĐND ORG", "PV ROLE", "CAND ORG")
    pairs = ("e2 e3 HAS_ROLE", "e1 e3 HAS_ROLE", "e3 e4 ROLE_AT", "e3 e5 ROLE_AT", "e6 e7 ROLE_AT", "e1 e6 HAS_ROLE")
    document = replace(
        mark(text, *marks), relations=tuple(Relation(head, tail, label) for head, tail, label in map(str.split, pairs))
    )
    assert [" ".join(map(document.surface, path)) for path, _ in chains(document)] == [
        "An TV UBND",
        "An TV HĐND",
        "An PV CAND",
        "Bình TV UBND",
        "Bình TV HĐND",
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_offsets_survive(text: str) -> None:
    """In every format that can be read back, spans lie where they lay."""
    document = mark(text, "Đỗ Văn Tường PERSON", "UBND phường ORG", name="x")
    expected = spans_of(document)
    data = written("csv", document)
    assert read_csv(data) == {"x": expected}
    assert [row["text"] for row in csv.DictReader(io.StringIO(data, newline=""))] == ["Đỗ Văn Tường", "UBND phường"]
    assert read_conll(written("conll", document), text)[0] == expected
    assert next(read_jsonl(io.StringIO(written("jsonl", document), newline="\n"))) == document
    (task,) = json.loads(written("labelstudio", document))
    assert task["data"]["text"] == text
    assert [(r["value"]["start"], r["value"]["end"]) for r in task["predictions"][0]["result"]] == [
        (start, end) for start, end, _ in expected
    ]
    assert all(f"{start}:{end}" in written("table", document) for start, end, _ in expected)


@UNHURRIED
@given(st.data())
def test_any_words_survive(data: st.DataObject) -> None:
    """Spans of whole words in any text come back from CSV and from CoNLL."""
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"])))
    entities: list[Entity] = []
    for start, end in lines(text):
        found = words(text, start, end)
        first = data.draw(st.integers(0, len(found)))
        if first < len(found):
            last = data.draw(st.integers(first, len(found) - 1))
            label = data.draw(st.sampled_from(LABELS))
            entities.append(Entity(f"e{len(entities)}", found[first].start, found[last].end, label, 0.5))
    document = Document("x", text, tuple(entities))
    assert read_csv(written("csv", document)).get("x", []) == spans_of(document)
    assert read_conll(written("conll", document), text)[0] == spans_of(document)


@pytest.mark.parametrize("format", FORMATS)
def test_written_as_they_come(format: str) -> None:
    """Each document is written before the next is asked for."""
    stream = io.StringIO(newline="")
    sizes = []

    def documents() -> Iterator[Document]:
        for _ in range(3):
            sizes.append(len(stream.getvalue()))
            yield ARTICLE

    write(documents(), stream, format)
    assert 0 <= sizes[0] < sizes[1] < sizes[2]


def test_unknown_format() -> None:
    """A format that there is not is an error that names those there are."""
    with pytest.raises(ValueError, match="'xml' is no format; there are table, text, jsonl"):
        written("xml", ARTICLE)
