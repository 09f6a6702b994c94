"""Cross-validation: every article marked by a model that has not seen it."""

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from annotations.gold import read_gold
from annotations.standoff import attach
from eval.measures import Tally, tally
from eval.tagging import agree, taggings
from train.corpora import describe, load
from train.encoder import pieces_of
from train.examples import examples
from train.kept import Kept, write_whole
from train.licences import notice
from train.loop import extractor, fit
from train.recipe import ROOT, Recipe, RecipeError
from train.run import build
from vipol.document import Document
from vipol.extractor import Extractor
from vipol.segmentation import word_unit

Say = Callable[[str], None]

_NAMED = 3
"""How many held-out documents a message names before it only counts them."""


@dataclass(frozen=True)
class CrossValidation:
    """What one seed gave: all articles, each marked by the model that was trained without it."""

    seed: int
    gold: Sequence[Document]
    predicted: Sequence[Document]
    tally: Tally
    """Over all articles together, not a mean of folds."""
    seqeval: float
    """seqeval's micro F1 of the spans, which equals ours or an error was raised."""


def cross_validate(
    recipe: Recipe,
    *,
    folds: int = 0,
    seeds: int = 1,
    over: str = "",
    output: Path | None = None,
    quiet: bool,
    say: Say,
) -> list[CrossValidation]:
    """Divides the recipe's training documents into folds, and marks each fold by a model trained on the rest.

    No document is watched while a model trains, so nothing is tuned to what is scored. Teachers are left out.

    Args:
        folds: how many; 0 leaves out one document at a time. Which document is in which depends on the seed.
        seeds: how often the whole is done, with the recipe's seed and those that follow it.
        over: one of the recipe's training corpora; only its documents are divided and marked, and the others are
            trained on every time. Empty for all of them.
        output: a folder that keeps what each fold and each seed gave (`seed-1.jsonl`); the next call goes on there.

    Raises:
        RecipeError: there are fewer than two documents, or fewer than folds, or `output` holds something else.
        AgreementError: seqeval can't score the gold; said before anything is trained.
    """
    gold, always = divided(recipe, over)
    if len(gold) < 2:
        raise RecipeError(f"the recipe {recipe.name} trains on one document; to leave one out takes two")
    folds = folds or len(gold)
    if not 2 <= folds <= len(gold):
        raise RecipeError(f"{folds} folds of {len(gold)} documents: say a number from 2 to {len(gold)}")
    taggings(gold, gold)
    if said := notice(recipe.encoder):
        say(said)
    kept = Kept(
        output,
        recipe,
        {"folds": folds, "divided": describe(gold)["sha256"], "always": describe(always)["sha256"]},
        say,
    )
    results = []
    for seed in range(recipe.training.seed, recipe.training.seed + seeds):
        seeded = replace(recipe, training=replace(recipe.training, seed=seed))
        order = list(range(len(gold)))
        random.Random(seed).shuffle(order)
        marked: dict[str, Document] = {}
        for number in range(folds):
            held_out = [gold[n] for n in sorted(order[number::folds])]
            names = {document.id for document in held_out}
            rest = [document for document in gold if document.id not in names] + always
            say(f"seed {seed}, fold {number + 1} of {folds}: without {_names(held_out)}")
            name = f"seed-{seed}-fold-{number + 1}"
            found = kept.documents(name, partial(learn, seeded, rest, held_out, quiet=quiet))
            marked |= {document.id: document for document in found}
        predicted = [marked[document.id] for document in gold]
        if output:
            write_whole(output / f"seed-{seed}.jsonl", predicted)
        counted = tally(gold, predicted)
        results.append(CrossValidation(seed, gold, predicted, counted, agree(gold, predicted, counted.strict())))
    return results


def learn(recipe: Recipe, train: Sequence[Document], marked: Sequence[Document], *, quiet: bool) -> list[Document]:
    """Trains a recipe on some documents, once and without teachers, and marks others."""
    return list(taught(recipe, train, quiet=quiet).extract_many(marked))


def taught(recipe: Recipe, train: Sequence[Document], *, quiet: bool) -> Extractor:
    """Trains a recipe on some documents, once and without teachers; what came of it is in memory alone."""
    pieces, unit = pieces_of(recipe.encoder.source), word_unit(recipe.encoder.words)
    network = build(recipe, recipe.training.seed)
    windows = examples(train, pieces, recipe.network.window, unit=unit).examples
    with tempfile.TemporaryDirectory(prefix="vipol-fold-") as folder:
        fit(
            network, pieces, windows, [], recipe, Path(folder),
            epochs=recipe.training.epochs, seed=recipe.training.seed, quiet=quiet, keep=False,
        )  # fmt: skip
    return extractor(network, pieces)


def divided(recipe: Recipe, over: str) -> tuple[list[Document], list[Document]]:
    """The training documents of one corpus (of all, if none is named), and those of the others.

    Raises:
        RecipeError: the recipe has no such training corpus, or it is not there.
    """
    train = load(recipe).train
    if not over:
        return train, []
    standoff = recipe.data.standoff_if_present
    if over not in (*recipe.data.train, *recipe.data.train_if_present, *standoff):
        raise RecipeError(f"{over}: no training corpus of the recipe {recipe.name}")
    for path in (over, standoff.get(over, over)):
        if not (ROOT / path).exists():
            raise RecipeError(f"{path}: not there")
    documents = attach(ROOT / over, ROOT / standoff[over]) if over in standoff else read_gold(ROOT / over)
    names = {document.id for document in documents}
    return [d for d in train if d.id in names], [d for d in train if d.id not in names]


def _names(documents: Sequence[Document]) -> str:
    if len(documents) > _NAMED:
        return f"{len(documents)} documents"
    return ", ".join(document.id for document in documents)
