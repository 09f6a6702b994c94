"""The check of gold: every kind of fault gives its line, all of them are found, and clean gold gives none."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotations.__main__ import main
from annotations.checks import check
from vipol.document import Document, Entity, Relation
from vipol.labelstudio import to_task

TEXT = "Bí thư Quận ủy Trần Thị Hoa nói.\nChiều 5/1, ông A chi 2 tỷ đồng, 500 ₫."
SPANS = {"Bí thư": "ROLE", "Quận ủy": "ORG", "Trần Thị Hoa": "PERSON", "Chiều 5/1": "DATE", "2 tỷ đồng": "MONEY"}


def entity(name: str, surface: str, label: str, **fields: object) -> dict[str, Any]:
    start = TEXT.index(surface)
    return {"id": name, "start": start, "end": start + len(surface), "label": label, "text": surface} | fields


ROLE, ORG, PERSON, DATE, MONEY = (
    entity(f"e{number}", surface, label) for number, (surface, label) in enumerate(SPANS.items(), 1)
)
ROLE_AT = {"head": "e1", "tail": "e2", "label": "ROLE_AT"}
HAS_ROLE = {"head": "e3", "tail": "e1", "label": "HAS_ROLE"}


def document(*entities: object, relations: tuple[object, ...] = (), **fields: object) -> dict[str, Any]:
    return {"id": "a", "text": TEXT, "entities": [*entities], "relations": [*relations]} | fields


def task(*items: dict[str, Any], **fields: object) -> dict[str, Any]:
    """A task with the spans ROLE, ORG, PERSON and further items in its result; `fields` change the first region."""
    spans = tuple(Entity(e["id"], e["start"], e["end"], e["label"]) for e in (ROLE, ORG, PERSON))
    made = to_task(Document("a", TEXT, spans, (Relation("e1", "e2", "ROLE_AT"),)))
    made["annotations"][0]["result"][0].update(fields)
    made["annotations"][0]["result"] += items
    return made


@pytest.fixture
def faults(tmp_path: Path) -> Any:
    """A function that checks records, one in a file of its own or several as a list, and returns the lines."""

    def lines(*values: object, seeds: Path = tmp_path / "seeds") -> list[str]:
        file = tmp_path / "gold.json"
        file.write_text(json.dumps(values[0] if len(values) == 1 else values), encoding="utf-8")
        return [str(fault).replace(f"{tmp_path}/", "") for fault in check([file], seeds).faults]

    return lines


def test_clean_document(faults: Any) -> None:
    """Good gold has no fault; a currency sign at an edge is no punctuation."""
    amount = entity("e6", "500 ₫", "MONEY")
    assert faults(document(ROLE, ORG, PERSON, DATE, MONEY, amount, relations=(ROLE_AT, HAS_ROLE))) == []


def test_clean_task(faults: Any) -> None:
    """A good task has no fault, nor has an unlabelled relation whose ends say what it is, nor one that points left."""
    unlabelled = {"from_id": "e3", "to_id": "e1", "type": "relation", "direction": "right"}
    assert faults(task(unlabelled)) == []
    assert faults(task(unlabelled | {"from_id": "e1", "to_id": "e3", "direction": "left"})) == []


def test_out_of_the_text(faults: Any) -> None:
    """Offsets beyond the text."""
    line = "gold.json, a, offset 0, 'Bí thư': offsets 0 to 999 don't lie in a text of 72 characters: mark it anew"
    assert faults(document(ROLE | {"end": 999})) == [line.replace("72", str(len(TEXT)))]


def test_before_the_text(faults: Any) -> None:
    """Negative offsets, which Python would take from the end."""
    assert "offsets -3 to 6 don't lie in" in faults(document(ROLE | {"start": -3}))[0]


def test_offsets_no_numbers(faults: Any) -> None:
    """Offsets that are strings."""
    line = "gold.json, a, offset 0, 'Bí thư': offsets '0' to 6 are no whole numbers: mark it anew"
    assert faults(document(ROLE | {"start": "0"})) == [line]


@pytest.mark.parametrize("end", [7, 6])
def test_empty(faults: Any, end: int) -> None:
    """A span without a character, or with its end before its start."""
    line = f"gold.json, a, offset 7, 'Quận ủy': an empty span, 7 to {end}: delete it or mark it anew"
    assert faults(document(ORG | {"end": end})) == [line]


def test_white_space_at_an_edge(faults: Any) -> None:
    """White space at either edge, with the offset at which the span should begin or end."""
    assert faults(document(ORG | {"start": 6, "end": 15, "text": " Quận ủy "})) == [
        "gold.json, a, offset 6, ' Quận ủy ': white space at its start: begin it at 7",
        "gold.json, a, offset 6, ' Quận ủy ': white space at its end: end it at 14",
    ]


def test_punctuation_at_an_edge(faults: Any) -> None:
    """Punctuation at an edge."""
    line = "gold.json, a, offset 33, 'Chiều 5/1,': punctuation at its end: end it at 42"
    assert faults(document(entity("e1", "Chiều 5/1,", "DATE"))) == [line]


def test_invisible_character_at_an_edge(faults: Any) -> None:
    """A zero width space at an edge, which nobody sees."""
    value = document({"start": 0, "end": 5, "label": "ORG"}, text="\u200bĐảng")
    line = r"gold.json, a, offset 0, '\u200bĐảng': an invisible character at its start: begin it at 1"
    assert faults(value) == [line]


def test_nothing_but_punctuation(faults: Any) -> None:
    """A span of nothing but punctuation and white space."""
    line = "gold.json, a, offset 42, ', ': nothing but white space and punctuation: delete it"
    assert faults(document(entity("e1", ", ", "ORG"))) == [line]


def test_overlap(faults: Any) -> None:
    """Two spans that share a character."""
    line = "gold.json, a, offset 12, 'ủy Trần': PERSON overlaps ORG 'Quận ủy' at 7: keep one"
    assert faults(document(ORG, entity("e9", "ủy Trần", "PERSON"))) == [line]


def test_overlap_with_an_earlier_span(faults: Any) -> None:
    """A span inside a long one is found though a short one stands between."""
    long = entity("e1", "Quận ủy Trần Thị Hoa", "ORG")
    found = faults(document(long, entity("e2", "ủy", "ORG"), entity("e3", "Thị", "ORG")))
    assert [line.partition(": ")[0] for line in found] == [
        "gold.json, a, offset 12, 'ủy'",
        "gold.json, a, offset 20, 'Thị'",
    ]


def test_same_span_twice(faults: Any) -> None:
    """One span marked twice with one label."""
    line = "gold.json, a, offset 7, 'Quận ủy': the same span is marked twice: delete one"
    assert faults(document(ORG, ORG | {"id": "e9"})) == [line]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\u2028", "\x85"])
def test_line_break(faults: Any, line_break: str) -> None:
    """A line break inside a span; the report stays on one line."""
    text = f"Quận{line_break}ủy"
    found = faults(document({"start": 0, "end": len(text), "label": "ORG"}, text=text))
    assert found == [f"gold.json, a, offset 0, {text!r}: a line break inside the span: mark each line by itself"]
    assert len(found[0].splitlines()) == 1


def test_unknown_label(faults: Any) -> None:
    """A label that the scheme hasn't."""
    line = "gold.json, a, offset 7, 'Quận ủy': label 'LOC' is none of PERSON, ROLE, ORG, DATE, MONEY: choose one"
    assert faults(document(ORG | {"label": "LOC"})) == [line]


def test_other_text(faults: Any) -> None:
    """A span whose text is not what its offsets give."""
    line = "gold.json, a, offset 7, 'Quận ủy': its own text says 'Quận uỷ': was the text changed? mark it anew"
    assert faults(document(ORG | {"text": "Quận uỷ"})) == [line]


def test_entity_id_twice(faults: Any) -> None:
    """Two entities with one id."""
    line = "gold.json, a, offset 7, 'Quận ủy': another entity has the id 'e1' too: give each its own"
    assert faults(document(ROLE, ORG | {"id": "e1"})) == [line]


def test_unknown_relation_label(faults: Any) -> None:
    """A relation label that the scheme hasn't."""
    found = faults(document(ROLE, ORG, relations=(ROLE_AT | {"label": "WORKS_AT"},)))
    text = "'Bí thư WORKS_AT Quận ủy'"
    line = f"gold.json, a, offset 0, {text}: relation label 'WORKS_AT' is none of HAS_ROLE, ROLE_AT: choose one"
    assert found == [line]


def test_relation_types(faults: Any) -> None:
    """A relation between spans that it doesn't join."""
    found = faults(document(ROLE, ORG, PERSON, relations=(ROLE_AT | {"head": "e3"},)))
    problem = "ROLE_AT joins ROLE to ORG, not PERSON to ORG: delete it or mend a label"
    assert found == [f"gold.json, a, offset 15, 'Trần Thị Hoa ROLE_AT Quận ủy': {problem}"]


def test_relation_direction(faults: Any) -> None:
    """A relation that runs the wrong way."""
    found = faults(document(ROLE, ORG, relations=({"head": "e2", "tail": "e1", "label": "ROLE_AT"},)))
    line = "gold.json, a, offset 7, 'Quận ủy ROLE_AT Bí thư': it runs the wrong way: draw it from ROLE to ORG"
    assert found == [line]


def test_dangling_relation(faults: Any) -> None:
    """A relation to an entity that is not there."""
    found = faults(document(ROLE, relations=(ROLE_AT,)))
    problem = "there is no entity 'e2' at an end of this relation: delete it"
    assert found == [f"gold.json, a, offset 0, 'Bí thư ROLE_AT e2': {problem}"]


def test_same_relation_twice(faults: Any) -> None:
    """One relation twice."""
    line = "gold.json, a, offset 0, 'Bí thư ROLE_AT Quận ủy': the same relation stands twice: delete one"
    assert faults(document(ROLE, ORG, relations=(ROLE_AT, ROLE_AT))) == [line]


def test_relation_over_lines(faults: Any) -> None:
    """A relation whose ends stand on different lines."""
    person = entity("e3", "A", "PERSON")
    found = faults(document(ROLE, person, relations=(HAS_ROLE,)))
    line = "gold.json, a, offset 48, 'A HAS_ROLE Bí thư': its ends stand on different lines: delete it"
    assert found == [line]


def test_all_faults_at_once(faults: Any) -> None:
    """One fault does not hide the next, in an entity, a relation or another article."""
    first = document(ROLE | {"end": 7, "text": "Bí thư "}, ORG | {"label": "LOC"}, relations=(HAS_ROLE, ROLE_AT))
    assert [line.partition(": ")[2] for line in faults(first, document(DATE | {"end": "x"}, id="b"), "nonsense")] == [
        "white space at its end: end it at 6",
        "label 'LOC' is none of PERSON, ROLE, ORG, DATE, MONEY: choose one",
        "there is no entity 'e3' at an end of this relation: delete it",
        "ROLE_AT joins ROLE to ORG, not ROLE to LOC: delete it or mend a label",
        "offsets 33 to 'x' are no whole numbers: mark it anew",
        "'nonsense' is no article: delete it",
    ]


def test_lists_of_other_things(faults: Any) -> None:
    """Entities that are no list, and items in a list that are no objects."""
    assert faults(document(relations=("x",)) | {"entities": {}}) == [
        'gold.json, a: "entities" is {}, not a list: export the article again',
        "gold.json, a: item 1 of \"relations\" is 'x', not an object: delete it",
    ]


def test_without_text_or_id(faults: Any) -> None:
    """An article without its text or its id."""
    assert faults({"entities": []}) == [
        'gold.json: "text" is None, not a string: without its text an article is lost',
        "gold.json: it has no id: give it one",
    ]


def test_surrogate(faults: Any) -> None:
    """Half of a surrogate pair in the text."""
    problem = "half of a surrogate pair in the text: it was cut or mis-decoded; import it anew"
    assert faults(document(text="x\ud800")) == [f"gold.json, a: {problem}"]


def test_article_id_twice(faults: Any) -> None:
    """Two articles with one id."""
    problem = "the id 'a' stands in gold.json, item 1 already: give each article its own"
    assert faults(document(), document()) == [f"gold.json, item 2, a: {problem}"]


def test_what_only_a_reader_sees(faults: Any) -> None:
    """What these checks don't look at but a reader stumbles over is a fault too."""
    assert faults(document(published=2024)) == ['gold.json, a: "published" is a number, not a date as a string']


def test_broken_json(tmp_path: Path) -> None:
    """A line of JSONL that is no JSON does not hide the faults of the next."""
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "a"\n' + json.dumps(document(ORG | {"label": "LOC"})) + "\n", encoding="utf-8")
    first, second = check([file], tmp_path).faults
    assert str(first) == f"{file}, line 1: not JSON at line 1, column 11 (Expecting ',' delimiter)"
    assert second.place == f"{file}, line 2, a"


def test_task_region_of_another_type(faults: Any) -> None:
    """A result of a kind that gold has no place for."""
    line = "gold.json, a: region 'c1' is of type 'choices', not a labelled span: delete it"
    assert faults(task({"id": "c1", "type": "choices", "value": {}})) == [line]


def test_task_region_labels(faults: Any) -> None:
    """A region with two labels."""
    value = {"start": 33, "end": 42, "text": "Chiều 5/1", "labels": ["DATE", "ORG"]}
    problem = "label ['DATE', 'ORG'] is none of PERSON, ROLE, ORG, DATE, MONEY: choose one"
    found = faults(task({"id": "r1", "type": "labels", "value": value}))
    assert found == [f"gold.json, a, offset 33, 'Chiều 5/1': {problem}"]


def test_task_region_without_id(faults: Any) -> None:
    """A region without an id."""
    value = {"start": 33, "end": 42, "text": "Chiều 5/1", "labels": ["DATE"]}
    line = "gold.json, a, offset 33, 'Chiều 5/1': the region has no id: mark it anew"
    assert faults(task({"type": "labels", "value": value})) == [line]


def test_task_relation_both_ways(faults: Any) -> None:
    """An arrow that points both ways."""
    both = {"from_id": "e3", "to_id": "e1", "type": "relation", "direction": "bi", "labels": ["HAS_ROLE"]}
    problem = "direction 'bi' is not one way: click its arrow until it points right"
    assert faults(task(both)) == [f"gold.json, a, offset 15, 'Trần Thị Hoa HAS_ROLE Bí thư': {problem}"]


def test_task_relation_without_a_type(faults: Any) -> None:
    """An unlabelled relation whose ends allow none."""
    found = faults(task({"from_id": "e3", "to_id": "e2", "type": "relation"}))
    problem = "relation label None is none of HAS_ROLE, ROLE_AT: choose one"
    assert found == [f"gold.json, a, offset 15, 'Trần Thị Hoa None Quận ủy': {problem}"]


def test_task_line_break(faults: Any) -> None:
    """Over a line break the browser's own text is not held against a region; the break is."""
    region = task(value={"start": 28, "end": 38, "text": "nói.\\nChiều", "labels": ["ORG"]})
    region["annotations"][0]["result"].pop()
    line = r"gold.json, a, offset 28, 'nói.\nChiều': a line break inside the span: mark each line by itself"
    assert faults(region) == [line]


def test_task_of_two_annotators(faults: Any) -> None:
    """Each annotation of a task is checked, and the line says whose it is."""
    both = task()
    annotation = both["annotations"][0] | {"completed_by": 1}
    spoiled = json.loads(json.dumps(annotation)) | {"completed_by": 2}
    spoiled["result"][0]["value"]["labels"] = ["LOC"]
    both["annotations"] = [annotation, spoiled]
    assert [line.partition(": ")[0] for line in faults(both)] == [
        "gold.json, a, annotator 2, offset 0, 'Bí thư'",
        "gold.json, a, annotator 2, offset 0, 'Bí thư ROLE_AT Quận ủy'",
    ]


def test_task_that_is_none(faults: Any) -> None:
    """An export whose annotations are no list."""
    line = 'gold.json, a: "annotations" is no list: is this an export in the format JSON?'
    assert faults(task() | {"annotations": "x"}) == [line]


def test_seed_changed(faults: Any, tmp_path: Path) -> None:
    """Gold for a seed whose text is not the seed's, with the first offset that differs."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.txt").write_bytes(TEXT.encode())
    assert faults(document()) == []
    (tmp_path / "seeds" / "a.txt").write_bytes(TEXT.replace("Hoa", "Hóa").replace("\n", "\r\n").encode())
    problem = "from here on the text differs from a.txt: put that back"
    assert faults(document()) == [f"gold.json, a, offset 25, 'oa nói.\\nChiều 5/1, ô': {problem}"]


def test_sums(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes sums once, and from then on finds a text that changed, came or went."""
    file = tmp_path / "gold.json"

    def lines(*options: str) -> list[str]:
        main(["check", str(tmp_path), *options])
        return capsys.readouterr().out.replace(f"{tmp_path}/", "").splitlines()[:-1]

    file.write_text(json.dumps([document(), document(id="b")]), encoding="utf-8")
    assert lines("--write-sums") == ["wrote SHA256SUMS"]
    assert lines() == []
    file.write_text(json.dumps([document(text=TEXT + " "), document(id="c")]), encoding="utf-8")
    assert lines() == [
        "gold.json, item 1, a: the text is not the one of which SHA256SUMS has the sum: put the old text back",
        "gold.json, item 2, c: SHA256SUMS has no sum for it: add it with --write-sums",
        "SHA256SUMS, 'b': the gold here has no such article: put it back, or renew the file with --write-sums",
    ]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with a line of counts; its exit code is 0 without and 1 with faults."""
    file = tmp_path / "gold.json"
    file.write_text(json.dumps([task(), {"data": {"doc_id": "b", "text": "x"}, "annotations": []}]), encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out == "articles: 2, entities: 3, relations: 1, not annotated: 1, faults: 0\n"
    file.write_text(json.dumps(document(ORG | {"label": "LOC"})), encoding="utf-8")
    assert main(["check", str(file)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "articles: 1, entities: 1, relations: 0, faults: 1"


def test_empty_folder(tmp_path: Path) -> None:
    """A folder without gold is a fault: nothing was checked."""
    (fault,) = check([tmp_path]).faults
    assert str(fault) == f"{tmp_path}: no file in this folder ends in .json or .jsonl"


@pytest.mark.parametrize("arguments", [["check"], ["check", "no-such-file"], ["nonsense"], []])
def test_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong call exits with 2 and says how to call."""
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
    assert "usage: python -m annotations" in capsys.readouterr().err
