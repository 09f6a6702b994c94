"""Whole runs on a tiny encoder, and the command line of training."""

import json
import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers.utils import logging as transformers_logging

from annotations.gold import to_jsonl
from eval.provenance import text_hash
from eval.scores import score
from train import __main__ as command
from train import embed as embedding
from train import run as module
from train.corpora import load
from train.embed import FILES, embed
from train.recipe import RECIPES, Data, Distillation, Encoder, Recipe, RecipeError, Shape
from train.run import RunError, Spent, build, run
from train.trainer import NetworkTrainer
from vipol.document import Document
from vipol.extractor import Extractor, ModelError

ARTICLE = "Bí thư Quận ủy Trần Thị Phương Hoa phát biểu. Chủ tịch HĐND thành phố chủ trì cuộc họp. " * 6


@pytest.fixture(scope="module")
def dev_corpus(short_news: Sequence[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the short documents once more, with another end, to score on."""
    path = tmp_path_factory.mktemp("dev") / "dev.jsonl"
    documents = [replace(document, id=f"dev-{document.id}", text=document.text + "\n") for document in short_news[:2]]
    path.write_text(to_jsonl(documents), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(short_recipe: Recipe, dev_corpus: Path, tmp_path_factory: pytest.TempPathFactory):
    """A run of eight epochs as it is: recipe, folder, record, and what was said."""
    data = replace(short_recipe.data, train_if_present=["../none/news"], dev_if_present=[str(dev_corpus)])
    recipe = replace(short_recipe, data=data, thresholds={"ROLE_AT": 0.4})
    folder = tmp_path_factory.mktemp("runs") / "deep" / "short"
    said: list[str] = []
    record = run(recipe, folder, resume=False, quiet=True, say=said.append)
    return recipe, folder, record, said


@pytest.fixture
def quick(short_recipe: Recipe) -> Recipe:
    """The short recipe in two epochs."""
    return replace(short_recipe, training=replace(short_recipe.training, epochs=2))


@pytest.fixture
def no_export(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    """Exporting takes seconds: here it gives the graph of another network of the same shape."""

    def fake(network: object, folder: Path) -> None:
        shutil.copyfile(tiny_model / "model.onnx", folder / "model.onnx")

    monkeypatch.setattr(module, "export", fake)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Counts the batches that are trained on, and presses Ctrl-C in the one of the number `stop`."""
    compute, counted = NetworkTrainer.compute_loss, {"done": 0, "stop": 0}

    def counting(*arguments: Any, **options: Any) -> torch.Tensor:
        counted["done"] += 1
        if counted["done"] == counted["stop"]:
            raise KeyboardInterrupt
        return compute(*arguments, **options)

    monkeypatch.setattr(NetworkTrainer, "compute_loss", counting)
    return counted


@pytest.fixture
def write(tmp_path: Path):
    """Writes a recipe as TOML, and gives its path."""

    def write(recipe: Recipe, name: str = "short.toml") -> str:
        tables = recipe.to_dict()
        lines = [f"{key} = {json.dumps(tables.pop(key), ensure_ascii=False)}" for key in ("name", "description")]
        for table, values in tables.items():
            lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    return write


def start(recipe: Recipe, folder: Path, resume: bool = False) -> tuple[dict[str, Any], list[str]]:
    said: list[str] = []
    return run(recipe, folder, resume=resume, quiet=True, say=said.append), said


def main(*arguments: object) -> int:
    return command.main([str(argument) for argument in arguments])


def failed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command says that ends with 1: one line after those about its progress, and nothing as its result."""
    capsys.readouterr()
    assert main(*arguments) == 1
    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    assert last.startswith("train: ")
    assert "Traceback" not in err
    assert "model:" not in out
    return last.removeprefix("train: ")


def same(one: Path, other: Path) -> bool:
    weights, others = (load_file(folder / "model.safetensors") for folder in (one, other))
    return weights.keys() == others.keys() and all(
        torch.equal(tensor, others[name]) for name, tensor in weights.items()
    )


def test_spent_over_processes(tmp_path: Path) -> None:
    """Seconds add up over the processes of a run, and the largest memory of any of them stays."""
    (tmp_path / "spent.json").write_text('{"seconds": 100, "peak_memory_bytes": 1000000000000000}', encoding="utf-8")
    spent = Spent(tmp_path)
    assert spent.note()["seconds"] in {100, 101}
    assert Spent(tmp_path).note() == {"seconds": 100, "peak_memory_bytes": 1000000000000000}


def test_folder(finished) -> None:
    """A run leaves the model for both runtimes, its recipe, its record, its card and its checkpoints, no scratch."""
    recipe, folder, record, _ = finished
    assert {path.name for path in folder.iterdir()} == {
        *("config.json", "tokenizer.json", "model.safetensors", "model.onnx", "data.json"),
        *(
            "recipe.json",
            "data.json",
            "run.json",
            "spent.json",
            "trained_on.json",
            "epochs.svg",
            "README.md",
            "checkpoints",
        ),
    }
    assert json.loads((folder / "recipe.json").read_text(encoding="utf-8")) == recipe.to_dict()
    assert json.loads((folder / "run.json").read_text(encoding="utf-8")) == record
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["name"], config["window"]) == ("short", 64)
    assert config["thresholds"] == {"HAS_ROLE": 0.5, "ROLE_AT": 0.4}
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# vipol model `short`\n")
    assert "| `../none/news` | not there when this model was trained | | | |" in card
    plot = (folder / "epochs.svg").read_text(encoding="utf-8")
    assert plot.startswith("<svg")
    assert all(f">{name}</text>" in plot for name in ("epoch", "loss", "F1", "spans", "relations (Rel+)"))


def test_record(finished, dev_corpus: Path) -> None:
    """The record has the corpora with their counts, every epoch's loss and score, and the scores of both runtimes."""
    recipe, _, record, _ = finished
    assert list(record["data"]) == [*recipe.data.train, str(dev_corpus)]
    assert record["data"][str(dev_corpus)]["documents"] == 2
    assert record["missing"] == ["../none/news"]
    assert (record["windows"], record["cut_spans"], record["lost_relations"]) == (5, [], [])
    assert sum("loss" in entry for entry in record["epochs"]) == 8
    assert sum("eval_mean_f1" in entry for entry in record["epochs"]) == 8
    assert record["precision"] == "float32"
    assert record["device"] == ("cpu" if not torch.cuda.is_available() else torch.cuda.get_device_name())
    assert record["processes"] == 1
    assert record["seconds"] >= 0
    assert record["peak_memory_bytes"] > 100_000_000
    for corpus in record["data"].values():
        assert len(corpus["sha256"]) == 64
        assert corpus["labels"]["ROLE"] > 0
    for runtime in ("dev", "dev_torch"):
        assert record[runtime]["documents"] == 2
        assert record[runtime]["spans"]["micro"]["f1"] > 0.9


def test_said(finished) -> None:
    """Missing corpora are said, and what is trained on."""
    recipe, _, _, said = finished
    assert said[:2] == ["not there, left out: ../none/news", f"{recipe.data.train[0]}: 5 documents, 13 spans"]
    assert "5 windows; 0 of 13 gold spans have an edge inside a syllable" in said
    assert "training on 5 windows, 8 epochs, in float32" in said


@pytest.mark.parametrize(("dropped", "runtime"), [("model.safetensors", "onnxruntime"), ("model.onnx", "torch")])
def test_extracts(finished, short_news: Sequence[Document], tmp_path: Path, dropped: str, runtime: str) -> None:
    """The folder is a model for the extractor, with the int8 graph alone and with the torch weights alone."""
    shutil.copytree(finished[1], tmp_path / "model", ignore=shutil.ignore_patterns(dropped, "checkpoints"))
    model = Extractor.load(tmp_path / "model", device="cpu")
    assert model.info()["runtime"] == runtime
    scores = score(short_news, list(model.extract_many(short_news)))
    assert scores.spans.micro.f1 > 0.9
    assert scores.relations.micro.f1 > 0.9


def test_folder_in_use(finished) -> None:
    """A folder with a run in it is not trained into again unless that is said, and then only by the same recipe."""
    recipe, folder, _, _ = finished
    with pytest.raises(RunError, match=r"not empty; say --resume to go on with that run, or --output another folder$"):
        start(recipe, folder)
    other = replace(recipe, training=replace(recipe.training, seed=2))
    with pytest.raises(RunError, match=r"the run there has another recipe; say --output another folder$"):
        start(other, folder, resume=True)


def test_folder_of_somebody_else(quick: Recipe, tmp_path: Path) -> None:
    """A folder with other files is refused, --resume or not, and left as it is."""
    (tmp_path / "thesis.txt").write_text("x")
    for resume in (False, True):
        with pytest.raises(RunError):
            start(quick, tmp_path, resume=resume)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_failure_before_training(no_export: None, quick: Recipe, tmp_path: Path) -> None:
    """A run that found a corpus missing leaves its folder free for the recipe as it is put right."""
    wrong = replace(quick, data=Data(train=["none.jsonl"]))
    with pytest.raises(RecipeError, match=r"^none\.jsonl: "):
        start(wrong, tmp_path / "run")
    record, _ = start(quick, tmp_path / "run")
    assert record["data"]
    assert json.loads((tmp_path / "run" / "recipe.json").read_text(encoding="utf-8")) == quick.to_dict()


@pytest.mark.usefixtures("no_export")
def test_resumed_with_other_data(
    quick: Recipe, short_news: Sequence[Document], batches: dict[str, int], tmp_path: Path
) -> None:
    """A stopped run goes on with the data that it began on alone, and says which are others; one that was begun before
    their hashes were kept goes on."""
    train, late, folder = tmp_path / "train.jsonl", tmp_path / "late.jsonl", tmp_path / "run"
    train.write_text(to_jsonl(short_news[:3]), encoding="utf-8")
    recipe = replace(quick, data=Data(train=[str(train)], dev_if_present=[str(late)]))
    batches["stop"] = 3
    with pytest.raises(KeyboardInterrupt):
        start(recipe, folder)
    kept = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    train.write_text(to_jsonl(short_news[:4]), encoding="utf-8")
    late.write_text(to_jsonl(short_news[4:]), encoding="utf-8")
    with pytest.raises(RunError) as refused:
        start(recipe, folder, resume=True)
    assert str(refused.value) == (
        f"{folder}: the run there has other data ({late} new, {train} changed); say --output another folder"
    )
    train.write_text(to_jsonl(short_news[:3]), encoding="utf-8")
    (folder / "data.json").write_text(json.dumps(kept | {"x": "0"}), encoding="utf-8")
    late.unlink()
    with pytest.raises(RunError, match=r"other data \(x gone\)"):
        start(recipe, folder, resume=True)
    (folder / "data.json").unlink()
    batches["stop"] = 0
    assert start(recipe, folder, resume=True)[0]["windows"] == 3
    assert json.loads((folder / "data.json").read_text(encoding="utf-8")) == kept


def test_resumed_with_other_articles(taught: Recipe, batches: dict[str, int], tmp_path: Path) -> None:
    """Articles that teachers mark are data too."""
    batches["stop"] = 1
    with pytest.raises(KeyboardInterrupt):
        start(taught, tmp_path / "run")
    articles = Path(taught.distillation.unlabelled_if_present)
    articles.write_text(json.dumps({"text": ARTICLE}) + "\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"other data \(.*articles\.jsonl changed\)"):
        start(taught, tmp_path / "run", resume=True)


@pytest.mark.usefixtures("no_export")
def test_stopped_and_resumed(quick: Recipe, batches: dict[str, int], tmp_path: Path) -> None:
    """A run that was stopped in its second epoch goes on from the first, to the same weights; once more is no harm."""
    start(quick, tmp_path / "whole")
    batches.update(done=0, stop=5)
    with pytest.raises(KeyboardInterrupt):
        start(quick, tmp_path / "run")
    batches.update(done=0, stop=0)
    start(quick, tmp_path / "run", resume=True)
    assert batches["done"] == 3
    assert same(tmp_path / "whole", tmp_path / "run")
    start(quick, tmp_path / "run", resume=True)
    assert batches["done"] == 3
    assert same(tmp_path / "whole", tmp_path / "run")


@pytest.mark.usefixtures("no_export")
def test_tensorboard(quick: Recipe, batches: dict[str, int], tmp_path: Path) -> None:
    """On request every epoch's loss is in TensorBoard's event files too, once, though the run was stopped."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    batches["stop"] = 5
    with pytest.raises(KeyboardInterrupt):
        run(quick, tmp_path, resume=False, quiet=True, say=print, tensorboard=True)
    batches["stop"] = 0
    record = run(quick, tmp_path, resume=True, quiet=True, say=print, tensorboard=True)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    found = [(event.step, event.value) for event in events.Scalars("train/loss")]
    losses = [entry["loss"] for entry in record["epochs"] if "loss" in entry]
    assert found == [(3, pytest.approx(losses[0])), (6, pytest.approx(losses[1]))]


def test_no_tensorboard(quick: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where TensorBoard is not installed, that is told before anything is written."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(RunError, match=r"^TensorBoard is not installed: pip install -e '\.\[tensorboard\]'"):
        run(quick, tmp_path / "run", resume=False, quiet=True, say=print, tensorboard=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_export")
def test_without_dev_documents(quick: Recipe, tmp_path: Path) -> None:
    """Without dev documents there are no scores, and the card says so."""
    record, _ = start(quick, tmp_path)
    assert (record["dev"], record["dev_torch"]) == (None, None)
    assert "No dev documents were there" in (tmp_path / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def taught(quick: Recipe, tmp_path: Path) -> Recipe:
    """The short recipe with a teacher of two epochs, three articles for it to mark, and an epoch for the learner."""
    articles = tmp_path / "articles.jsonl"
    articles.write_text("".join(json.dumps({"text": ARTICLE + str(n)}) + "\n" for n in range(3)), encoding="utf-8")
    return replace(quick, distillation=Distillation(1, str(articles), articles=2, repeats=2, epochs=1))


@pytest.mark.usefixtures("no_export")
def test_distillation(taught: Recipe, batches: dict[str, int], tmp_path: Path) -> None:
    """A teacher is trained and marks articles, and the learner reads those once and the gold as often as was said."""
    record, said = start(taught, tmp_path / "run")
    assert record["marked_articles"] == 2
    marked = record["windows"] - 2 * 5
    assert marked > 2
    assert batches["done"] == 2 * 3 + -(-record["windows"] // 2)
    assert said[2:4] == ["articles.jsonl: 2 articles for the teachers", "teacher 1 of 1"]
    assert {path.name for path in (tmp_path / "run" / "teacher-0").iterdir()} == {"config.json", "model.safetensors"}
    assert "1 models trained on the gold marked 2 news articles" in (tmp_path / "run" / "README.md").read_text()


@pytest.mark.usefixtures("no_export")
def test_gold_is_not_marked(taught: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is gold for is kept from the teachers, though it may stand in the file of what they mark."""
    asked = []
    chosen = module.articles

    def noted(path: Path, count: int, known: set[str]) -> list[str]:
        asked.append(known)
        return chosen(path, count, known)

    monkeypatch.setattr(module, "articles", noted)
    start(taught, tmp_path / "run")
    assert [known >= {text_hash(document.text) for document in load(taught).train} for known in asked] == [True]


@pytest.mark.usefixtures("no_export")
def test_distillation_resumed(taught: Recipe, batches: dict[str, int], tmp_path: Path) -> None:
    """A run that was stopped while the learner trained goes on without training the teacher again, to the same end;
    one that was stopped while the teacher trained goes on with the teacher.
    """
    record, _ = start(taught, tmp_path / "whole")
    learner = -(-record["windows"] // 2)
    for stop, left in ((8, learner), (5, 3 + learner)):
        folder = tmp_path / f"run-{stop}"
        batches.update(done=0, stop=stop)
        with pytest.raises(KeyboardInterrupt):
            start(taught, folder)
        batches.update(done=0, stop=0)
        _, said = start(taught, folder, resume=True)
        assert batches["done"] == left
        assert ("teacher 1 of 1" in said) == (stop == 5)
        assert same(tmp_path / "whole", folder)


@pytest.mark.usefixtures("no_export")
def test_no_articles_to_mark(taught: Recipe, tmp_path: Path) -> None:
    """Where the articles aren't there, that is said, and the model learns from the gold alone, for its full epochs."""
    recipe = replace(taught, distillation=replace(taught.distillation, unlabelled_if_present="../none.jsonl"))
    record, said = start(recipe, tmp_path / "run")
    assert "not there, so no teachers: ../none.jsonl" in said
    assert (record["marked_articles"], record["windows"]) == (0, 5)
    assert sum("loss" in entry for entry in record["epochs"]) == 2
    assert not (tmp_path / "run" / "teacher-0").exists()


def test_damaged_articles(taught: Recipe, batches: dict[str, int], tmp_path: Path) -> None:
    """Articles that can't be read are told before a teacher is trained for them."""
    Path(taught.distillation.unlabelled_if_present).write_text("{}\n")
    with pytest.raises(ValueError, match="line 1: not a JSON object"):
        start(taught, tmp_path / "run")
    assert batches["done"] == 0


def test_build(quick: Recipe) -> None:
    """A network has the encoder's weights and the recipe's settings, and its new layers are the seed's."""
    one, again, other = (build(quick, seed) for seed in (1, 1, 2))
    stored = load_file(Path(quick.encoder.source) / "model.safetensors")
    for name, tensor in one.encoder.state_dict().items():
        assert torch.equal(tensor, stored[name])
    assert torch.equal(one.bilinear, again.bilinear)
    assert not torch.equal(one.bilinear, other.bilinear)
    settings = one.encoder.config
    assert (settings.hidden_dropout_prob, settings.attention_probs_dropout_prob) == (0.1, 0.1)
    assert one.dtype == torch.float32


def test_encoder_without_some_weights(quick: Recipe, tmp_path: Path) -> None:
    """An encoder with weights missing is refused, not filled up at random."""
    shutil.copytree(quick.encoder.source, tmp_path / "encoder")
    weights = load_file(tmp_path / "encoder" / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, tmp_path / "encoder" / "model.safetensors", {"format": "pt"})
    with pytest.raises(RecipeError, match=r"lacks 1 of its weights, encoder\.layer\.1\.output\.dense\.weight is one$"):
        build(replace(quick, encoder=Encoder(str(tmp_path / "encoder"))), 1)


def test_encoder_with_weights_of_another_shape(quick: Recipe, tmp_path: Path) -> None:
    """An encoder whose weights don't fit its config is refused with the name of one."""
    shutil.copytree(quick.encoder.source, tmp_path / "encoder")
    weights = load_file(tmp_path / "encoder" / "model.safetensors")
    weights["encoder.layer.1.output.dense.bias"] = weights["encoder.layer.1.output.dense.bias"][:-1].clone()
    save_file(weights, tmp_path / "encoder" / "model.safetensors", {"format": "pt"})
    with pytest.raises(
        RecipeError, match=r"1 weights .* another shape .*, encoder\.layer\.1\.output\.dense\.bias is one$"
    ):
        build(replace(quick, encoder=Encoder(str(tmp_path / "encoder"))), 1)


def test_encoder_without_a_pooler(quick: Recipe) -> None:
    """A pooler that the encoder lacks is nothing to talk of; afterwards transformers says what it did before."""
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.add_handler(handler)
    try:
        build(quick, 1)
    finally:
        transformers_logging.remove_handler(handler)
    assert said == []
    assert transformers_logging.get_verbosity() == verbosity


def test_no_encoder_in_a_folder(quick: Recipe, tmp_path: Path) -> None:
    """A folder that holds no encoder, or one without its weights, is told in one line."""
    for _ in range(2):
        with pytest.raises(RecipeError, match=rf"^{re.escape(str(tmp_path))}: no encoder in this folder \([^\n]+\)$"):
            build(replace(quick, encoder=Encoder(str(tmp_path))), 1)
        shutil.copyfile(Path(quick.encoder.source) / "config.json", tmp_path / "config.json")


@pytest.mark.parametrize("source", ["embedded", ""])
def test_window_beyond_the_encoder(quick: Recipe, source: str) -> None:
    """A window longer than the encoder's positions is refused at once, not in the first long batch."""
    encoder = Encoder(source) if source else quick.encoder
    with pytest.raises(RecipeError, match=r'^"network.window" is 513; the encoder .+ reads 512 at most$'):
        build(replace(quick, encoder=encoder, network=Shape(window=513)), 1)


def test_measure_command(write, quick: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`measure` trains a few steps on the longest windows, and prints what they took; it leaves nothing."""
    options = ["--steps", 2, "--batch-size", 3, "--precision", "bfloat16", "--gradient-checkpointing", "-q"]
    assert main("measure", write(quick), *options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"short: 0\.\d M parameters, .+, bfloat16, gradient checkpointing", lines[0])
    assert lines[1] == "a step: 3 windows, the longest of the gold (up to 26 sub-tokens)"
    assert re.fullmatch(r"seconds a step: \d+\.\d\d \(median of 2; \d+\.\d\d to \d+\.\d\d\)", lines[2])
    assert re.fullmatch(r"sub-tokens a second: \d+", lines[3])
    assert re.fullmatch(r"an epoch of the gold, 5 windows: about \d+ seconds", lines[4])
    assert re.fullmatch(r"peak memory of the process: \d\.\d\d GB", lines[5])
    assert [path.name for path in tmp_path.iterdir()] == ["short.toml"]
    assert failed(capsys, "measure", write(quick), "--precision", "int8").endswith("bfloat16 or float16")
    assert failed(capsys, "measure", write(quick), "--window", 513).endswith("reads 512 at most")


@pytest.mark.usefixtures("no_export")
def test_run_command(
    write, quick: Recipe, dev_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`run` says what it does on standard error, and prints the scores and the folder as its result."""
    recipe = replace(quick, data=replace(quick.data, dev=[str(dev_corpus)]))
    assert main("run", write(recipe), "-o", tmp_path / "run", "--epochs", 1, "-q") == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"dev: strict span F1 \S+, relations Rel\+ F1 \S+ \(ONNX\)", out.splitlines()[-2])
    assert out.splitlines()[-1] == f"model: {tmp_path / 'run'}"
    assert "training on 5 windows, 1 epochs, in float32" in err.splitlines()
    assert json.loads((tmp_path / "run" / "recipe.json").read_text(encoding="utf-8"))["training"]["epochs"] == 1


def test_stopped_command(
    write, quick: Recipe, batches: dict[str, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends a run with 130 and tells how to go on."""
    batches["stop"] = 1
    assert main("run", write(quick), "-o", tmp_path / "run", "-q") == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        "train: stopped; `run` and `conll` go on with --resume, `crossval` and `curve` with the same --output"
    )


def test_failing_commands(write, quick: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a user may get wrong ends with 1 and one line that names it."""
    none, recipe, output = tmp_path / "none", write(quick), ["-q", "-o", tmp_path / "run"]
    assert failed(capsys, "run", "embeded").startswith("embeded: no such recipe; there are embedded, ")
    assert failed(capsys, "run", recipe, *output, "--encoder", none) == (
        f"{none}: no such folder; an encoder is `embedded`, a folder or a hub id"
    )
    assert "tokenizer.json: not there; an encoder needs its" in failed(
        capsys, "run", recipe, *output, "--encoder", tmp_path
    )
    assert failed(capsys, "run", write(replace(quick, data=Data(train=["none"]))), *output).startswith("none: ")
    half = replace(quick, training=replace(quick.training, precision="float16"))
    if not torch.cuda.is_available():
        assert "is float16, which takes a GPU" in failed(capsys, "run", write(half), *output)
    assert failed(capsys, "run", recipe, "-q", "-o", tmp_path).endswith("or --output another folder")
    assert failed(capsys, "export", none) == (
        f"{none}: no config.json; a model folder is what `python -m train` writes"
    )
    assert failed(capsys, "embed", none).startswith(f"{none}: no config.json")


def test_gold_that_is_no_gold(write, quick: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of a corpus that is no document is told with file and line."""
    (tmp_path / "bad.jsonl").write_text('{"id": "a", "text": "x"}\n{"id": "b"}\n')
    recipe = write(replace(quick, data=Data(train=[str(tmp_path / "bad.jsonl")])))
    assert failed(capsys, "run", recipe, "-q", "-o", tmp_path / "run").startswith(f"{tmp_path / 'bad.jsonl'}, line 2: ")


@pytest.mark.parametrize("count", ["0", "-1", "many", "1.5"])
def test_wrong_count_of_epochs(capsys: pytest.CaptureFixture[str], count: str) -> None:
    """Epochs on the command line are a whole number from 1."""
    with pytest.raises(SystemExit) as stop:
        main("run", "seeds", f"--epochs={count}")
    assert stop.value.code == 2
    assert (
        capsys.readouterr().err.splitlines()[-1].endswith(f"argument --epochs: {count!r} is not a whole number from 1")
    )


def test_recipes_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`recipes` lists every recipe with what it is for."""
    assert main("recipes") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(path.stem for path in RECIPES.glob("*.toml"))
    assert all(len(line.split()) > 3 for line in lines)


def test_export_command(
    finished, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`export` reads the torch weights of a folder and writes the graph beside them, in int8 or float32."""
    shutil.copytree(finished[1], tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("checkpoints"))
    asked = []

    def fake(network: torch.nn.Module, folder: Path, *, int8: bool) -> Path:
        asked.append((sum(parameter.numel() for parameter in network.parameters()), folder, int8))
        return folder / "model.onnx"

    monkeypatch.setattr("train.export.export", fake)
    assert main("export", tmp_path) == 0
    assert main("export", tmp_path, "--float32") == 0
    count = sum(tensor.numel() for tensor in load_file(tmp_path / "model.safetensors").values())
    assert asked == [(count, tmp_path, True), (count, tmp_path, False)]
    assert re.fullmatch(rf"{re.escape(str(tmp_path))}/model\.onnx: \d\.\d MB", capsys.readouterr().out.splitlines()[0])
    (tmp_path / "model.safetensors").unlink()
    assert "model.safetensors" in failed(capsys, "export", tmp_path)


def test_embed(finished, tmp_path: Path) -> None:
    """A finished run is copied to where the embedded model lies: all that inference needs, not the torch weights."""
    (tmp_path / "NOTICE").write_text("stays")
    embed(finished[1], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "NOTICE"}
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (finished[1] / name).read_bytes()
    text = "Bí thư Quận ủy Cầu Giấy Trần Thị Phương Hoa phát biểu."
    assert Extractor.load(tmp_path, device="cpu").extract(text).entities


def test_embed_refuses_words_of_a_package(finished, tmp_path: Path) -> None:
    """A model that takes a segmenter can't be what runs at once after `pip install`."""
    _, folder, _, _ = finished
    copy = shutil.copytree(folder, tmp_path / "segmented", ignore=shutil.ignore_patterns("checkpoints"))
    config = json.loads((copy / "config.json").read_text(encoding="utf-8")) | {"words": "underthesea"}
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(RunError, match="reads words that underthesea finds"):
        embed(copy, tmp_path)


def test_embed_command(
    finished, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`embed` copies to the package's own folder, and says so."""
    monkeypatch.setattr(embed, "__defaults__", (tmp_path,))
    assert main("embed", finished[1]) == 0
    assert capsys.readouterr().out.startswith(f"{finished[1]}: now in ")
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_embed_refuses(finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is not finished, a graph that is too large, or no model at all, is not embedded, not in part."""
    source, target = tmp_path / "run", tmp_path / "default"
    target.mkdir()
    shutil.copytree(finished[1], source, ignore=shutil.ignore_patterns("checkpoints"))
    monkeypatch.setattr(embedding, "LIMIT", 1000)
    with pytest.raises(RunError, match=r"model\.onnx: \d+ bytes, and 1000 is the most; export it in int8$"):
        embed(source, target)
    for name in ("README.md", "model.onnx"):
        (source / name).unlink()
    with pytest.raises(RunError, match=r"run: no README\.md, model\.onnx; a finished run has them all$"):
        embed(source, target)
    with pytest.raises(ModelError):
        embed(tmp_path, target)
    assert list(target.iterdir()) == []


def test_finite(finished) -> None:
    """No weight of a finished run is infinite or no number."""
    weights = load_file(finished[1] / "model.safetensors")
    assert all(np.isfinite(tensor.numpy()).all() for tensor in weights.values())
