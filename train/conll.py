"""Training on data sets in CoNLL columns, so that an encoder's figures can stand beside published ones."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from eval.conll import Sentence, document, read_conll, scored, tagged, unit_for, with_ceiling
from eval.provenance import TRAINED_FILE, data_hash
from eval.tables import Table
from train.encoder import pieces_of
from train.examples import examples
from train.licences import notice
from train.loop import extractor, fit, precision_of
from train.recipe import Recipe, RecipeError
from train.run import RUN_FILE, Spent, build, claim, save, trained_on, write
from vipol.document import Document
from vipol.extractor import Extractor
from vipol.schema import OUTSIDE
from vipol.segmentation import GIVEN, WordUnit

PARTS = ("train", "dev", "test")
SUFFIXES = (".conll", ".txt", ".tsv", ".iob2")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Corpus:
    """The sentences of a data set, by part; there may be no dev sentences."""

    parts: dict[str, list[Sentence]]

    def documents(self, part: str) -> list[Document]:
        return [document(sentence, f"{part}-{n}") for n, sentence in enumerate(self.parts[part], 1)]

    @property
    def sentences(self) -> list[Sentence]:
        return [sentence for part in PARTS for sentence in self.parts[part]]

    @property
    def tags(self) -> list[str]:
        """O, then B and I of each label of the training part, in the order of the alphabet."""
        labels = sorted({tag[2:] for sentence in self.parts["train"] for tag in sentence.tags if tag != OUTSIDE})
        return [OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def read_corpus(folder: Path, column: int = 0) -> Corpus:
    """Reads the files of a folder whose names begin with, or hold, train, dev (or valid) and test.

    Raises:
        RecipeError: the train or test file is missing, or there are several.
        ConllError: a file is damaged.
    """
    if not folder.is_dir():
        raise RecipeError(f"{folder}: no such folder; it holds the train, dev and test files of a data set")
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    parts: dict[str, list[Sentence]] = {}
    for part in PARTS:
        words = ("dev", "valid") if part == "dev" else (part,)
        found = [path for path in files if any(word in path.stem.lower() for word in words)]
        if len(found) > 1 or (not found and part != "dev"):
            names = ", ".join(path.name for path in found) or "none"
            raise RecipeError(f"{folder}: one file for {part} is needed ({', '.join(SUFFIXES)}), and there is {names}")
        parts[part] = read_conll(found[0], column) if found else []
    return Corpus(parts)


def train(
    recipe: Recipe,
    corpus: Corpus,
    folder: Path,
    *,
    batch_size: int = 32,
    resume: bool = False,
    quiet: bool = False,
    say: Say,
) -> tuple[dict[str, Any], Table]:
    """Fine-tunes a recipe's encoder on a data set and scores it on the test part, read once, at the end.

    The network is the project's own with the data set's labels; relations there are none. Where the recipe reads words
    and the data have them (`_` between syllables), these are its words, in training and test; the model that is left
    has the recipe's segmenter, for texts that nobody has segmented.

    Args:
        batch_size: sentences in a step; the recipe's own counts windows of whole paragraphs.

    Raises:
        RunError: the folder holds something else, or a run on other data.
    """
    recipe = replace(recipe, training=replace(recipe.training, batch_size=batch_size, accumulation=1))
    pieces, unit = pieces_of(recipe.encoder.source), unit_for(corpus.sentences, recipe.encoder.words)
    documents = {part: corpus.documents(part) for part in PARTS}
    data = {part: {"sentences": len(of), "sha256": data_hash(of)} for part, of in documents.items()}
    claim(folder, recipe, resume, {part: str(data[part]["sha256"]) for part in ("train", "dev")})
    spent = Spent(folder)
    if said := notice(recipe.encoder):
        say(said)
    gold = examples(documents["train"], pieces, recipe.network.window, corpus.tags, unit)
    for part, of in documents.items():
        say(f"{part}: {len(of)} sentences, {sum(len(d.entities) for d in of)} spans")
    if unit is GIVEN:
        say("words: as given in the data; no segmenter is used")
    say(f"training: {gold.cut()}")
    network = build(recipe, recipe.training.seed, corpus.tags)
    network.config.words = unit.name
    log = fit(
        network, pieces, gold.examples, documents["dev"], recipe, folder / "checkpoints",
        epochs=recipe.training.epochs, seed=recipe.training.seed, resume=resume, quiet=quiet,
    )  # fmt: skip
    table = _scored(corpus, documents["test"], extractor(network, pieces), unit)
    network.config.words = recipe.encoder.words
    save(network, recipe, folder, say)
    write(folder / TRAINED_FILE, trained_on(documents["train"]))
    record = {
        "recipe": recipe.name,
        "encoder": recipe.encoder.source,
        "licence": recipe.encoder.licence,
        "words": unit.name,
        "data": data,
        "cut_spans": gold.cut_spans,
        "cut_by_words": gold.cut_before,
        "epochs": log,
        **spent.note(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "precision": precision_of(recipe.training.precision),
        "torch": torch.__version__,
        "test": table.to_dict(),
        "test_onnx": _scored(corpus, documents["test"], Extractor.load(folder, device="cpu"), unit).to_dict(),
    }
    write(folder / RUN_FILE, json.dumps(record, ensure_ascii=False, indent=1))
    return record, table


def _scored(corpus: Corpus, texts: Sequence[Document], model: Extractor, unit: WordUnit) -> Table:
    marked = model.with_words(unit.name).extract_many(text.bare() for text in texts)
    gold = corpus.parts["test"]
    table = scored(gold, [tagged(*both) for both in zip(gold, marked, strict=True)])
    return with_ceiling(table, texts, unit)
