"""What the licence of an encoder's weights means for a model that is trained from them."""

from pathlib import Path

from train.recipe import Encoder

_COPYLEFT = ("AGPL", "GPL")


def notice(encoder: Encoder) -> str:
    """What to tell whoever trains from an encoder; empty where its licence asks for no more than its notice.

    A folder is taken for a copy of the recipe's encoder, and that is said.

    No legal advice: it says what the project takes care of, so that nobody learns of it after the model is in use.
    """
    copied = ""
    if encoder.licence and Path(encoder.source).is_dir():
        copied = f"{encoder.source} is taken for a copy of the recipe's encoder, under {encoder.licence}"
    if not encoder.licence.startswith(_COPYLEFT):
        return copied
    network = " or lets others use it over a network" if encoder.licence.startswith("AGPL") else ""
    return (
        f"{encoder.source} is under {encoder.licence}. A model trained from it is a work based on it: whoever passes "
        f"the model on{network} must offer it, and what it was made with, under {encoder.licence} too. "
        "vinai/phobert-base and vinai/phobert-large are under MIT and ask for their notice alone."
    )
