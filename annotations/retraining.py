"""Retraining: a recipe trained on what annotators finished, and the new model scored against the one that is served.

It runs in a process of its own (`python -m annotations.retraining PLAN`, started by `annotations.trainer`), which ends
when its standard input is closed: whoever started it is gone then.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from annotations.gold import read_gold, to_jsonl, write_text
from annotations.served import MADE
from eval.provenance import ROOT, text_hash, trained_on
from eval.scores import score
from train.recipe import Data, Distillation, Recipe
from vipol.document import Document

PLAN_FILE = "plan.json"
OUTCOME_FILE = "outcome.json"
SWAPPED, KEPT, FAILED = "swapped", "kept", "failed"

_log = logging.getLogger("annotations.retraining")
_NICENESS = 10


class RetrainingError(RuntimeError):
    """A retraining that can't go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one retraining reads and where it writes; paths are absolute."""

    recipe: str
    held_back: str
    """Gold on which the new and the old model are scored, and which is never trained on."""
    project: str
    studio: str | None
    """The folder that `python -m annotations` keeps its Label Studio in; None is that command's default."""
    model: str = ""
    """The folder of the model that is served."""
    folder: str = ""
    """Where the retraining keeps what it reads and makes."""
    target: str = ""
    """Where the new model goes if it is no worse."""
    threads: int | None = None
    python: str = sys.executable
    """What trains: a Python that has torch, which the one that serves may lack."""

    def write(self) -> Path:
        path = Path(self.folder) / PLAN_FILE
        write_text(path, json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n")
        return path

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Figures:
    """Strict F1 of a model on the held-back gold, in [0, 1]."""

    spans: float
    relations: float

    @property
    def mean(self) -> float:
        """What decides which of two models is served."""
        return (self.spans + self.relations) / 2

    def __str__(self) -> str:
        return f"{self.mean:.4f} (span F1 {self.spans:.4f}, Rel+ F1 {self.relations:.4f})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a retraining ended."""

    result: str
    """`swapped`, `kept` (the old model) or `failed` (so the old model is kept too)."""
    said: str
    old: Figures | None = None
    new: Figures | None = None
    articles: int = 0
    """How many the new model learnt from."""
    held_back: int = 0
    warning: str = ""

    def to_dict(self) -> dict[str, Any]:
        figures = {
            name: None if item is None else {**asdict(item), "mean": item.mean}
            for name, item in (("old", self.old), ("new", self.new))
        }
        return asdict(self) | figures

    def write(self, folder: Path) -> None:
        write_text(folder / OUTCOME_FILE, json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The outcome in the folder of an attempt; None where it ended without one."""
        try:
            fields = json.loads((folder / OUTCOME_FILE).read_text(encoding="utf-8"))
            for name in ("old", "new"):
                if fields[name] is not None:
                    fields[name] = Figures(fields[name]["spans"], fields[name]["relations"])
            return cls(**fields)
        except (OSError, ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Steps:
    """What a retraining does, each in a way that can be replaced."""

    pull: Callable[[Plan, Path], None]
    """Writes the finished annotations of the project to a file of gold; nothing where there are none."""
    train: Callable[[Plan, Path, Path], None]
    """Trains the recipe in a file into a folder."""
    mark: Callable[[Plan, Path, Sequence[Document]], list[Document]]
    """Marks bare documents with the model in a folder."""


def retrain(plan: Plan, steps: Steps) -> Outcome:
    """Pulls, trains, scores both models, and moves the new one to its place if it is no worse.

    Raises:
        RetrainingError: a step failed, or there is nothing to learn from.
        RecipeError: the recipe can't be used.
        DocumentError: gold can't be read.
    """
    folder = Path(plan.folder)
    held_back = held_back_gold(Path(plan.held_back))
    pulled_file = folder / "pulled.json"
    steps.pull(plan, pulled_file)
    pulled = read_gold(pulled_file) if pulled_file.exists() else []
    recipe = Recipe.load(plan.recipe)
    documents = gather(recipe, pulled, held_back)
    if not {text_hash(d.text) for d in documents} & {text_hash(d.text) for d in pulled}:
        return Outcome(
            KEPT, "nobody has finished an article beyond those held back, so there was nothing new to learn from"
        )
    corpus = folder / "train.jsonl"
    write_text(corpus, to_jsonl(documents))
    _log.info("%d articles to learn from, %d of them pulled or corrected", len(documents), len(pulled))
    recipe_file = folder / "recipe.toml"
    data = Data(train=[str(corpus)], dev=recipe.data.dev, dev_if_present=recipe.data.dev_if_present)
    write_text(recipe_file, to_toml(replace(recipe, data=data, distillation=Distillation())))
    made = folder / MADE
    steps.train(plan, recipe_file, made)
    bare = [document.bare() for document in held_back]
    old, new = (figures(held_back, steps.mark(plan, Path(path), bare)) for path in (plan.model, made))
    learnt = trained_on(Path(plan.model), held_back)
    unfair = f"the old model learnt from {len(learnt or ())} of the held-back articles, so its score flatters it"
    better = new.mean >= old.mean
    how = "no worse than" if better else "worse than"
    said = f"the new model scores {new}, {how} the old with {old}, on {len(held_back)} held-back articles"
    if better:
        shutil.rmtree(made / "checkpoints", ignore_errors=True)
        made.replace(plan.target)
    else:
        shutil.rmtree(made)
    return Outcome(
        SWAPPED if better else KEPT, said, old, new, len(documents), len(held_back), unfair if learnt else ""
    )


def held_back_gold(path: Path) -> list[Document]:
    """The gold to score on.

    Raises:
        RetrainingError: there is none.
        DocumentError: it can't be read.
    """
    documents = read_gold(path)
    if not any(document.entities for document in documents):
        raise RetrainingError(f"{path}: no annotated articles to hold back")
    return documents


def gather(recipe: Recipe, pulled: Iterable[Document], held_back: Iterable[Document]) -> list[Document]:
    """The recipe's articles and the pulled ones, without those held back and those of the recipe's dev corpora.

    Of an article that is in both, the pulled one is taken: it is the newer. An id that two articles have is given to
    the first; the other's gets a number.

    Raises:
        RecipeError: a corpus is missing.
        DocumentError: a corpus can't be read.
    """
    from train.corpora import load

    corpora = load(recipe)
    spared = {text_hash(document.text) for document in (*held_back, *corpora.dev)}
    by_text = {text_hash(document.text): document for document in (*corpora.train, *pulled)}
    taken: set[str] = set()
    found = []
    for key, document in by_text.items():
        if key in spared:
            continue
        name, number = document.id, 1
        while name in taken:
            number += 1
            name = f"{document.id}-{number}"
        taken.add(name)
        found.append(replace(document, id=name))
    return found


def figures(gold: Sequence[Document], predicted: Sequence[Document]) -> Figures:
    scores = score(gold, predicted)
    return Figures(scores.spans.micro.f1, scores.relations.micro.f1)


def to_toml(recipe: Recipe) -> str:
    """A recipe as the TOML that `Recipe.load` reads."""
    fields = recipe.to_dict()
    tables = {"": {key: value for key, value in fields.items() if not isinstance(value, dict)}}
    tables |= {key: value for key, value in fields.items() if isinstance(value, dict)}
    lines: list[str] = []
    for name, values in tables.items():
        lines += [f"\n[{name}]"] if name else []
        # What JSON writes for these types is TOML as well.
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _pull(plan: Plan, target: Path) -> None:
    studio = ["--studio", plan.studio] if plan.studio else []
    _command(sys.executable, "annotations", "pull", str(target), "--project", plan.project, *studio)


def _train(plan: Plan, recipe: Path, output: Path) -> None:
    _command(plan.python, "train", "run", str(recipe), "--output", str(output), "--quiet")


def _command(python: str, module: str, what: str, *arguments: str) -> None:
    _log.info("python -m %s %s %s", module, what, " ".join(arguments))
    code = subprocess.run([python, "-m", module, what, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    if code:
        raise RetrainingError(f"{what} ended with exit code {code}; its last lines in the log say why")


def _mark(plan: Plan, folder: Path, documents: Sequence[Document]) -> list[Document]:
    from vipol.extractor import Extractor

    return list(Extractor.load(folder, device="cpu", threads=plan.threads).extract_many(documents))


COMMANDS = Steps(_pull, _train, _mark)


def main(plan_file: str, steps: Steps = COMMANDS) -> int:
    """Retrains by a plan, logs on standard error and leaves the outcome beside the plan; exit code 1 if it failed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(_NICENESS)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    plan = Plan.read(Path(plan_file))
    try:
        outcome = retrain(plan, steps)
    except Exception as error:
        _log.exception("failed")
        outcome = Outcome(FAILED, str(error) or type(error).__name__)
    _log.info("%s: %s", outcome.result, outcome.said)
    outcome.write(Path(plan.folder))
    return 1 if outcome.result == FAILED else 0


def _end_with_parent() -> None:
    """Waits until standard input is closed, then ends this process and all that it started."""
    # Not by sys.stdin, whose lock the interpreter wants when it ends.
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
