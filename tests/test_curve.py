"""Learning curves: nested subsets, what is kept, what the last quarter was worth."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from test_crossval import nothing
from test_run import failed, main, quick, write  # noqa: F401  (fixtures)

from annotations.gold import to_jsonl
from train.curve import Curve, Point, learning_curve
from train.recipe import Data, Recipe, RecipeError
from vipol.document import Document

Watched = list[tuple[int, list[str]]]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Trainings by seed and ids; what they know of, they mark rightly, and of other documents half the spans."""
    seen: Watched = []

    def learning(
        recipe: Recipe, train: Sequence[Document], marked: Sequence[Document], *, quiet: bool
    ) -> list[Document]:
        seen.append((recipe.training.seed, [d.id for d in train]))
        return [replace(d, entities=d.entities[: len(train)], relations=()) for d in marked]

    monkeypatch.setattr("train.curve.learn", learning)
    return seen


@pytest.fixture
def recipe(quick: Recipe, short_news: Sequence[Document], tmp_path: Path) -> Recipe:  # noqa: F811
    """Four articles to learn from, the fifth to watch."""
    train, dev = tmp_path / "train.jsonl", tmp_path / "dev.jsonl"
    train.write_text(to_jsonl(short_news[:4]), encoding="utf-8")
    dev.write_text(to_jsonl(short_news[4:]), encoding="utf-8")
    return replace(quick, data=Data(train=[str(train)], dev=[str(dev)]))


def test_subsets_are_nested(recipe: Recipe, watched: Watched) -> None:
    """The quarters of the articles, each the one before and more; the order is the seed's."""
    found = learning_curve(recipe, seeds=3, quiet=True, say=nothing)
    assert [point.size for point in found.points] == [1, 2, 3, 4]
    assert [seed for seed, _ in watched] == [1] * 4 + [2] * 4 + [3] * 4
    for n in range(0, 12, 4):
        ids = [names for _, names in watched[n : n + 4]]
        assert [names[: len(ids[k])] for k, names in enumerate(ids[1:])] == ids[:-1]
    assert len({tuple(names) for _, names in watched if len(names) == 4}) > 1


def test_figures(recipe: Recipe, watched: Watched) -> None:
    """Of three gold spans one training article finds one, so F1 is 50; two find two, so it is 80; three find all."""
    found = learning_curve(recipe, seeds=2, quiet=True, say=nothing)
    assert [point.spans for point in found.points] == [
        *((pytest.approx(50),) * 2, (pytest.approx(80),) * 2, (100.0, 100.0), (100.0, 100.0))
    ]
    assert found.last_quarter() == (
        "The last 1 of 4 articles were worth +0.00 ± 0.00 span F1 and +0.00 ± 0.00 Rel+ F1."
    )


def test_last_quarter_goes_seed_by_seed() -> None:
    """The gain is the mean of the seeds' gains, its spread theirs; 75 % is the nearest size there is."""
    points = [
        Point(50, (1.0, 1.0), (0.0, 0.0)),
        Point(150, (80.0, 82.0), (60.0, 62.0)),
        Point(200, (82.0, 86.0), (61.0, 63.0)),
    ]
    assert Curve("r", [], points).last_quarter() == (
        "The last 50 of 200 articles were worth +3.00 ± 1.41 span F1 and +1.00 ± 0.00 Rel+ F1."
    )
    assert Curve("r", [], points[-1:]).last_quarter().startswith("One size alone")


def test_table_and_plot() -> None:
    """Mean and spread at every size; the plot is SVG, and the same twice."""
    curve = Curve("r", [], [Point(1, (50.0, 60.0), (0.0, 0.0)), Point(2, (70.0, 70.0), (10.0, 20.0))])
    assert [list(row) for row in curve.table().rows] == [
        ["1", "55.00 ± 7.07", "0.00 ± 0.00"],
        ["2", "70.00 ± 0.00", "15.00 ± 7.07"],
    ]
    svg = curve.table().svg
    assert svg is not None
    assert svg.startswith("<svg")
    assert svg == curve.table().svg


def test_goes_on_where_it_was(recipe: Recipe, watched: Watched, tmp_path: Path) -> None:
    """Sizes and seeds may be added; what is there is not trained again, and the figures are written down."""
    folder = tmp_path / "series"
    learning_curve(recipe, sizes=[2, 4], seeds=1, output=folder, quiet=True, say=nothing)
    learning_curve(recipe, sizes=[1, 2, 4], seeds=2, output=folder, quiet=True, say=nothing)
    assert [(seed, len(names)) for seed, names in watched] == [(1, 2), (1, 4), (1, 1), (2, 1), (2, 2), (2, 4)]
    kept = json.loads((folder / "curve.json").read_text(encoding="utf-8"))
    assert [point["articles"] for point in kept["points"]] == [1, 2, 4]
    assert (folder / "curve.svg").read_text(encoding="utf-8").startswith("<svg")


def test_refuses(recipe: Recipe, watched: Watched, short_news: Sequence[Document]) -> None:
    """More articles than there are, nothing to score on, and gold that is trained on."""
    with pytest.raises(RecipeError, match=r"^9 to 9 articles: the recipe short has 4$"):
        learning_curve(recipe, sizes=[9], quiet=True, say=nothing)
    with pytest.raises(RecipeError, match="no dev documents here"):
        learning_curve(replace(recipe, data=replace(recipe.data, dev=[])), quiet=True, say=nothing)
    with pytest.raises(RecipeError, match=r"^1 of the articles to score on are trained on$"):
        learning_curve(recipe, gold=[replace(short_news[0], id="z")], quiet=True, say=nothing)
    assert watched == []


def test_command(
    write,  # noqa: F811
    recipe: Recipe,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`curve` trains for real, prints the table and its last line, and refuses what it cannot do."""
    arguments = ("--sizes", 1, 4, "--seeds", 2, "--epochs", 2, "-q", "--output", tmp_path / "out")
    assert main("curve", write(recipe), *arguments) == 0
    out, err = capsys.readouterr()
    assert "seed 2: 4 of 4 articles" in err
    assert out.startswith("recipe       short\n")
    assert "\nprecision    float32\n" in out
    assert "\n\nshort: F1 on 1 articles, mean and standard deviation of 2 seeds\narticles " in out
    assert out.splitlines()[-1].startswith("The last 3 of 4 articles were worth ")
    assert failed(capsys, "curve", write(recipe), "--sizes", 5, "-q").startswith("5 to 5 articles")
