"""The models that are served: one loaded, and the folder in which those that retraining made lie."""

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from annotations.gold import write_text
from eval.provenance import model_version
from vipol.extractor import DEFAULT, Extractor, ModelError
from vipol.schema import OUTSIDE

POINTER = "current"
ATTEMPTS = "attempts"
MADE = "model"
"""Folder in that of an attempt, in which the new model is made."""


class ShelfError(RuntimeError):
    """A folder of served models that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model and the name by which Label Studio knows it from others."""

    extractor: Extractor
    version: str
    folder: Path

    @classmethod
    def load(cls, folder: Path | None = None, threads: int | None = None) -> "Model":
        """Loads a model folder, None is the embedded one; takes about a second.

        Raises:
            ModelError: it can't be loaded.
        """
        extractor = Extractor.load(folder, device="cpu", threads=threads)
        folder = folder or DEFAULT
        # By content: two trainings of one recipe differ, and a model keeps its version when the service starts anew.
        return cls(extractor, model_version(extractor.config.name, folder), folder)

    @property
    def labels(self) -> list[str]:
        return list(dict.fromkeys(tag[2:] for tag in self.extractor.config.tags if tag != OUTSIDE))

    @property
    def relations(self) -> list[str]:
        return list(self.extractor.config.relation_types)


class Shelf:
    """A folder of retrained models.

    `1`, `2`, … are models that were served, `attempts/1`, … what retraining read and said, and `current` says which
    model a service that starts goes on with. It counts only for services that began with the same model.
    """

    def __init__(self, folder: Path, base: Path | None) -> None:
        self.folder = folder.resolve()
        self._base = "embedded" if base is None else str(base.resolve())
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """Keeps every other service from the folder, until this process ends.

        Raises:
            ShelfError: another has it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / ".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise ShelfError(f"{self.folder}: another service retrains here: say --served another folder") from None
        self._lock = lock

    def current(self) -> Path | None:
        """The folder of the model to go on with; None where nothing was retrained from the same beginning.

        Raises:
            ModelError: the pointer is damaged, or the model that it names is not there.
        """
        path = self.folder / POINTER
        try:
            pointer = json.loads(path.read_text(encoding="utf-8"))
            folder, base = self.folder / str(int(pointer["model"])), pointer["base"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: damaged ({error!r})") from error
        if base != self._base:
            return None
        if not folder.is_dir():
            raise ModelError(f"{path}: it names {folder}, which is not there")
        return folder

    def point(self, number: int) -> None:
        """Makes a model the one that the next service goes on with."""
        pointer = {"model": number, "base": self._base}
        write_text(self.folder / POINTER, json.dumps(pointer, ensure_ascii=False) + "\n")

    def place(self, number: int) -> Path:
        """Where a model that is served lies."""
        return self.folder / str(number)

    def attempt(self) -> tuple[int, Path]:
        """A new number, and a folder for what retraining reads and says; what broken attempts left is removed."""
        for broken in self.attempts():
            shutil.rmtree(broken / MADE, ignore_errors=True)
        number = max([0, *self.numbers(), *_numbers(self.folder / ATTEMPTS)]) + 1
        folder = self.folder / ATTEMPTS / str(number)
        folder.mkdir(parents=True)
        return number, folder

    def attempts(self) -> list[Path]:
        """The folders of all attempts, the newest last."""
        return [self.folder / ATTEMPTS / str(number) for number in _numbers(self.folder / ATTEMPTS)]

    def numbers(self) -> list[int]:
        """The numbers of the models here, the newest last."""
        return _numbers(self.folder)


def _numbers(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return sorted(int(name) for name in os.listdir(folder) if name.isascii() and name.isdigit())
