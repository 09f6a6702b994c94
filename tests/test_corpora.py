"""The corpora of a recipe: which are read, which are missed, and what is refused."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from test_scores import marked

from annotations.gold import to_jsonl
from annotations.standoff import detach
from train.corpora import describe, load
from train.recipe import Data, Recipe, RecipeError
from vipol.document import Document

ONE = marked("[Bí thư|ROLE] [Quận ủy|ORG] [Hoa|PERSON], [Chủ tịch|ROLE] cũ.", (3, 1), (3, 4), (1, 2), name="one")
TWO = marked("[12 tỷ đồng|MONEY] hôm nay.", name="two")


def write(path: Path, documents: Sequence[Document]) -> None:
    path.write_text(to_jsonl(documents), encoding="utf-8")


def recipe(**data: list[str]) -> Recipe:
    return Recipe("mine", data=Data(**data))


def test_train_and_dev(tmp_path: Path) -> None:
    """Corpora lie under the root; those to learn from and those to score on are kept apart, in the recipe's order."""
    write(tmp_path / "b.jsonl", [ONE])
    write(tmp_path / "a.jsonl", [TWO])
    write(tmp_path / "dev.jsonl", [replace(ONE, text=ONE.text + "!")])
    corpora = load(recipe(train=["b.jsonl"], train_if_present=["a.jsonl"], dev=["dev.jsonl"]), tmp_path)
    assert [document.id for document in corpora.train] == ["one", "two"]
    assert [document.id for document in corpora.dev] == ["one"]
    assert list(corpora.sources) == ["b.jsonl", "a.jsonl", "dev.jsonl"]
    assert [facts["use"] for facts in corpora.sources.values()] == ["train", "train", "dev"]
    assert corpora.missing == []


def test_absolute_path(tmp_path: Path) -> None:
    """A corpus by an absolute path is read from there, whatever the root."""
    write(tmp_path / "a.jsonl", [ONE])
    assert load(recipe(train=[str(tmp_path / "a.jsonl")])).train == [ONE]


def test_missing_corpus(tmp_path: Path) -> None:
    """A corpus that must be there and isn't is an error that names it and the recipe."""
    write(tmp_path / "a.jsonl", [ONE])
    with pytest.raises(
        RecipeError, match=r"^none\.jsonl: the recipe mine names it under data\.train, and it is not there$"
    ):
        load(recipe(train=["a.jsonl", "none.jsonl"]), tmp_path)


def test_missing_optional_corpora(tmp_path: Path) -> None:
    """Corpora that may be missing are listed when they are, of both kinds."""
    write(tmp_path / "a.jsonl", [ONE])
    corpora = load(recipe(train=["a.jsonl"], train_if_present=["news"], dev_if_present=["dev"]), tmp_path)
    assert corpora.missing == ["news", "dev"]
    assert list(corpora.sources) == ["a.jsonl"]
    assert corpora.dev == []


def test_marks_and_their_texts(tmp_path: Path) -> None:
    """Marks that stand apart from their texts are learnt from like other gold, and hashed like it."""
    write(tmp_path / "a.jsonl", [TWO])
    (tmp_path / "marks.jsonl").write_text(detach([ONE]), encoding="utf-8")
    (tmp_path / "texts.jsonl").write_text(json.dumps({"text": ONE.text}) + "\n", encoding="utf-8")
    data = Data(train=["a.jsonl"], standoff_if_present={"marks.jsonl": "texts.jsonl"})
    corpora = load(Recipe("mine", data=data), tmp_path)
    assert [(d.id, d.text) for d in corpora.train] == [("two", TWO.text), ("one", ONE.text)]
    assert [(e.start, e.end, e.label) for e in corpora.train[1].entities] == [
        (e.start, e.end, e.label) for e in ONE.entities
    ]
    assert corpora.sources["marks.jsonl"] == {"use": "train", **describe(corpora.train[1:])}
    assert corpora.missing == []


@pytest.mark.parametrize("there", ["marks.jsonl", "texts.jsonl", None])
def test_marks_or_texts_are_missing(there: str | None, tmp_path: Path) -> None:
    """Without their texts marks are left out, and listed; so are texts without marks."""
    write(tmp_path / "a.jsonl", [TWO])
    if there:
        (tmp_path / there).write_text("", encoding="utf-8")
    data = Data(train=["a.jsonl"], standoff_if_present={"marks.jsonl": "texts.jsonl"})
    corpora = load(Recipe("mine", data=data), tmp_path)
    assert [d.id for d in corpora.train] == ["two"]
    expected = "marks.jsonl" if there == "texts.jsonl" else "texts.jsonl, and with it marks.jsonl"
    assert corpora.missing == [expected]


def test_counts_and_hash() -> None:
    """Documents, characters, spans by label and relations by type are counted, and the content is hashed."""
    content = f"{ONE.to_json()}\n{TWO.to_json()}"
    assert describe([ONE, TWO]) == {
        "documents": 2,
        "characters": len(ONE.text) + len(TWO.text),
        "labels": {"MONEY": 1, "ORG": 1, "PERSON": 1, "ROLE": 2},
        "relations": {"HAS_ROLE": 2, "ROLE_AT": 1},
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
    }


def test_hash_is_of_the_gold_alone(tmp_path: Path) -> None:
    """The hash is the same wherever and in whatever order the gold lies, and another when a span moves."""
    moved = replace(TWO, entities=(replace(TWO.entities[0], start=3),))
    for name, documents in {"a": [ONE, TWO], "b": [TWO, ONE], "c": [ONE, moved]}.items():
        write(tmp_path / f"{name}.jsonl", documents)
    first, same, other = (
        load(recipe(train=[f"{name}.jsonl"]), tmp_path).sources[f"{name}.jsonl"]["sha256"] for name in "abc"
    )
    assert first == same
    assert first != other


def test_text_in_train_and_dev(tmp_path: Path) -> None:
    """A text that is both learnt from and scored on is refused, also under another id; it is named."""
    write(tmp_path / "a.jsonl", [ONE, TWO])
    write(tmp_path / "dev.jsonl", [replace(TWO, id="three")])
    with pytest.raises(RecipeError, match=r"^the recipe mine both trains and scores on three$"):
        load(recipe(train=["a.jsonl"], dev_if_present=["dev.jsonl"]), tmp_path)


def test_one_id_twice(tmp_path: Path) -> None:
    """Two documents of one id in different corpora are refused: they could not be told apart when they are scored."""
    write(tmp_path / "a.jsonl", [ONE])
    write(tmp_path / "b.jsonl", [replace(TWO, id="one")])
    with pytest.raises(RecipeError, match=r"^the recipe mine has two documents with the id one$"):
        load(recipe(train=["a.jsonl", "b.jsonl"]), tmp_path)


def test_no_documents(tmp_path: Path) -> None:
    """Corpora without a single document are refused."""
    write(tmp_path / "a.jsonl", [])
    with pytest.raises(RecipeError, match=r"^the recipe mine has no documents to train on$"):
        load(recipe(train=["a.jsonl"]), tmp_path)
