"""Learning curves: what more articles would be worth, from what the last ones were."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from annotations.order import RANDOM, UNCERTAIN, order
from eval.intervals import differences
from eval.measures import Tally, tally
from eval.plots import curve as plotted
from eval.provenance import measured
from eval.tables import Table
from eval.tagging import agree, taggings
from train.corpora import describe, load
from train.crossval import divided, taught
from train.kept import Kept
from train.licences import notice
from train.recipe import Recipe, RecipeError
from vipol.document import Document
from vipol.extractor import Extractor

Say = Callable[[str], None]

MEASURES = {"spans": "spans", "relations": "relations (Rel+)"}
"""Those of a curve, each with its name in a plot."""


@dataclass(frozen=True)
class Point:
    """Training on so many articles: what each seed gave."""

    size: int
    tallies: tuple[Tally, ...]
    learnt: tuple[Sequence[Document], ...] = ()
    """The articles that are counted, for each seed."""

    def of(self, measure: str) -> tuple[float, ...]:
        """Micro F1 in percent, a number for each seed."""
        return tuple(100 * _micro(counted, measure) for counted in self.tallies)


@dataclass(frozen=True)
class Curve:
    recipe: str
    gold: Sequence[Document]
    points: Sequence[Point]
    order: str = RANDOM
    held_back: int = 0
    """How many articles of `gold` each seed scores on; 0 for all of them."""

    @property
    def title(self) -> str:
        """What is scored, and how often."""
        seeds = len(self.points[0].tallies)
        articles = (
            f"{self.held_back} articles, other ones for each seed" if self.held_back else f"{len(self.gold)} articles"
        )
        times = f"mean and standard deviation of {seeds} seeds" if seeds > 1 else "one seed"
        return f"{self.recipe}: F1 on {articles}, {times}"

    def table(self) -> Table:
        """Mean and standard deviation over seeds at every size, with the plot."""
        rows = [[str(point.size), *(mean_and_spread(point.of(name)) for name in MEASURES)] for point in self.points]
        sizes = [point.size for point in self.points]
        return Table(
            self.title, ["articles", "spans", "relations"], rows, plotted(sizes, dict(self.lines()), "articles")
        )

    def lines(self) -> Iterator[tuple[str, tuple[list[float], list[float]]]]:
        """For a plot: each measure with its means and standard deviations."""
        for measure, name in MEASURES.items():
            values = [point.of(measure) for point in self.points]
            yield name, ([mean(of) for of in values], [_spread(of) for of in values])

    def last_quarter(self) -> str:
        """What the last quarter of the articles was worth, in a line."""
        last = self.points[-1]
        if len(self.points) == 1:
            return "One size alone: nothing can be said of what more articles are worth."
        before = min(self.points[:-1], key=lambda point: abs(point.size - 0.75 * last.size))
        rows = last.tallies[0].rows
        changes = dict(zip(rows, differences(over_seeds(before.tallies), over_seeds(last.tallies)), strict=True))
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
            "order": self.order,
            "held_back": self.held_back,
            **measured(),
            "points": [
                {
                    "articles": p.size,
                    "span_f1": list(p.of("spans")),
                    "relation_f1": list(p.of("relations")),
                    "ids": [[document.id for document in documents] for documents in p.learnt],
                }
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
    hold_back: int = 0,
    by: str = RANDOM,
    output: Path | None = None,
    quiet: bool,
    say: Say,
) -> Curve:
    """Trains on nested subsets of the recipe's training articles, and scores each on the same others.

    A seed decides the order in which articles come in, beside all that it decides in training. Teachers are left out.

    Args:
        sizes: numbers of articles; the quarters of what there is if none are given. 0 is the other corpora alone.
        over: one of the recipe's training corpora, whose articles are counted; the others are trained on every time.
            Empty for all of them.
        gold: what is scored; the recipe's dev documents if none are given.
        hold_back: score on so many of the counted articles instead, drawn by each seed, and never train on them.
        by: the order in which articles come in. `random`, or `uncertain`: the model that was trained on one size
            chooses what comes in until the next, and one trained on the other corpora alone chooses first.
        output: a folder that keeps what each training gave, with `curve.json` and `curve.svg`; the next call goes on
            there, also one with another order.

    Raises:
        RecipeError: there is nothing to score on, or more articles are asked for than there are, or gold is trained
            on, or there is nothing that a first model could learn from.
    """
    train, always = divided(recipe, over)
    gold = train if hold_back else list(gold) or load(recipe).dev
    if not gold:
        raise RecipeError(f"the recipe {recipe.name} has no dev documents here; name others to score on")
    shared = {document.text for document in [*train, *always]} & {document.text for document in gold}
    if shared and not hold_back:
        raise RecipeError(f"{len(shared)} of the articles to score on are trained on")
    count = len(train) - hold_back
    sizes = sorted(set(sizes)) or sorted({max(1, round(count * part / 4)) for part in range(1, 5)})
    if not 0 <= sizes[0] <= sizes[-1] <= count:
        left = f" beside the {hold_back} that are held back" if hold_back else ""
        raise RecipeError(f"{sizes[0]} to {sizes[-1]} articles: the recipe {recipe.name} has {max(0, count)}{left}")
    if not always and (by == UNCERTAIN or not sizes[0]):
        raise RecipeError(
            "without any of the articles nothing is left to train on; name with --over the corpus that is counted"
        )
    taggings(gold, gold)
    if said := notice(recipe.encoder):
        say(said)
    kept = Kept(
        output,
        recipe,
        {
            "train": describe(train)["sha256"],
            "always": describe(always)["sha256"],
            "scored": {"held_back": hold_back} if hold_back else describe(gold)["sha256"],
        },
        say,
    )
    counted: dict[int, list[Tally]] = {size: [] for size in sizes}
    learnt: dict[int, list[Sequence[Document]]] = {size: [] for size in sizes}
    for seed in range(recipe.training.seed, recipe.training.seed + seeds):
        shuffled = list(train)
        random.Random(seed).shuffle(shuffled)
        scored = shuffled[:hold_back] or gold
        series = _Series(
            replace(recipe, training=replace(recipe.training, seed=seed)), always, scored, kept, quiet, say
        )
        for size, documents, found in series.run(shuffled[hold_back:], sizes, by):
            counted[size].append(tally(scored, found))
            agree(scored, found, counted[size][-1].strict())
            learnt[size].append(documents)
    points = [Point(size, tuple(counted[size]), tuple(learnt[size])) for size in sizes]
    result = Curve(recipe.name, gold, points, by, hold_back)
    name = "curve" if by == RANDOM else f"curve-{by}"
    kept.write(f"{name}.json", json.dumps(result.to_dict(), ensure_ascii=False, indent=1) + "\n")
    kept.write(f"{name}.svg", (result.table().svg or "") + "\n")
    return result


@dataclass(frozen=True)
class _Series:
    """The trainings of one seed."""

    recipe: Recipe
    always: Sequence[Document]
    scored: Sequence[Document]
    kept: Kept
    quiet: bool
    say: Say

    def run(
        self, pool: Sequence[Document], sizes: Sequence[int], by: str
    ) -> Iterator[tuple[int, list[Document], list[Document]]]:
        """Each size, the first so many articles of the pool, and the scored ones as marked by a model trained on them.

        Args:
            pool: in random order; in which order its articles come in is decided as the series goes on.
        """
        seed = self.recipe.training.seed
        taken: list[Document] = []
        rest = list(pool)
        path = ""
        for size in sorted({*sizes, *([0] if by == UNCERTAIN else [])}):
            add = size - len(taken)
            taken, rest = taken + rest[:add], rest[add:]
            # Without any article of the pool no order has been followed yet; later each size before had its say.
            path += f"-{size}" if size else ""
            name = f"seed-{seed}-{by}-articles{path}" if size and by != RANDOM else f"seed-{seed}-articles-{size}"
            self.say(f"seed {seed}: {size} of {len(pool)} articles, {by} order")
            model = cache(partial(taught, self.recipe, [*taken, *self.always], quiet=self.quiet))
            found = self.kept.documents(name, partial(_marked, self.scored, model))
            if size in sizes:
                yield size, taken, found
            # After the last size too: a later call may go on from here, and need not train this model again.
            if by == UNCERTAIN and rest and (size < max(sizes) or self.kept.keeps):
                rest = self.kept.documents(f"{name}-next", partial(_ordered, rest, by, model))


def _marked(documents: Sequence[Document], model: Callable[[], Extractor]) -> list[Document]:
    return list(model().extract_many(documents))


def _ordered(documents: Sequence[Document], by: str, model: Callable[[], Extractor]) -> list[Document]:
    return order(documents, by, model())


def over_seeds(tallies: Sequence[Tally]) -> Tally:
    """The counts of several predictions together. An article that several of them have, as of several seeds, counts
    as one with the counts of all, so that a bootstrap over articles draws it with whatever was found in it."""
    places: dict[str, int] = {}
    for counted in tallies:
        for name in counted.documents:
            places.setdefault(name, len(places))
    counts = np.zeros((len(places), *tallies[0].counts.shape[1:]))
    for counted in tallies:
        counts[[places[name] for name in counted.documents]] += counted.counts
    return Tally(tuple(places), tallies[0].measures, counts)


def mean_and_spread(values: Sequence[float]) -> str:
    return f"{mean(values):.2f} ± {_spread(values):.2f}" if len(values) > 1 else f"{mean(values):.2f}"


def _spread(values: Sequence[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0


def _micro(counted: Tally, measure: str) -> float:
    return next(
        figures.f1
        for row, figures in zip(counted.rows, counted.figures(), strict=True)
        if (row.measure.name, row.name) == (measure, "micro")
    )
