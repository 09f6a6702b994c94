"""What is said of an encoder's licence."""

from pathlib import Path

import pytest

from train.licences import notice
from train.recipe import Encoder, Recipe


def test_agpl_says_what_it_means() -> None:
    """AGPL reaches the trained model and its use over a network, and the message names a way around it."""
    said = notice(Encoder("vinai/phobert-base-v2", licence="AGPL-3.0"))
    for part in ("vinai/phobert-base-v2", "AGPL-3.0", "over a network", "vinai/phobert-base "):
        assert part in said


def test_gpl_has_no_network_clause() -> None:
    assert "over a network" not in notice(Encoder("x/y", licence="GPL-3.0"))


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0", ""])
def test_permissive_says_nothing(licence: str) -> None:
    assert notice(Encoder("x/y", licence=licence)) == ""


@pytest.mark.parametrize(
    ("name", "licence"), [("phobert-base", "MIT"), ("phobert-large", "MIT"), ("phobert-base-v2", "AGPL-3.0")]
)
def test_recipes_say_their_licence(name: str, licence: str) -> None:
    """Each PhoBERT recipe names the licence of its weights and where they are."""
    encoder = Recipe.load(name).encoder
    assert (encoder.source, encoder.licence) == (f"vinai/{name}", licence)


def test_another_encoder_brings_its_own_licence() -> None:
    """`--encoder` with an id that a recipe is made for takes that recipe's words and licence along."""
    assert Recipe.load("embedded").on("vinai/phobert-base-v2").encoder == Recipe.load("phobert-base-v2").encoder


def test_a_folder_keeps_the_recipes_own(tmp_path: Path) -> None:
    """A folder is taken for a copy of the recipe's encoder: words and licence stay, and that is said."""
    encoder = Recipe.load("phobert-base-v2").on(str(tmp_path)).encoder
    assert (encoder.source, encoder.words, encoder.licence) == (str(tmp_path), "underthesea", "AGPL-3.0")
    copied = notice(Recipe.load("phobert-base").on(str(tmp_path)).encoder)
    assert copied == f"{tmp_path} is taken for a copy of the recipe's encoder, under MIT"


def test_of_another_on_the_hub_nothing_is_known() -> None:
    """A hub id that no recipe is made for brings neither this recipe's licence nor its words."""
    assert Recipe.load("phobert-base-v2").on("FacebookAI/xlm-roberta-base").encoder == Encoder(
        "FacebookAI/xlm-roberta-base"
    )
