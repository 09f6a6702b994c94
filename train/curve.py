"""Learning curves: what more articles would be worth, from what the last ones were."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from eval.intervals import differences
from eval.measures import Tally, tally, together
from eval.plots import curve as plotted
from eval.provenance import measured
from eval.tables import Table
from eval.tagging import agree, taggings
from train.corpora import describe, load
from train.crossval import divided, learn
from train.kept import Kept
from train.recipe import Recipe, RecipeError
from vipol.document import Document

Say = Callable[[str], None]

MEASURES = ("spans", "relations")


@dataclass(frozen=True)
class Point:
    """Training on so many articles: what each seed gave."""

    size: int
    tallies: tuple[Tally, ...]

    def of(self, measure: str) -> tuple[float, ...]:
        """Micro F1 in percent, a number for each seed."""
        return tuple(100 * _micro(counted, measure) for counted in self.tallies)


@dataclass(frozen=True)
class Curve:
    recipe: str
    gold: Sequence[Document]
    points: Sequence[Point]

    def table(self) -> Table:
        """Mean and standard deviation over seeds at every size, with the plot."""
        rows = []
        for point in self.points:
            cells = [_mean_and_spread(point.of(measure)) for measure in MEASURES]
            rows.append([str(point.size), *cells])
        lines = {
            name: (
                [mean(point.of(measure)) for point in self.points],
                [_spread(point.of(measure)) for point in self.points],
            )
            for measure, name in zip(MEASURES, ("spans", "relations (Rel+)"), strict=True)
        }
        seeds = len(self.points[0].tallies)
        return Table(
            f"{self.recipe}: F1 on {len(self.gold)} articles, "
            + (f"mean and standard deviation of {seeds} seeds" if seeds > 1 else "one seed"),
            ["articles", "spans", "relations"],
            rows,
            plotted([point.size for point in self.points], lines, "articles"),
        )

    def last_quarter(self) -> str:
        """What the last quarter of the articles was worth, in a line."""
        last = self.points[-1]
        if len(self.points) == 1:
            return "One size alone: nothing can be said of what more articles are worth."
        before = min(self.points[:-1], key=lambda point: abs(point.size - 0.75 * last.size))
        rows = last.tallies[0].rows
        changes = dict(zip(rows, differences(together(before.tallies), together(last.tallies)), strict=True))
        gains = []
        for measure, name in zip(MEASURES, ("span F1", "Rel+ F1"), strict=True):
            gain = [b - a for a, b in zip(before.of(measure), last.of(measure), strict=True)]
            change = next(of for row, of in changes.items() if (row.measure.name, row.name) == (measure, "micro"))
            interval = change.interval
            limits = f" (95 %: {100 * interval.low:+.1f} to {100 * interval.high:+.1f})" if interval else ""
            gains.append(f"{mean(gain):+.2f} {name}{limits}")
        return (
            f"The last {last.size - before.size} of {last.size} articles, with as many epochs and so with more steps, "
            f"were worth {' and '.join(gains)}."
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "scored": describe(self.gold),
            **measured(),
            "points": [
                {"articles": p.size, "span_f1": list(p.of("spans")), "relation_f1": list(p.of("relations"))}
                for p in self.points
            ],
        }


def learning_curve(
    recipe: Recipe,
    *,
    sizes: Sequence[int] = (),
    seeds: int = 3,
    over: str = "",
    gold: Sequence[Document] = (),
    output: Path | None = None,
    quiet: bool,
    say: Say,
) -> Curve:
    """Trains on nested subsets of the recipe's training articles, and scores each on the same others.

    A seed decides the order in which articles come in, beside all that it decides in training. Teachers are left out.

    Args:
        sizes: numbers of articles; the quarters of what there is if none are given.
        over: one of the recipe's training corpora, whose articles are counted; the others are trained on every time.
            Empty for all of them.
        gold: what is scored; the recipe's dev documents if none are given.
        output: a folder that keeps what each training gave, with `curve.json` and `curve.svg`; the next call goes on
            there.

    Raises:
        RecipeError: there is nothing to score on, or more articles are asked for than there are, or gold is trained on.
    """
    train, always = divided(recipe, over)
    gold = list(gold) or load(recipe).dev
    if not gold:
        raise RecipeError(f"the recipe {recipe.name} has no dev documents here; name others to score on")
    if shared := sorted({document.text for document in [*train, *always]} & {document.text for document in gold}):
        raise RecipeError(f"{len(shared)} of the articles to score on are trained on")
    sizes = sorted(set(sizes)) or sorted({max(1, round(len(train) * part / 4)) for part in range(1, 5)})
    if not 1 <= sizes[0] <= sizes[-1] <= len(train):
        raise RecipeError(f"{sizes[0]} to {sizes[-1]} articles: the recipe {recipe.name} has {len(train)}")
    taggings(gold, gold)
    kept = Kept(
        output,
        recipe,
        {
            "train": describe(train)["sha256"],
            "always": describe(always)["sha256"],
            "scored": describe(gold)["sha256"],
        },
        say,
    )
    counted: dict[int, list[Tally]] = {size: [] for size in sizes}
    for seed in range(recipe.training.seed, recipe.training.seed + seeds):
        seeded = replace(recipe, training=replace(recipe.training, seed=seed))
        order = list(train)
        random.Random(seed).shuffle(order)
        for size in sizes:
            say(f"seed {seed}: {size} of {len(train)} articles")
            found = kept.documents(
                f"seed-{seed}-articles-{size}", partial(learn, seeded, order[:size] + always, gold, quiet=quiet)
            )
            counted[size].append(tally(gold, found))
            agree(gold, found, counted[size][-1].strict())
    points = [Point(size, tuple(tallies)) for size, tallies in counted.items()]
    result = Curve(recipe.name, gold, points)
    kept.write("curve.json", json.dumps(result.to_dict(), ensure_ascii=False, indent=1) + "\n")
    kept.write("curve.svg", (result.table().svg or "") + "\n")
    return result


def _micro(counted: Tally, measure: str) -> float:
    return next(
        figures.f1
        for row, figures in zip(counted.rows, counted.figures(), strict=True)
        if (row.measure.name, row.name) == (measure, "micro")
    )


def _mean_and_spread(values: Sequence[float]) -> str:
    return f"{mean(values):.2f} ± {_spread(values):.2f}" if len(values) > 1 else f"{mean(values):.2f}"


def _spread(values: Sequence[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0
