"""Makes a trained model the embedded one: what `vipol extract` uses when no model is named."""

import shutil
from pathlib import Path

from eval.provenance import TRAINED_FILE
from train.run import RECIPE_FILE, RunError
from vipol.extractor import CONFIG_FILE, DEFAULT, TOKENIZER_FILE, Config
from vipol.runtimes import ONNX_FILE
from vipol.segmentation import SYLLABLES

LIMIT = 33_000_000
"""Bytes that the graph may have: it travels in every wheel."""
FILES = (CONFIG_FILE, TOKENIZER_FILE, RECIPE_FILE, TRAINED_FILE, "README.md", ONNX_FILE)


def embed(folder: Path, target: Path = DEFAULT) -> None:
    """Copies a run's graph, configuration, tokenizer, recipe and card.

    Raises:
        RunError: a file is missing, or the graph is too large.
        ModelError: the folder holds no model.
    """
    if (words := Config.read(folder).words) != SYLLABLES.name:
        raise RunError(
            f"{folder}: reads words that {words} finds, and what is embedded must do without further packages"
        )
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise RunError(f"{folder}: no {', '.join(missing)}; a finished run has them all")
    size = (folder / ONNX_FILE).stat().st_size
    if size > LIMIT:
        raise RunError(f"{folder / ONNX_FILE}: {size} bytes, and {LIMIT} is the most; export it in int8")
    for name in FILES:
        scratch = target / f".{name}.part"
        shutil.copyfile(folder / name, scratch)
        scratch.replace(target / name)
