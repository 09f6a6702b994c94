"""What goes wrong while a run trains: it is killed, the disk is full, a loss, gradient or weight is no number."""

import errno
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import killed
import pytest
import torch
from safetensors.torch import load_file

from train import __main__ as command
from train import checkpoints, trainer
from train import run as module
from train.checkpoints import newest_checkpoint
from train.recipe import Recipe
from train.trainer import NetworkTrainer
from vipol.encoding import Pieces
from vipol.network import Network

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def recipe(short_recipe: Recipe) -> Recipe:
    """The short recipe in ten epochs of three steps, with dropout and the running mean."""
    return replace(short_recipe, training=replace(short_recipe.training, epochs=10, average=0.9))


@pytest.fixture(scope="module")
def process(recipe: Recipe, tiny_model: Path):
    """Makes a process that goes on with the run in a folder, and returns it when training begins; a server that has
    imported the libraries forks it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["killed", "transformers.models.bert.modeling_bert"])

    def process(folder: Path) -> Any:
        sign = folder.with_name(f"{folder.name}.training")
        sign.unlink(missing_ok=True)
        made = context.Process(target=killed.trains, args=(recipe.to_dict(), folder, tiny_model / "model.onnx"))
        made.start()
        until(sign.exists, made)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(str(ROOT / name) for name in ("", "model", "tests")))
        yield process


@pytest.fixture(scope="module")
def whole(process: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The folder of a run that nobody stopped, and the seconds that it trained."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    one = process(folder)
    one.join(120)
    assert one.exitcode == 0
    return folder, logged(folder, "train_runtime")[0]


def logged(folder: Path, key: str) -> list[float]:
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return [entry[key] for entry in record["epochs"] if key in entry]


def same(one: Path, other: Path) -> bool:
    weights, others = (load_file(folder / "model.safetensors") for folder in (one, other))
    return weights.keys() == others.keys() and all(
        torch.equal(tensor, others[name]) for name, tensor in weights.items()
    )


def until(there: Callable[[], bool], process: Any) -> None:
    """Returns as soon as something is there, or the process has ended."""
    while not there() and process.exitcode is None:
        time.sleep(0.0005)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments(
    process: Callable[[Path], Any], whole: tuple[Path, float], tmp_path: Path, seed: int
) -> None:
    """A run that is killed again and again, wherever it is, ends with the weights of one that was not, to the bit."""
    folder, draw, log = tmp_path / "run", random.Random(seed), []
    for _ in range(5):
        # Some time after one more checkpoint or two, or none: machines differ too much for seconds alone.
        ahead, delay = newest_step(folder) + 3 * draw.randrange(3), draw.uniform(0, whole[1] / 5)
        one = process(folder)
        until(lambda ahead=ahead: newest_step(folder) >= ahead, one)
        one.join(delay)
        one.kill()
        one.join()
        log.append((ahead, round(delay, 3), one.exitcode, sorted(path.name for path in folder.glob("checkpoints/*"))))
        if one.exitcode == 0:  # it was faster than the kill, and there is nothing left to stop
            break
        assert one.exitcode == -9
    print(f"seed {seed}: waited for this step, then seconds, exit code, checkpoints: {log}")
    assert len(log) > 2
    last = process(folder)
    last.join(120)
    assert last.exitcode == 0
    assert same(whole[0], folder)
    assert logged(folder, "loss") == logged(whole[0], "loss")


def newest_step(folder: Path) -> int:
    """Of the checkpoints, half written ones included."""
    return max((int(path.name.partition("-")[2]) for path in folder.glob("checkpoints/*")), default=0)


FILES = ("model.safetensors", "optimizer.pt", "rng_state.pth", "trainer_state.json", "average.*")


def test_killed_while_a_checkpoint_is_written(
    process: Callable[[Path], Any], whole: tuple[Path, float], tmp_path: Path
) -> None:
    """Killed as soon as one file after the other of the second checkpoint appears, a run goes on from the first, or
    from the second if it was whole by then; in the end there is no half one, and the weights are those of a run that
    was not killed."""
    folder = tmp_path / "run"
    second = folder / "checkpoints" / "checkpoint-6"
    for pattern in FILES:
        one = process(folder)
        until(lambda: not second.exists(), one)  # what the last kill left of it is removed first
        until(lambda pattern=pattern: any(second.glob(pattern)), one)
        one.kill()
        one.join()
        assert one.exitcode == -9
        left = newest_checkpoint(folder / "checkpoints", average=True)
        assert left is not None
        files = sorted(path.name for path in second.iterdir())
        print(f"killed when {pattern} appeared: {files}; goes on from {left.name}")
        for path in folder.glob("checkpoints/checkpoint-*"):
            if path != second.with_name("checkpoint-3") and left != second.with_name("checkpoint-3"):
                shutil.rmtree(path)  # the kill came late; the second checkpoint is to be written again
    last = process(folder)
    last.join(120)
    assert last.exitcode == 0
    assert same(whole[0], folder)
    assert {path.name for path in folder.glob("checkpoints/*")} == {"checkpoint-27", "checkpoint-30"}
    assert not list(folder.glob("checkpoints/*/*.part"))


def test_what_is_half_removed_is_no_checkpoint(whole: tuple[Path, float], tmp_path: Path) -> None:
    """A checkpoint from which any file that going on takes is gone, as one that was being removed, is passed over."""
    last = whole[0] / "checkpoints" / "checkpoint-30"
    needed = ["model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"]
    for name in [*needed, "average.safetensors"]:
        folder = tmp_path / name
        shutil.copytree(last, folder / last.name)
        assert newest_checkpoint(folder, average=True) == folder / last.name
        (folder / last.name / name).unlink()
        assert newest_checkpoint(folder, average=True) is None
        checkpoints.remove_broken(folder, average=True)
        assert list(folder.iterdir()) == []


@pytest.fixture
def no_export(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setattr(
        module, "export", lambda _, folder: shutil.copyfile(tiny_model / "model.onnx", folder / "model.onnx")
    )


@pytest.fixture
def write(recipe: Recipe, tmp_path: Path) -> str:
    """The recipe as a TOML file."""
    lines = [f'name = "{recipe.name}"']
    for table, values in recipe.to_dict().items():
        if isinstance(values, dict):
            lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    path = tmp_path / "short.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def failed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert command.main([str(argument) for argument in arguments]) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    return err.splitlines()[-1].removeprefix("train: ")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system of this size at a folder; gives what makes it larger."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a file system can be mounted by root alone")

    def grow(size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)

    try:
        yield grow
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.usefixtures("no_export")
def test_full_disk(write: str, whole: tuple[Path, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a disk that is full in the middle of a checkpoint the run ends with 1, says what happened, leaves the
    checkpoint before it and nothing of the new one; when there is room it goes on to the same weights."""
    size = sum(path.stat().st_size for path in (whole[0] / "checkpoints" / "checkpoint-30").iterdir())
    with small_disk(tmp_path / "disk", str(size * 7 // 4)) as grow:
        folder = tmp_path / "disk" / "run"
        message = failed(capsys, "run", write, "-q", "-o", folder)
        assert message.startswith(f"{folder}/checkpoints/checkpoint-6: could not be written, with ")
        assert message.endswith("; checkpoint-3 is left. Make room, then go on with --resume")
        assert [path.name for path in (folder / "checkpoints").iterdir()] == ["checkpoint-3"]
        assert failed(capsys, "run", write, "-q", "-o", folder, "--resume").startswith(str(folder))
        assert newest_checkpoint(folder / "checkpoints", average=True) == folder / "checkpoints" / "checkpoint-3"
        grow(str(size * 6))
        assert command.main(["run", write, "-q", "-o", str(folder), "--resume"]) == 0
        assert same(whole[0], folder)


@pytest.mark.usefixtures("no_export")
@pytest.mark.parametrize("name", ["save_model", "_save_optimizer_and_scheduler", "average"])
def test_write_that_fails(
    write: str, whole: tuple[Path, float], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The same where any part of a checkpoint is refused by the disk, the first checkpoint included."""

    def full(*_: object, **__: object) -> None:
        checkpoint = next(path for path in tmp_path.glob("run/checkpoints/*") if path.name == f"checkpoint-{step}")
        (checkpoint / "half").write_text("x")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = tmp_path / "run"
    for step, left in ((3, "there is no other"), (6, "checkpoint-3 is left")):
        with pytest.MonkeyPatch.context() as patch:
            owner, method = (trainer.Average, "on_save") if name == "average" else (NetworkTrainer, name)
            original = getattr(owner, method)

            def failing(self: Any, *rest: Any, _original: Any = original, _step: int = step, **options: Any) -> Any:
                done = rest[1].global_step if name == "average" else self.state.global_step
                if done != _step:
                    return _original(self, *rest, **options)
                if name == "average":
                    with checkpoints.written(folder / "checkpoints" / f"checkpoint-{_step}"):
                        full()
                (folder / "checkpoints" / f"checkpoint-{_step}").mkdir(parents=True, exist_ok=True)
                return full()

            patch.setattr(owner, method, failing)
            message = failed(capsys, "run", write, "-q", "-o", folder, "--resume")
        assert "(No space left on device)" in message or f"[Errno {errno.ENOSPC}] No space left on device" in message
        assert f"; {left}. Make room" in message
        assert not (folder / "checkpoints" / f"checkpoint-{step}").exists()
    assert command.main(["run", write, "-q", "-o", str(folder), "--resume"]) == 0
    assert same(whole[0], folder)


@pytest.mark.usefixtures("no_export")
def test_no_number(write: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A loss that is no number ends a run with 1, and names step, epoch and every window of the batch; the
    checkpoints before it stay."""
    folder = tmp_path / "run"
    forward, steps = NetworkTrainer.compute_loss, iter(range(1, 100))

    def poisoned(self: NetworkTrainer, model: torch.nn.Module, *rest: Any, **options: Any) -> torch.Tensor:
        if next(steps) == 8:
            with torch.no_grad():
                model.tagger.bias.fill_(float("nan"))
        return forward(self, model, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NetworkTrainer, "compute_loss", poisoned)
        message = failed(capsys, "run", write, "-q", "-o", folder)
    assert message.startswith("the loss is nan in step 8, epoch 3, in the batch of the 2 windows that begin '")
    beginnings = ["Bí thư Quận", "Lê Minh,", "Dự án tốn", "Sáng 23/6,", "Ông Huệ"]
    assert sum(f"'{words}" in message for words in beginnings) == 2
    assert {path.name for path in (folder / "checkpoints").iterdir()} == {"checkpoint-3", "checkpoint-6"}
    assert newest_checkpoint(folder / "checkpoints", average=True) == folder / "checkpoints" / "checkpoint-6"


@contextmanager
def poisoned_gradient(step: int) -> Iterator[list[torch.Tensor]]:
    """Makes one gradient of a run's step no number, though its loss is one; gives the ids of the windows there."""
    forward, steps, windows = NetworkTrainer.compute_loss, iter(range(1, 100)), []

    def poisoned(
        self: NetworkTrainer, model: torch.nn.Module, inputs: dict[str, torch.Tensor], *rest: Any, **options: Any
    ) -> torch.Tensor:
        if next(steps) == step:
            windows.extend(inputs["input_ids"])
            model.tagger.bias.register_hook(lambda gradient: gradient * float("nan"))
        return forward(self, model, inputs, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NetworkTrainer, "compute_loss", poisoned)
        yield windows


@pytest.mark.usefixtures("no_export")
@pytest.mark.parametrize("epochs", [2, 10])
def test_gradient_is_no_number(
    write: str,
    whole: tuple[Path, float],
    pieces: Pieces,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    epochs: int,
) -> None:
    """A gradient that is no number in the last step of the second epoch of two, or of ten, ends the run with 1, names
    the step and its windows, and spoils neither checkpoint nor model; going on leads to the weights of a run without
    it."""
    folder = tmp_path / "run"
    arguments = ["run", write, "-q", "-o", str(folder), "--epochs", str(epochs)]
    with poisoned_gradient(6) as windows:
        message = failed(capsys, *arguments)
    names = ", ".join(repr(pieces.text(ids.tolist()).strip()[:60]) for ids in windows)
    assert message == (
        f"a gradient is infinite or no number in step 6, epoch 2, in the batch of the {len(windows)} "
        f"windows that begin {names}; the checkpoints before it stay. Lower the learning rate"
    )
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["checkpoint-3"]
    assert not (folder / "model.safetensors").exists()
    assert command.main([*arguments, "--resume"]) == 0
    assert all(tensor.isfinite().all() for tensor in load_file(folder / "model.safetensors").values())
    if epochs == 10:
        assert same(whole[0], folder)


@pytest.mark.usefixtures("no_export")
@pytest.mark.parametrize("where", ["weights", "average"])
def test_checkpoint_of_no_numbers(write: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str) -> None:
    """Weights, or a running mean of them, that came to be no numbers in whatever way are in no checkpoint."""
    folder = tmp_path / "run"
    follow = trainer.Average.on_step_end

    def spoiling(self: trainer.Average, args: Any, state: Any, control: Any, **rest: Any) -> None:
        follow(self, args, state, control, **rest)
        if state.global_step == 6:
            (self._network.state_dict() if where == "weights" else self._mean)["tagger.bias"][0] = float("inf")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer.Average, "on_step_end", spoiling)
        message = failed(capsys, "run", write, "-q", "-o", folder)
    assert message.startswith(f"{folder}/checkpoints/checkpoint-6: not written, as 1 of ")
    assert "infinite or no number, tagger.bias is one; the checkpoints before it stay" in message
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["checkpoint-3"]
    assert newest_checkpoint(folder / "checkpoints", average=True) == folder / "checkpoints" / "checkpoint-3"


def test_weights_of_no_numbers(tiny_network: Network, tmp_path: Path) -> None:
    """Weights that are no numbers are not written, and the ones before them stay."""
    checkpoints.save_weights(tiny_network, tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    spoilt = deepcopy(tiny_network)
    with torch.no_grad():
        spoilt.tagger.bias[0] = float("nan")
    with pytest.raises(
        FloatingPointError, match=r"/model\.safetensors: not written, as 1 of \d+ tensors .*, tagger\.bias"
    ):
        checkpoints.save_weights(spoilt, tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
