"""A retraining with quick steps, run as a program: MODE and the file of the plan.

`better`, `worse` and `broken` end so (`broken`: a model that scores well and can't be loaded); `failing` can't pull.
`slow` trains for a minute in a process of its own, whose number it writes to `trainer.pid`; `killed` does so too and is
killed meanwhile.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "model")]

from annotations import retraining  # noqa: E402
from annotations.gold import read_gold, to_export  # noqa: E402
from vipol.document import Document, Entity  # noqa: E402
from vipol.extractor import DEFAULT  # noqa: E402

FAKE = Path(__file__)
GOLD = ROOT / "annotations" / "gold"

PULLED = Document("new", "Ông Lê Minh nói.", (Entity("e1", 4, 11, "PERSON"),))


def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Waits until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def copy_model(folder: Path, name: str) -> None:
    """The embedded model by another name."""
    folder.mkdir(parents=True)
    for file in DEFAULT.iterdir():
        if file.name == "model.onnx":
            os.link(file, folder / file.name) if file.stat().st_dev == folder.stat().st_dev else shutil.copy(
                file, folder
            )
        elif file.name != "config.json":
            shutil.copyfile(file, folder / file.name)
    config = json.loads((DEFAULT / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "name": name}), encoding="utf-8")


def steps(mode: str) -> retraining.Steps:
    def pull(plan: retraining.Plan, target: Path) -> None:
        if mode == "failing":
            raise retraining.RetrainingError("pull ended with exit code 1")
        target.write_text(to_export([PULLED]), encoding="utf-8")

    def train(_: retraining.Plan, recipe: Path, output: Path) -> None:
        if mode in ("killed", "slow"):
            process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            draft = recipe.with_name("draft")
            draft.write_text(str(process.pid), encoding="utf-8")
            draft.replace(recipe.with_name("trainer.pid"))
            if mode == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            process.wait()
        copy_model(output, mode)
        if mode == "broken":
            (output / "model.onnx").unlink()
            (output / "model.onnx").write_bytes(b"no graph")

    def mark(_: retraining.Plan, folder: Path, documents: Sequence[Document]) -> list[Document]:
        new = folder.name == retraining.MADE
        gold = {document.id: document for document in read_gold(GOLD)}
        return [gold[d.id] if new != (mode == "worse") else d for d in documents]

    return retraining.Steps(pull, train, mark)


if __name__ == "__main__":
    sys.exit(retraining.main(sys.argv[2], steps(sys.argv[1])))
