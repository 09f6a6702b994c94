"""The documents that a recipe names, and what is to be known of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotations.gold import read_gold
from annotations.standoff import attach
from eval.provenance import data_hash, text_hash
from train.recipe import ROOT, Recipe, RecipeError
from vipol.document import Document


@dataclass(slots=True)
class Corpora:
    """Documents to learn from and to watch the score on."""

    train: list[Document] = field(default_factory=list)
    dev: list[Document] = field(default_factory=list)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    """For each path of the recipe: its use (train or dev), documents, labels, relations, sha256."""
    missing: list[str] = field(default_factory=list)
    """Paths that the recipe names for when they are there, and that aren't."""


def load(recipe: Recipe, root: Path = ROOT) -> Corpora:
    """Reads the corpora of a recipe.

    Raises:
        RecipeError: a corpus that is not optional is missing, there are no documents, two have one id, or train and
            dev share a text.
        DocumentError: a corpus can't be read; the message names file and line.
        OSError: a file can't be opened.
    """
    corpora = Corpora()
    for use, documents, needed, optional in (
        ("train", corpora.train, recipe.data.train, recipe.data.train_if_present),
        ("dev", corpora.dev, recipe.data.dev, recipe.data.dev_if_present),
    ):
        for name in [*needed, *optional]:
            path = root / name
            if path.exists():
                found = read_gold(path)
                corpora.sources[name] = {"use": use, **describe(found)}
                documents += found
            elif name in optional:
                corpora.missing.append(name)
            else:
                raise RecipeError(f"{name}: the recipe {recipe.name} names it under data.{use}, and it is not there")
    for name, texts in recipe.data.standoff_if_present.items():
        if (root / texts).exists() and (root / name).exists():
            found = attach(root / name, root / texts)
            corpora.sources[name] = {"use": "train", **describe(found)}
            corpora.train += found
        else:
            corpora.missing.append(name if (root / texts).exists() else f"{texts}, and with it {name}")
    if not corpora.train:
        raise RecipeError(f"the recipe {recipe.name} has no documents to train on")
    for documents in (corpora.train, corpora.dev):
        if twice := [name for name, count in Counter(d.id for d in documents).items() if count > 1]:
            raise RecipeError(f"the recipe {recipe.name} has two documents with the id {', '.join(sorted(twice))}")
    by_text: dict[str, str] = {}
    for document in corpora.train:
        other = by_text.setdefault(text_hash(document.text), document.id)
        if other != document.id:
            raise RecipeError(f"the recipe {recipe.name} has one text twice, as {other} and as {document.id}")
    shared = {d.text for d in corpora.train} & {d.text for d in corpora.dev}
    if shared:
        names = sorted(d.id for d in corpora.dev if d.text in shared)
        raise RecipeError(f"the recipe {recipe.name} both trains and scores on {', '.join(names)}")
    return corpora


def describe(documents: Sequence[Document]) -> dict[str, Any]:
    """Counts, and a hash over ids, texts, spans and relations in their order."""
    return {
        "documents": len(documents),
        "characters": sum(len(document.text) for document in documents),
        "labels": _sorted(entity.label for document in documents for entity in document.entities),
        "relations": _sorted(relation.label for document in documents for relation in document.relations),
        "sha256": data_hash(documents),
    }


def _sorted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
