"""Learning curves: nested subsets, what is kept, what the last quarter was worth."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_crossval import nothing
from test_run import failed, main, quick, write  # noqa: F401  (fixtures)

from annotations.gold import to_jsonl
from eval.measures import SPANS, STRICT_RELATIONS, Tally
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
    assert [point.of("spans") for point in found.points] == [
        *((pytest.approx(50),) * 2, (pytest.approx(80),) * 2, (100.0, 100.0), (100.0, 100.0))
    ]
    assert found.last_quarter() == (
        "The last 1 of 4 articles, with as many epochs and so with more steps, were worth +0.00 span F1 and +0.00 "
        "Rel+ F1."
    )


def counted(*rights: int) -> Tally:
    """Articles of ten spans each, of which so many are found, and without relations."""
    counts = np.array([[(right, 10, 10), (0, 0, 0)] for right in rights], np.float64)
    measures = (replace(SPANS, labels=("ORG",)), replace(STRICT_RELATIONS, labels=("ROLE_AT",)))
    return Tally(tuple(map(str, range(len(rights)))), measures, counts)


def test_last_quarter() -> None:
    """The gain of the nearest size to 75 %, its interval over articles, the seeds together."""
    points = [
        Point(50, (counted(1, 1), counted(1, 1))),
        Point(150, (counted(8, 6), counted(7, 7))),
        Point(200, (counted(9, 7), counted(8, 8))),
    ]
    assert Curve("r", [], points).last_quarter() == (
        "The last 50 of 200 articles, with as many epochs and so with more steps, were worth +10.00 span F1 "
        "(95 %: +10.0 to +10.0) and +0.00 Rel+ F1."
    )
    assert Curve("r", [], points[-1:]).last_quarter().startswith("One size alone")


def test_table_and_plot() -> None:
    """Mean and spread at every size, no spread of one seed; the plot is SVG, and the same twice."""
    curve = Curve("r", [], [Point(1, (counted(5), counted(6))), Point(2, (counted(7), counted(7)))])
    assert [list(row) for row in curve.table().rows] == [
        ["1", "55.00 ± 7.07", "0.00 ± 0.00"],
        ["2", "70.00 ± 0.00", "0.00 ± 0.00"],
    ]
    svg = curve.table().svg
    assert svg is not None
    assert svg.startswith("<svg")
    assert svg == curve.table().svg
    one = Curve("r", [], [Point(1, (counted(5),))]).table()
    assert (one.title, list(one.rows[0])) == ("r: F1 on 0 articles, one seed", ["1", "50.00", "0.00"])


def test_goes_on_where_it_was(recipe: Recipe, watched: Watched, tmp_path: Path) -> None:
    """Sizes and seeds may be added; what is there is not trained again, and the figures are written down."""
    folder = tmp_path / "series"
    learning_curve(recipe, sizes=[2, 4], seeds=1, output=folder, quiet=True, say=nothing)
    learning_curve(recipe, sizes=[1, 2, 4], seeds=2, output=folder, quiet=True, say=nothing)
    assert [(seed, len(names)) for seed, names in watched] == [(1, 2), (1, 4), (1, 1), (2, 1), (2, 2), (2, 4)]
    kept = json.loads((folder / "curve.json").read_text(encoding="utf-8"))
    assert [point["articles"] for point in kept["points"]] == [1, 2, 4]
    assert (folder / "curve.svg").read_text(encoding="utf-8").startswith("<svg")


def test_over_one_corpus(recipe: Recipe, watched: Watched, short_news: Sequence[Document], tmp_path: Path) -> None:
    """The articles of one corpus are counted, those of the other are trained on every time."""
    always = tmp_path / "always.jsonl"
    always.write_text(to_jsonl([replace(short_news[0], id="z", text=short_news[0].text + " Hết.")]), encoding="utf-8")
    both = replace(recipe, data=replace(recipe.data, train=[*recipe.data.train, str(always)]))
    learning_curve(both, sizes=[1, 4], seeds=1, over=recipe.data.train[0], quiet=True, say=nothing)
    assert [(len(names), names[-1]) for _, names in watched] == [(2, "z"), (5, "z")]


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
    assert out.startswith("recipe          short\n")
    assert "\nprecision       float32\n" in out
    assert "\n\nshort: F1 on 1 articles, mean and standard deviation of 2 seeds\narticles " in out
    assert out.splitlines()[-1].startswith("The last 3 of 4 articles, with as many epochs ")
    assert failed(capsys, "curve", write(recipe), "--sizes", 5, "-q").startswith("5 to 5 articles")
