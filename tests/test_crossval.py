"""Cross-validation: folds, seeds, what is kept."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_run import failed, main, quick, write  # noqa: F401  (fixtures)

from annotations.gold import to_jsonl
from annotations.standoff import detach
from train.crossval import cross_validate, divided, learn
from train.recipe import Data, Encoder, Recipe, RecipeError
from vipol.document import Document, read_jsonl


def nothing(message: str) -> None:
    """Says nothing."""


class Watched(list[tuple[int, set[str], list[str]]]):
    """The trainings that took place: the seed, the ids of what was learnt, the ids of what was marked."""


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Puts a training that finds nothing in the place of the real one."""
    seen = Watched()

    def learning(
        recipe: Recipe, train: Sequence[Document], marked: Sequence[Document], *, quiet: bool
    ) -> list[Document]:
        seen.append((recipe.training.seed, {d.id for d in train}, [d.id for d in marked]))
        return [document.bare() for document in marked]

    monkeypatch.setattr("train.crossval.learn", learning)
    return seen


def test_learn(quick: Recipe, short_news: Sequence[Document], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A model learns from the given documents alone, watches none, and marks the others."""
    learnt: list[set[bytes]] = []

    def watching(network: object, pieces: object, windows: Sequence[Any], dev: Sequence[Document], *_: Any, **__: Any):
        assert list(dev) == []
        learnt.append({window.window.ids.tobytes() for window in windows})

    monkeypatch.setattr("train.crossval.fit", watching)
    for left_out in range(2):
        rest = [d for n, d in enumerate(short_news) if n != left_out]
        found = learn(quick, rest, [short_news[left_out]], quiet=True)
        assert [document.id for document in found] == [short_news[left_out].id]
    assert [len(windows) for windows in learnt] == [4, 4]
    assert len(learnt[0] | learnt[1]) == 5


def test_each_article_is_left_out_once(quick: Recipe, watched: Watched) -> None:  # noqa: F811
    """Without a number of folds every article is a fold, and none is learnt from by the model that marks it."""
    (result,) = cross_validate(quick, quiet=True, say=nothing)
    assert sorted(marked for _, _, (marked,) in watched) == ["a", "b", "c", "d", "e"]
    assert all(len(learnt) == 4 and marked[0] not in learnt for _, learnt, marked in watched)
    assert [document.id for document in result.predicted] == ["a", "b", "c", "d", "e"]
    assert result.tally.strict().spans.micro.f1 == result.seqeval == 0.0


def test_folds_and_seeds(quick: Recipe, watched: Watched) -> None:  # noqa: F811
    """Folds are of like size, divide the articles, and are other ones for another seed, which also trains."""
    results = cross_validate(quick, folds=2, seeds=3, quiet=True, say=nothing)
    assert [result.seed for result in results] == [1, 2, 3]
    assert [seed for seed, _, _ in watched] == [1, 1, 2, 2, 3, 3]
    for n in range(0, 6, 2):
        assert sorted(watched[n][2] + watched[n + 1][2]) == ["a", "b", "c", "d", "e"]
        assert {len(watched[n][2]), len(watched[n + 1][2])} == {2, 3}
    assert len({tuple(marked) for _, _, marked in watched}) > 2


def test_over_one_corpus(
    quick: Recipe,  # noqa: F811
    short_news: Sequence[Document],
    tmp_path: Path,
    watched: Watched,
) -> None:
    """The documents of one corpus are divided; those of the other are learnt from every time and never marked."""
    paths = [tmp_path / "one.jsonl", tmp_path / "other.jsonl"]
    paths[0].write_text(to_jsonl(short_news[:2]), encoding="utf-8")
    paths[1].write_text(to_jsonl(short_news[2:]), encoding="utf-8")
    recipe = replace(quick, data=Data(train=[str(path) for path in paths]))
    (result,) = cross_validate(recipe, over=str(paths[0]), quiet=True, say=nothing)
    assert sorted((sorted(learnt), marked) for _, learnt, marked in watched) == [
        (["a", "c", "d", "e"], ["b"]),
        (["b", "c", "d", "e"], ["a"]),
    ]
    assert [document.id for document in result.gold] == ["a", "b"]
    with pytest.raises(RecipeError, match=r"^elsewhere: no training corpus of the recipe short$"):
        cross_validate(recipe, over="elsewhere", quiet=True, say=nothing)


def test_over_marks_without_their_texts(quick: Recipe, short_news: Sequence[Document], tmp_path: Path) -> None:  # noqa: F811
    """Marks that stand apart from their texts are divided like another corpus; without the texts that is told."""
    gold, marks, texts = (tmp_path / name for name in ("gold.jsonl", "marks.jsonl", "texts.jsonl"))
    gold.write_text(to_jsonl(short_news[2:]), encoding="utf-8")
    marks.write_text(detach(short_news[:2]), encoding="utf-8")
    texts.write_text(to_jsonl(d.bare() for d in short_news), encoding="utf-8")
    recipe = replace(quick, data=Data(train=[str(gold)], standoff_if_present={str(marks): str(texts)}))
    apart, others = divided(recipe, str(marks))
    assert [d.id for d in apart] == [d.id for d in short_news[:2]]
    assert [d.id for d in others] == [d.id for d in short_news[2:]]
    texts.unlink()
    with pytest.raises(RecipeError, match=rf"^{re.escape(str(texts))}: not there$"):
        divided(recipe, str(marks))


def test_goes_on_where_it_was(quick: Recipe, tmp_path: Path, watched: Watched) -> None:  # noqa: F811
    """What a fold gave is kept, so a call with more seeds trains those alone, and another series is refused."""
    folder = tmp_path / "series"
    cross_validate(quick, folds=2, output=folder, quiet=True, say=nothing)
    (folder / "seed-1-fold-2.jsonl").unlink()
    (folder / "seed-1.jsonl").unlink()
    watched.clear()
    results = cross_validate(quick, folds=2, seeds=2, output=folder, quiet=True, say=nothing)
    assert [(seed, len(marked)) for seed, _, marked in watched] == [(1, 2), (2, 3), (2, 2)]
    with (folder / "seed-2.jsonl").open(encoding="utf-8") as stream:
        assert list(read_jsonl(stream)) == list(results[1].predicted)
    for other in ({"folds": 3}, {"folds": 2, "recipe": replace(quick, name="other")}):
        recipe = other.pop("recipe", quick)
        with pytest.raises(RecipeError, match="series: it holds the results of something else"):
            cross_validate(recipe, **other, output=folder, quiet=True, say=nothing)  # type: ignore[arg-type]


def test_other_weights_are_another_series(
    quick: Recipe,  # noqa: F811
    tiny_encoder: Path,
    tmp_path: Path,
    watched: Watched,
) -> None:
    """Where the encoder's weights have changed, what is kept is of something else; a kept fold says it is kept."""
    encoder, folder, said = tmp_path / "encoder", tmp_path / "series", list[str]()
    shutil.copytree(tiny_encoder, encoder)
    recipe = replace(quick, encoder=Encoder(str(encoder)))
    cross_validate(recipe, folds=2, output=folder, quiet=True, say=nothing)
    cross_validate(recipe, folds=2, output=folder, quiet=True, say=said.append)
    assert sum("kept, made at commit" in message for message in said) == 2
    with (encoder / "model.safetensors").open("ab") as stream:
        stream.write(b" ")
    with pytest.raises(RecipeError, match="it holds the results of something else"):
        cross_validate(recipe, folds=2, output=folder, quiet=True, say=nothing)


def test_one_text_twice_is_refused(
    quick: Recipe,  # noqa: F811
    short_news: Sequence[Document],
    tmp_path: Path,
    watched: Watched,
) -> None:
    """The same text under two ids would be learnt in one fold and marked in the other."""
    corpus = tmp_path / "twice.jsonl"
    corpus.write_text(to_jsonl([*short_news, replace(short_news[0], id="copy")]), encoding="utf-8")
    with pytest.raises(RecipeError, match="has one text twice, as a and as copy"):
        cross_validate(replace(quick, data=Data(train=[str(corpus)])), quiet=True, say=nothing)
    assert watched == []


@pytest.mark.parametrize("folds", [1, 6])
def test_folds_that_cannot_be(quick: Recipe, watched: Watched, folds: int) -> None:  # noqa: F811
    """One fold leaves nothing to learn from, and more folds than documents leave some empty."""
    with pytest.raises(RecipeError, match=rf"^{folds} folds of 5 documents: say a number from 2 to 5$"):
        cross_validate(quick, folds=folds, quiet=True, say=nothing)
    assert watched == []


def test_command(
    write,  # noqa: F811
    quick: Recipe,  # noqa: F811
    short_news: Sequence[Document],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`crossval` trains without each article in turn, prints the table of scores, and writes what was found."""
    corpus, predictions = tmp_path / "three.jsonl", tmp_path / "found.jsonl"
    corpus.write_text(to_jsonl(short_news[:3]), encoding="utf-8")
    recipe = write(replace(quick, data=Data(train=[str(corpus)])))
    assert main("crossval", recipe, "--epochs", 6, "-q", "--predictions", predictions) == 0
    out, err = capsys.readouterr()
    assert sorted(line.split(": ")[1] for line in err.splitlines() if line.startswith("seed 1, fold")) == [
        *("without a", "without b", "without c")
    ]
    assert "short: each of 3 articles marked by a model that was trained without it" in out.splitlines()
    assert out.splitlines()[-1].startswith("seed 1: spans ")
    assert "seqeval (strict, IOB2) agrees: micro F1 " in out.splitlines()[-1]
    assert "95 % interval" in out
    with predictions.open(encoding="utf-8") as stream:
        found = list(read_jsonl(stream))
    assert [(document.id, document.text) for document in found] == [(d.id, d.text) for d in short_news[:3]]
    assert any(document.entities for document in found)


def test_predictions_into_nowhere(
    write,  # noqa: F811
    quick: Recipe,  # noqa: F811
    tmp_path: Path,
    watched: Watched,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file that can't be written is refused before anything is trained."""
    path = tmp_path / "none" / "p.jsonl"
    message = failed(capsys, "crossval", write(quick), "-q", "--predictions", path)
    assert message == f"{path}: there is no folder {path.parent}"
    assert watched == []


def test_command_refuses(
    write,  # noqa: F811
    quick: Recipe,  # noqa: F811
    short_news: Sequence[Document],
    tmp_path: Path,
    watched: Watched,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One article can't be left out of one, and gold that seqeval can't score is told before anything is trained."""
    corpus = tmp_path / "corpus.jsonl"
    recipe = write(replace(quick, data=Data(train=[str(corpus)])))
    corpus.write_text(to_jsonl(short_news[:1]), encoding="utf-8")
    assert failed(capsys, "crossval", recipe, "-q") == (
        "the recipe short trains on one document; to leave one out takes two"
    )
    twice = replace(
        short_news[0], entities=(*short_news[0].entities, replace(short_news[0].entities[0], id="x", end=3))
    )
    corpus.write_text(to_jsonl([twice, short_news[1]]), encoding="utf-8")
    assert "overlaps another span" in failed(capsys, "crossval", recipe, "-q")
    assert watched == []
