"""Learning curves: nested subsets, what is kept, what the last quarter was worth."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from test_crossval import nothing
from test_run import failed, main, quick, write  # noqa: F401  (fixtures)

from annotations.gold import to_jsonl
from eval.measures import SPANS, STRICT_RELATIONS, Tally, together
from train.curve import Curve, Point, learning_curve, over_seeds
from train.orders import changes, figures
from train.recipe import Data, Recipe, RecipeError
from vipol.document import Document
from vipol.doubt import Doubt

Watched = list[tuple[int, list[str]]]


class Fake:
    """A model that marks rightly what it knows of, and of other documents half the spans.

    One that learnt from an odd number of documents is the less sure of a document the later its id is in the alphabet,
    one from an even number the other way round.
    """

    def __init__(self, train: Sequence[Document]) -> None:
        self._count = len(train)

    def extract_many(self, documents: Iterable[Document]) -> Iterator[Document]:
        return (replace(d, entities=d.entities[: self._count], relations=()) for d in documents)

    def assess_many(self, documents: Iterable[Document]) -> Iterator[tuple[Document, Doubt]]:
        sign = 1 if self._count % 2 else -1
        return ((d.bare(), Doubt(1, sign * float(ord(d.id[0])))) for d in documents)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Trainings by seed and ids, which give a `Fake`."""
    seen: Watched = []

    def learning(recipe: Recipe, train: Sequence[Document], *, quiet: bool) -> Fake:
        seen.append((recipe.training.seed, [d.id for d in train]))
        return Fake(train)

    monkeypatch.setattr("train.curve.taught", learning)
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


@pytest.fixture
def beside(recipe: Recipe, short_news: Sequence[Document], tmp_path: Path) -> Recipe:
    """The four articles, and one of another corpus that is trained on every time."""
    always = tmp_path / "always.jsonl"
    always.write_text(to_jsonl([replace(short_news[0], id="z", text=short_news[0].text + " Hết.")]), encoding="utf-8")
    return replace(recipe, data=replace(recipe.data, train=[*recipe.data.train, str(always)]))


def chosen(curve: Curve) -> list[str]:
    """The articles of each size, of the first seed."""
    return ["".join(document.id for document in point.learnt[0]) for point in curve.points]


def test_uncertain_first(beside: Recipe, watched: Watched) -> None:
    """The model without any of the articles chooses the first, and the one that learnt from it chooses anew."""
    over = beside.data.train[0]
    found = learning_curve(beside, sizes=[1, 2, 3], seeds=2, over=over, by="uncertain", quiet=True, say=nothing)
    assert chosen(found) == ["d", "da", "dac"]
    assert [names for seed, names in watched if seed == 1] == [["z"], ["d", "z"], ["d", "a", "z"], ["d", "a", "c", "z"]]
    assert [seed for seed, _ in watched] == [1] * 4 + [2] * 4
    several = learning_curve(beside, sizes=[0, 3], seeds=1, over=over, by="uncertain", quiet=True, say=nothing)
    assert chosen(several) == ["", "dcb"]


def test_held_back(beside: Recipe, watched: Watched) -> None:
    """What a seed holds back is never trained on and is scored alone; it is the same for every order, and other
    articles for another seed."""
    over = beside.data.train[0]
    found = [
        learning_curve(beside, sizes=[0, 2], seeds=5, over=over, hold_back=2, by=by, quiet=True, say=nothing)
        for by in ("random", "uncertain")
    ]
    scored = [[counted.documents for counted in curve.points[1].tallies] for curve in found]
    assert scored[0] == scored[1]
    assert len({frozenset(names) for names in scored[0]}) > 1
    for curve in found:
        for counted, learnt in zip(curve.points[1].tallies, curve.points[1].learnt, strict=True):
            assert sorted([*counted.documents, *(document.id for document in learnt)]) == ["a", "b", "c", "d"]
        assert curve.title.startswith("short: F1 on 2 articles, other ones for each seed, mean ")
    assert all(set(names) <= set("abcdz") for _, names in watched)


def test_orders_share_a_folder(beside: Recipe, watched: Watched, tmp_path: Path) -> None:
    """What one order trained without any of the articles the other takes over; each goes on where it was, and has
    its figures in a file of its own. Another number of articles held back is something else."""
    folder = tmp_path / "series"
    series = partial(learning_curve, beside, seeds=1, over=beside.data.train[0], output=folder, quiet=True, say=nothing)
    for by in ("uncertain", "random", "uncertain"):
        series(sizes=[0, 1, 2], hold_back=1, by=by)
    assert [len(names) for _, names in watched] == [1, 2, 3, 2, 3]
    kept = [json.loads((folder / f"curve{end}.json").read_text(encoding="utf-8")) for end in ("", "-uncertain")]
    assert [one["order"] for one in kept] == ["random", "uncertain"]
    assert [len(point["ids"][0]) for point in kept[1]["points"]] == [0, 1, 2]
    assert set(kept[1]["points"][1]["ids"][0]) < set(kept[1]["points"][2]["ids"][0])
    # A training that was lost is done again, and chooses what it chose.
    (folder / "seed-1-uncertain-articles-1.jsonl").unlink()
    (folder / "seed-1-articles-0-next.jsonl").unlink()
    series(sizes=[0, 1, 2], hold_back=1, by="uncertain")
    assert [names for _, names in watched[5:]] == [watched[0][1], watched[1][1]]
    # The last size has chosen too, so that a larger one trains nothing but itself.
    series(sizes=[0, 1, 2, 3], hold_back=1, by="uncertain")
    assert [len(names) for _, names in watched[7:]] == [4]
    # Without the sizes between, others are chosen: what is kept of them is not taken for it.
    found = series(sizes=[0, 2], hold_back=1, by="uncertain")
    assert [len(names) for _, names in watched[8:]] == [3]
    assert chosen(found)[1] != "".join(watched[2][1][:2])
    with pytest.raises(RecipeError, match="it holds the results of something else"):
        series(sizes=[1], hold_back=2)


def test_over_seeds() -> None:
    """Predictions of the same articles add up; an article that two seeds scored counts as one, with both counts."""
    same = counted(5, 6), counted(7, 8)
    assert np.array_equal(over_seeds(same).counts, together(same).counts)
    other = replace(counted(9, 4), documents=("1", "2"))
    whole = over_seeds([same[0], other])
    assert whole.documents == ("0", "1", "2")
    assert whole.counts[:, 0].tolist() == [[5, 10, 10], [15, 20, 20], [4, 10, 10]]


def test_orders_side_by_side() -> None:
    """Figures of both with what they cost, and the change by size, over all sizes, and by seed."""
    words = [Document("x", "một hai ba bốn"), Document("y", "một " * 100)]
    curves = [
        Curve("r", [], [Point(0, (counted(2, 2),) * 2, ((), ())), *points], order, 2)
        for order, points in {
            "random": [
                Point(1, (counted(5, 5), counted(5, 5)), (words[:1], words[:1])),
                Point(2, (counted(6, 6), counted(7, 7)), (words, words)),
            ],
            "uncertain": [
                Point(1, (counted(6, 6), counted(8, 8)), (words[1:], words[1:])),
                Point(2, (counted(8, 8), counted(8, 8)), (words, words)),
            ],
        }.items()
    ]
    table = figures(curves)
    assert [[*row[:5], row[6]] for row in table.rows] == [
        ["random", "0", "0", "0", "20.00 ± 0.00", "-"],
        ["random", "1", "4", "0", "50.00 ± 0.00", "+7500.00"],
        ["random", "2", "104", "0", "65.00 ± 7.07", "+432.69"],
        ["uncertain", "0", "0", "0", "20.00 ± 0.00", "-"],
        ["uncertain", "1", "100", "0", "70.00 ± 14.14", "+500.00"],
        ["uncertain", "2", "104", "0", "80.00 ± 0.00", "+576.92"],
    ]
    assert table.svg is not None
    assert "uncertain: spans" in table.svg
    found = changes(*curves)
    assert found.title == "uncertain less random: change of F1, percent points"
    assert [[*row[:4], row[5]] for row in found.rows[:3]] == [
        ["span F1", "1", "+20.00", "+20.0 to +20.0", "+10.0 +30.0"],
        ["span F1", "2", "+15.00", "+15.0 to +15.0", "+20.0 +10.0"],
        ["span F1", "all", "+17.50", "+17.5 to +17.5", "+15.0 +20.0"],
    ]
    # Two coins: half of the exchanges leave both articles together.
    assert [round(float(row[4]), -1) for row in found.rows[:3]] == [50, 50, 50]
    assert [row[:3] for row in found.rows[3:]] == [["Rel+ F1", size, "+0.00"] for size in ("1", "2", "all")]


def test_refuses(recipe: Recipe, watched: Watched, short_news: Sequence[Document]) -> None:
    """More articles than there are, nothing to score on, and gold that is trained on."""
    with pytest.raises(RecipeError, match=r"^9 to 9 articles: the recipe short has 4$"):
        learning_curve(recipe, sizes=[9], quiet=True, say=nothing)
    with pytest.raises(RecipeError, match="no dev documents here"):
        learning_curve(replace(recipe, data=replace(recipe.data, dev=[])), quiet=True, say=nothing)
    with pytest.raises(RecipeError, match=r"^1 of the articles to score on are trained on$"):
        learning_curve(recipe, gold=[replace(short_news[0], id="z")], quiet=True, say=nothing)
    with pytest.raises(RecipeError, match=r"^3 to 3 articles: the recipe short has 2 beside the 2 that are held back$"):
        learning_curve(recipe, sizes=[3], hold_back=2, quiet=True, say=nothing)
    for settings in ({"sizes": [0, 1]}, {"sizes": [1], "by": "uncertain"}):
        with pytest.raises(RecipeError, match=r"^without any of the articles nothing is left to train on"):
            learning_curve(recipe, **settings, quiet=True, say=nothing)  # type: ignore[arg-type]
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


def test_command_with_orders(
    write,  # noqa: F811
    beside: Recipe,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two orders are trained for real and compared, on articles that neither has."""
    arguments = ["--over", beside.data.train[0], "--sizes", 0, 1, 2, "--hold-back", 2, "--seeds", 1, "--epochs", 1]
    command = ["curve", write(beside), *arguments, "-q"]
    assert main(*command, "--order", "random", "uncertain", "--output", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    assert err.count("seed 1: 0 of 2 articles") == 2
    assert "seed-1-articles-0: kept" in err
    lines = out.splitlines()
    assert [line.split()[:2] for line in lines if line.startswith(("random", "uncertain "))] == [
        *([order, str(size)] for order in ("random", "uncertain") for size in (0, 1, 2)),
        ["uncertain", "less"],
    ]
    assert failed(capsys, *command, "--gold", beside.data.train[0]).startswith("--gold and --hold-back both say")
