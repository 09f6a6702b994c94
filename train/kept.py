"""What a long series of trainings gave, kept as it goes, so that a series that was stopped goes on where it was."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from train.recipe import RecipeError
from vipol.document import Document, read_jsonl, write_jsonl

SERIES_FILE = "series.json"


class Kept:
    """A folder of predictions by name, all of one series.

    Args:
        folder: where; None keeps nothing.
        series: all that decides what the predictions are. A folder that holds another series is refused.

    Raises:
        RecipeError: the folder holds something else.
    """

    def __init__(self, folder: Path | None, series: Mapping[str, Any]) -> None:
        self._folder = folder
        if folder is None:
            return
        stored = folder / SERIES_FILE
        wanted = json.dumps(series, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        if folder.exists() and any(folder.iterdir()):
            if not stored.is_file() or stored.read_text(encoding="utf-8") != wanted:
                raise RecipeError(f"{folder}: it holds the results of something else; name another folder")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self.write(SERIES_FILE, wanted)

    def documents(self, name: str, make: Callable[[], Sequence[Document]]) -> list[Document]:
        """The documents kept as `NAME.jsonl`; if they aren't there they are made, and kept."""
        path = self._folder / f"{name}.jsonl" if self._folder else None
        if path and path.exists():
            with path.open(encoding="utf-8") as stream:
                return list(read_jsonl(stream))
        documents = list(make())
        if path:
            scratch = path.with_suffix(".part")
            with scratch.open("w", encoding="utf-8") as stream:
                write_jsonl(documents, stream)
            scratch.replace(path)
        return documents

    def write(self, name: str, text: str) -> None:
        """Keeps a text as it is, if anything is kept."""
        if self._folder:
            scratch = self._folder / f"{name}.part"
            scratch.write_text(text, encoding="utf-8")
            scratch.replace(self._folder / name)
