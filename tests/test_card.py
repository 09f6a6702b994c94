"""The model card: what it says of a run."""

from typing import Any

import pytest
from test_scores import GOLD, PREDICTED

from eval.scores import score
from train.card import card
from train.recipe import Distillation, Encoder, Recipe, Training

RECIPE = Recipe("mine", "What it is for.", training=Training(seed=7))


def facts(use: str, documents: int, labels: dict[str, int], relations: dict[str, int]) -> dict[str, Any]:
    return {"use": use, "documents": documents, "labels": labels, "relations": relations}


@pytest.fixture
def record() -> dict[str, Any]:
    return {
        "data": {
            "annotations/gold": facts("train", 5, {"ORG": 3, "ROLE": 4}, {"HAS_ROLE": 2}),
            "../news": facts("train", 90, {"DATE": 11}, {}),
            "../held-back": facts("dev", 10, {"ORG": 40}, {}),
        },
        "missing": ["../dev", "../more"],
        "marked_articles": 0,
        "seconds": 754,
        "peak_memory_bytes": 3_210_000_000,
        "precision": "bfloat16",
        "torch": "2.9.1",
        "dev": score([GOLD], [PREDICTED]).to_dict(),
    }


def test_heading(record: dict[str, Any]) -> None:
    """The card begins with the recipe's name and description."""
    assert card(RECIPE, record).startswith("# vipol model `mine`\n\nWhat it is for.\n\n")


def test_corpora(record: dict[str, Any]) -> None:
    """Every corpus is named with what it holds, and those that were missing are named as missing."""
    lines = card(RECIPE, record).splitlines()
    assert "| `annotations/gold` | 5 | 7 | 2 |" in lines
    assert "| `../news` | 90 | 11 | 0 |" in lines
    assert "| `../dev` | not there when this model was trained | | |" in lines
    assert "| `../more` | not there when this model was trained | | |" in lines


def test_dev_is_not_training_data(record: dict[str, Any]) -> None:
    """Dev documents stand with the scores, as what was not trained on, and not among the training data."""
    trained, scored = card(RECIPE, record).split("## Scores")
    assert "../held-back" not in trained
    assert "on `../held-back`, which it was not trained on" in scored


def test_scores(record: dict[str, Any]) -> None:
    """Scores stand in percent with their support: those of the worked example of `test_scores`."""
    lines = card(RECIPE, record).splitlines()
    assert "| **spans** | 64.7 | 68.8 | 66.7 | 16 |" in lines
    assert "| MONEY | 100.0 | 100.0 | 100.0 | 1 |" in lines
    assert sum(line.startswith("| HAS_ROLE |") for line in lines) == 1
    assert any(line.startswith("| **relations (Rel+)** |") for line in lines)


def test_no_dev_documents(record: dict[str, Any]) -> None:
    """Without dev documents the card says so, and has no table of scores."""
    text = card(RECIPE, record | {"dev": None})
    assert "No dev documents were there when this model was trained." in text
    assert "**spans**" not in text


def test_run(record: dict[str, Any]) -> None:
    """Time, memory, precision, torch and seed of the run are there."""
    text = card(RECIPE, record)
    assert "12 minutes, peak memory 3.2 GB, bfloat16, torch 2.9.1, seed 7." in text


def test_encoder(record: dict[str, Any]) -> None:
    """The encoder is named: the one in the repo with its origin, another by its source."""
    assert "multilingual-e5-small (MIT)" in card(RECIPE, record)
    text = card(Recipe("mine", encoder=Encoder("vinai/phobert-base")), record)
    assert "Encoder: `vinai/phobert-base`." in text
    assert "e5-small" not in text


def test_teachers(record: dict[str, Any]) -> None:
    """Articles without gold are told only if teachers marked some."""
    recipe = Recipe("mine", distillation=Distillation(teachers=2, unlabelled_if_present="x"))
    assert "2 models trained on the gold marked 600 news articles" in card(recipe, record | {"marked_articles": 600})
    assert "without gold" not in card(recipe, record)


def test_where_it_fails(record: dict[str, Any]) -> None:
    """The card ends with what the model is bad at; no two blank lines follow each other, whatever was left out."""
    text = card(Recipe("mine"), record)
    assert "\n## Where it fails\n" in text
    assert "\n\n\n" not in text
