"""The model card: what it says of a run."""

from typing import Any

import pytest
from test_scores import GOLD, PREDICTED

from eval.scores import score
from train.card import card, plot
from train.recipe import Distillation, Encoder, Recipe, Training

RECIPE = Recipe("mine", "What it is for.", training=Training(seed=7))


def facts(use: str, documents: int, labels: dict[str, int], relations: dict[str, int]) -> dict[str, Any]:
    return {
        "use": use,
        "documents": documents,
        "labels": labels,
        "relations": relations,
        "sha256": "0123456789abcdef" * 4,
    }


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
    assert "| `annotations/gold` | 5 | 7 | 2 | `0123456789abcdef` |" in lines
    assert "| `../news` | 90 | 11 | 0 | `0123456789abcdef` |" in lines
    assert "| `../dev` | not there when this model was trained | | | |" in lines
    assert "| `../more` | not there when this model was trained | | | |" in lines
    assert "Of these: 3 ORG, 4 ROLE, 2 HAS_ROLE, 11 DATE." in lines


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
    assert "12 minutes on a CPU, peak memory 3.2 GB, bfloat16, torch 2.9.1, seed 7." in text
    assert "`run.json`" in text
    assert "`epochs.svg`" in text
    gpus = {"device": "NVIDIA H100", "processes": 2, "peak_gpu_memory_bytes": 5_500_000_000}
    text = card(RECIPE, record | gpus)
    assert "12 minutes on NVIDIA H100, 2 processes, peak memory 3.2 GB (5.5 GB on the GPU), bfloat16" in text


def test_encoder(record: dict[str, Any]) -> None:
    """The encoder is named: the one in the repo with its origin, another by its source."""
    assert "multilingual-e5-small (MIT)" in card(RECIPE, record)
    text = card(Recipe("mine", encoder=Encoder("vinai/phobert-base", "underthesea", "MIT")), record)
    assert "Encoder: `vinai/phobert-base` (MIT), on words as underthesea finds them." in text
    text = card(Recipe("mine", encoder=Encoder("vinai/phobert-base-v2", licence="AGPL-3.0")), record)
    assert "A model trained from it is a work based on it" in text
    assert "whose licence the recipe does not name" in card(Recipe("mine", encoder=Encoder("x/y")), record)
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


def test_plot(record: dict[str, Any]) -> None:
    """The plot has the loss by epoch, and the scores if there are any; the same record gives the same plot."""
    log: list[dict[str, float]] = [{"epoch": 1, "loss": 2.5}, {"epoch": 2, "loss": 0.5}]
    without = plot(record | {"epochs": log})
    assert ">loss</text>" in without
    assert ">F1</text>" not in without
    scores = [{"epoch": n, "eval_span_f1": 0.4 * n, "eval_relation_f1": 0.3 * n} for n in (1, 2)]
    both = plot(record | {"epochs": log + scores})
    assert all(f">{name}</text>" in both for name in ("epoch", "loss", "F1", "spans", "relations (Rel+)"))
    assert both == plot(record | {"epochs": log + scores})
