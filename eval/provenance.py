"""What a figure was measured with, so that whoever doubts it can measure it again: no times, no paths of a machine."""

import hashlib
import json
import platform
import subprocess
import unicodedata
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from vipol.document import Document

ROOT = Path(__file__).parent.parent
TRAINED_FILE = "trained_on.json"
"""Beside a model's weights: hashes of the texts it learnt from, a JSON list of `text_hash`."""

_SOURCES = ("annotations", "eval", "model", "train")

_LIBRARIES = ("numpy", "onnxruntime", "seqeval", "tokenizers", "torch", "transformers")
_MODEL_FILES = ("config.json", "tokenizer.json", "model.onnx", "model.safetensors")


def commit() -> str:
    """The commit of the checkout, with `-changed` where tracked files differ from it or code or gold lies beside it;
    "unknown" outside of git."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
        changed += _git("status", "--porcelain", "--", *_SOURCES)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-changed" if changed else head


def versions() -> dict[str, str]:
    """Python, vipol and the libraries that figures can depend on, of those that are installed."""
    found = {"python": platform.python_version()}
    for name in ("vipol", *_LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def text_hash(text: str) -> str:
    """The first 16 hexadecimal digits of the sha256 of a text, its white space and Unicode form made alike."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def trained_on(folder: Path, documents: Sequence[Document]) -> list[str] | None:
    """The ids of documents whose texts the model in a folder learnt from; None if the folder does not tell.

    Raises:
        ValueError: the file that tells is damaged.
    """
    path = folder / TRAINED_FILE
    if not path.is_file():
        return None
    try:
        known = set(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: not a JSON list of hashes ({error})") from error
    return [document.id for document in documents if text_hash(document.text) in known]


def data_hash(documents: Sequence[Document]) -> str:
    """sha256 over ids, texts, spans and relations, in their order."""
    return hashlib.sha256("\n".join(document.to_json() for document in documents).encode()).hexdigest()


def model_hash(folder: Path) -> str:
    """sha256 over the files of a model folder that decide what it finds."""
    digest = hashlib.sha256()
    for name in _MODEL_FILES:
        path = folder / name
        if path.is_file():
            digest.update(f"{name} {path.stat().st_size}\n".encode())
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def model_version(name: str, folder: Path) -> str:
    """The name by which Label Studio knows a model from others: the same for the same files, wherever they are."""
    return f"{name}-{model_hash(folder)[:8]}"


def measured() -> dict[str, Any]:
    """What every report carries, whatever it is about."""
    return {"commit": commit(), "versions": versions()}


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout.strip()
