"""What a long series of trainings gave, kept as it goes, so that a series that was stopped goes on where it was."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.provenance import commit, versions
from train.encoder import encoder_folder
from train.loop import precision_of
from train.recipe import Recipe, RecipeError
from vipol.document import Document, read_jsonl, write_jsonl

SERIES_FILE = "series.json"
MADE_FILE = "made.json"

Say = Callable[[str], None]


class Kept:
    """A folder of predictions by name, all of one series.

    Args:
        folder: where; None keeps nothing.
        recipe: what is trained. Its seed may change within a series; another recipe, other weights of its encoder,
            another precision or other versions of libraries are another series.
        data: what else decides what the predictions are.

    Raises:
        RecipeError: the folder holds something else.
    """

    def __init__(self, folder: Path | None, recipe: Recipe, data: Mapping[str, Any], say: Say) -> None:
        self._folder, self._say = folder, say
        self._made: dict[str, str] = {}
        if folder is None:
            return
        settings = recipe.to_dict()
        del settings["training"]["seed"]
        series = {
            "recipe": settings,
            "encoder": encoder_hash(recipe),
            "precision": precision_of(recipe.training.precision),
            "versions": versions(),
            **data,
        }
        stored = folder / SERIES_FILE
        wanted = json.dumps(series, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        if folder.exists() and any(folder.iterdir()):
            if not stored.is_file() or stored.read_text(encoding="utf-8") != wanted:
                raise RecipeError(f"{folder}: it holds the results of something else; name another folder")
            if (folder / MADE_FILE).is_file():
                self._made = json.loads((folder / MADE_FILE).read_text(encoding="utf-8"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self.write(SERIES_FILE, wanted)

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._folder is not None

    def documents(self, name: str, make: Callable[[], Sequence[Document]]) -> list[Document]:
        """The documents kept as `NAME.jsonl`; if they aren't there they are made, and kept."""
        path = self._folder / f"{name}.jsonl" if self._folder else None
        if path and path.exists():
            self._say(f"{name}: kept, made at commit {self._made.get(name, 'unknown')}")
            with path.open(encoding="utf-8") as stream:
                return list(read_jsonl(stream))
        documents = list(make())
        if path:
            write_whole(path, documents)
            self._made[name] = commit()
            self.write(MADE_FILE, json.dumps(self._made, indent=1) + "\n")
        return documents

    def write(self, name: str, text: str) -> None:
        """Keeps a text as it is, if anything is kept."""
        if self._folder:
            scratch = self._folder / f"{name}.part"
            scratch.write_text(text, encoding="utf-8")
            scratch.replace(self._folder / name)


def write_whole(path: Path, documents: Sequence[Document]) -> None:
    """Writes documents as JSONL, whole or not at all."""
    scratch = path.with_name(f".{path.name}.part")
    with scratch.open("w", encoding="utf-8") as stream:
        write_jsonl(documents, stream)
    scratch.replace(path)


def encoder_hash(recipe: Recipe) -> str:
    """sha256 over the files of the recipe's encoder."""
    digest = hashlib.sha256()
    for path in sorted(encoder_folder(recipe.encoder.source).iterdir()):
        if path.is_file():
            digest.update(path.name.encode())
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
