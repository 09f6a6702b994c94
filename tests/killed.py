"""What `test_training_faults` runs in processes of its own and kills: `run`, without the export, which takes long."""

import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from tqdm import tqdm

from train import run as module
from train.loop import fit
from train.recipe import Data, Encoder, Recipe, Shape, Training


def trains(recipe: dict[str, Any], folder: Path, graph: Path) -> None:
    """Goes on with the run in a folder, or begins it; ends with 0 when the run is finished.

    As soon as training begins there is a file beside the folder, with `.training` after its name.

    Args:
        recipe: the recipe's tables.
        folder: the run's.
        graph: an ONNX graph of a network of the same shape, for the one that would be exported.
    """
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # for as long as the process lives
    tqdm.set_lock(
        threading.RLock()
    )  # its own is a semaphore of the system, which a process that is killed leaves behind
    kinds = {"encoder": Encoder, "data": Data, "network": Shape, "training": Training}
    tables: Any = {name: kinds[name](**recipe[name]) for name in kinds}

    def fitting(*arguments: Any, **options: Any) -> Any:
        folder.with_name(f"{folder.name}.training").touch()
        return fit(*arguments, **options)

    def copying(_: object, target: Path) -> None:
        shutil.copyfile(graph, target / "model.onnx")

    module.fit, module.export = fitting, copying
    module.run(Recipe(recipe["name"], **tables), folder, resume=folder.exists(), quiet=True, say=lambda _: None)
