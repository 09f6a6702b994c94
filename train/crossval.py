"""Cross-validation: every article marked by a model that has not seen it."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.scores import Scores, score
from eval.tagging import agree, taggings
from train.corpora import load
from train.examples import examples
from train.loop import extractor, fit
from train.recipe import Recipe, RecipeError
from train.run import build, tokenizer_file
from vipol.document import Document
from vipol.encoding import Pieces


@dataclass(frozen=True)
class CrossValidation:
    gold: Sequence[Document]
    predicted: Sequence[Document]
    scores: Scores
    """Over all articles together, not a mean of folds."""
    seqeval: float
    """seqeval's micro F1 of the spans, which equals ours or an error was raised."""


def leave_one_out(recipe: Recipe, *, quiet: bool, say: Callable[[str], None]) -> CrossValidation:
    """Trains the recipe without each of its training documents in turn, and marks that one.

    No document is watched while a model trains, so nothing is tuned to what is scored. Teachers are left out.

    Raises:
        RecipeError: the recipe trains on a single document.
        AgreementError: seqeval can't score the gold; said before anything is trained.
    """
    gold = load(recipe).train
    if len(gold) < 2:
        raise RecipeError(f"the recipe {recipe.name} trains on one document; to leave one out takes two")
    taggings(gold, gold)
    pieces = Pieces.from_file(tokenizer_file(recipe))
    predicted = []
    for held_out in gold:
        say(f"without {held_out.id}")
        rest = [document for document in gold if document is not held_out]
        network = build(recipe, recipe.training.seed)
        windows = examples(rest, pieces, recipe.network.window).examples
        with tempfile.TemporaryDirectory(prefix="vipol-fold-") as folder:
            fit(
                network, pieces, windows, [], recipe, Path(folder),
                epochs=recipe.training.epochs, seed=recipe.training.seed, quiet=quiet, keep=False,
            )  # fmt: skip
        predicted += list(extractor(network, pieces).extract_many([held_out]))
    scores = score(gold, predicted)
    return CrossValidation(gold, predicted, scores, agree(gold, predicted, scores))
