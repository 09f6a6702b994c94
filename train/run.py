"""One training run, from a recipe to a folder with a model that `vipol extract --model` takes."""

import hashlib
import importlib.util
import json
import resource
import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from eval.provenance import TRAINED_FILE, text_hash
from eval.scores import score
from train import processes
from train.card import card, plot
from train.checkpoints import save_weights
from train.corpora import Corpora, load
from train.distillation import articles, distil
from train.encoder import embedded_network, encoder_folder, pieces_of, save_tokenizer
from train.examples import Example, examples
from train.export import export
from train.licences import notice
from train.loop import extractor, fit, precision_of
from train.recipe import ROOT, Recipe, RecipeError
from vipol.document import Document
from vipol.encoding import Pieces
from vipol.extractor import TOKENIZER_FILE, Extractor
from vipol.network import Network, NetworkConfig
from vipol.runtimes import TORCH_FILE, TorchRuntime
from vipol.segmentation import word_unit

RECIPE_FILE = "recipe.json"
DATA_FILE = "data.json"
"""Beside the recipe: a sha256 by the name of each corpus that the run learns from."""
RUN_FILE = "run.json"
PLOT_FILE = "epochs.svg"
EVENTS = "tensorboard"

Say = Callable[[str], None]


class RunError(RuntimeError):
    """A run that cannot begin or go on; the message says why."""


def run(
    recipe: Recipe, folder: Path, *, resume: bool, quiet: bool, say: Say, tensorboard: bool = False
) -> dict[str, Any]:
    """Trains a recipe and leaves the model, its recipe, its record and its card in a folder.

    A run that was stopped goes on with `resume` from its newest checkpoint, and ends with the same weights. Several
    processes that `torchrun` started train together; the first one talks and writes, and alone has a record to return,
    that of the others is empty.

    Args:
        tensorboard: log to `tensorboard` in the folder too.

    Raises:
        RunError: the folder holds something else or a run on other data, or TensorBoard is wanted and not installed.
        RecipeError: a corpus is missing, or the encoder is.
        CheckpointError: a checkpoint could not be written.
        FloatingPointError: the loss, a gradient or a weight is no number any more.
    """
    if tensorboard and not importlib.util.find_spec("tensorboard"):
        raise RunError("TensorBoard is not installed: pip install -e '.[tensorboard]', or leave out --tensorboard")
    # Before the folder is taken: without its encoder, segmenter or corpora a recipe leaves nothing behind.
    pieces, unit = pieces_of(recipe.encoder.source), word_unit(recipe.encoder.words)
    corpora = load(recipe)
    _claim_for_all(folder, recipe, resume, _hashes(recipe, corpora))
    say = say if processes.first() else _silent
    spent = Spent(folder)
    if said := notice(recipe.encoder):
        say(said)
    for name in corpora.missing:
        say(f"not there, left out: {name}")
    for name, facts in corpora.sources.items():
        say(f"{name}: {facts['documents']} documents, {sum(facts['labels'].values())} spans")
    gold = examples(corpora.train, pieces, recipe.network.window, unit=unit)
    say(f"{len(gold.examples)} windows; {gold.cut()}")
    windows, epochs, marked_articles = gold.examples, recipe.training.epochs, 0
    unlabelled = recipe.distillation.unlabelled_if_present
    if recipe.distillation.teachers and not (ROOT / unlabelled).exists():
        say(f"not there, so no teachers: {unlabelled}")
    elif recipe.distillation.teachers:
        known = {text_hash(document.text) for document in (*corpora.train, *corpora.dev)}
        marked, marked_articles = _teach(
            recipe, pieces, gold.examples, known, folder, resume=resume, quiet=quiet, say=say
        )
        spent.note()
        windows = gold.examples * recipe.distillation.repeats + marked
        epochs = recipe.distillation.epochs
    together = f", {processes.count()} processes" if processes.count() > 1 else ""
    say(f"training on {len(windows)} windows, {epochs} epochs, in {precision_of(recipe.training.precision)}{together}")
    network = build(recipe, recipe.training.seed)
    log = fit(
        network, pieces, windows, corpora.dev, recipe, folder / "checkpoints",
        epochs=epochs, seed=recipe.training.seed, resume=resume, quiet=quiet,
        tensorboard=folder / EVENTS if tensorboard else None,
    )  # fmt: skip
    record = {
        "recipe": recipe.name,
        "data": corpora.sources,
        "missing": corpora.missing,
        "marked_articles": marked_articles,
        "windows": len(windows),
        "cut_spans": gold.cut_spans,
        "cut_by_words": gold.cut_before,
        "lost_relations": gold.lost_relations,
        "epochs": log,
        **spent.note(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "processes": processes.count(),
        "precision": precision_of(recipe.training.precision),
        "torch": torch.__version__,
    }
    processes.leave()
    if not processes.first():
        return {}
    save(network, recipe, folder, say)
    write(folder / TRAINED_FILE, trained_on(corpora.train))
    record["dev"] = _score(Extractor.load(folder, device="cpu"), corpora.dev)
    record["dev_torch"] = _score(extractor(network, pieces), corpora.dev)
    write(folder / RUN_FILE, json.dumps(record, ensure_ascii=False, indent=1))
    write(folder / PLOT_FILE, plot(record))
    write(folder / "README.md", card(recipe, record))
    return record


def _silent(_: str) -> None:
    """What processes other than the first say."""


def trained_on(documents: Sequence[Document]) -> str:
    """The hashes of the texts that a model learnt from, by which evaluation knows them again."""
    return json.dumps(sorted(text_hash(document.text) for document in documents), indent=0)


def build(recipe: Recipe, seed: int, tags: Sequence[str] | None = None) -> Network:
    """A network on the recipe's encoder, its new layers random by the seed.

    Args:
        tags: of another data set's labels; None are the scheme's.

    Raises:
        RecipeError: the encoder is neither a folder nor to be had from the hub, it reads less than a window, or some
            of its weights are missing or of another shape.
    """
    folder = encoder_folder(recipe.encoder.source)
    torch.manual_seed(seed)
    settings: dict[str, Any] = {
        "window": recipe.network.window,
        "pair_size": recipe.network.pair_size,
        "dropout": recipe.network.dropout,
        "name": recipe.name,
        "words": recipe.encoder.words,
    }
    if tags:
        settings |= {"tags": list(tags), "own_labels": True}
    network_thresholds = dict.fromkeys(NetworkConfig().relation_types, 0.5) | recipe.thresholds
    settings["thresholds"] = network_thresholds
    if recipe.encoder.source == "embedded":
        _check_window(recipe, AutoConfig.from_pretrained(folder))
        return embedded_network(attention_dropout=recipe.network.attention_dropout, **settings)
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # it would report a missing pooler, which is not wanted; the rest is looked at below
    try:
        encoder, loaded = AutoModel.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, ignore_mismatched_sizes=True
        )
    except Exception as error:  # transformers raises a dozen kinds for "not an encoder"
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RecipeError(f"{folder}: no encoder in this folder ({reason})") from error
    finally:
        logging.set_verbosity(verbosity)
    if unlike := sorted(name for name, *_ in loaded["mismatched_keys"]):
        raise RecipeError(
            f"{folder}: {len(unlike)} weights of the encoder are of another shape than its config.json says, "
            f"{unlike[0]} is one"
        )
    if lacking := sorted(name for name in loaded["missing_keys"] if not name.startswith("pooler.")):
        raise RecipeError(f"{folder}: the encoder lacks {len(lacking)} of its weights, {lacking[0]} is one")
    _check_window(recipe, encoder.config)
    encoder.config.attention_probs_dropout_prob = recipe.network.attention_dropout
    encoder.config.hidden_dropout_prob = recipe.network.dropout
    network = Network(NetworkConfig(encoder=encoder.config.to_dict(), **settings))
    network.encoder.load_state_dict(encoder.state_dict(), strict=False)
    return network


def _check_window(recipe: Recipe, encoder: Any) -> None:
    # RoBERTa and its kin count positions from behind the padding's id.
    offset = encoder.pad_token_id + 1 if encoder.model_type in {"roberta", "xlm-roberta"} else 0
    most = getattr(encoder, "max_position_embeddings", recipe.network.window) - offset
    if recipe.network.window > most:
        raise RecipeError(
            f'"network.window" is {recipe.network.window}; the encoder {recipe.encoder.source} reads {most} at most'
        )


def _teach(
    recipe: Recipe,
    pieces: Pieces,
    gold: Sequence[Example],
    known: Collection[str],
    folder: Path,
    *,
    resume: bool,
    quiet: bool,
    say: Say,
) -> tuple[list[Example], int]:
    """Trains the teachers, or takes those that are done; the windows that they marked, and of how many articles.

    Of several processes each marks all articles: the first would keep the others waiting for as long.
    """
    path = ROOT / recipe.distillation.unlabelled_if_present
    texts = articles(path, recipe.distillation.articles, known)
    say(f"{path.name}: {len(texts)} articles for the teachers")
    teachers = []
    for number in range(recipe.distillation.teachers):
        seed = 1000 * recipe.training.seed + number
        place = folder / f"teacher-{number}"
        if not (place / TORCH_FILE).exists():
            say(f"teacher {number + 1} of {recipe.distillation.teachers}")
            network = build(recipe, seed)
            fit(
                network, pieces, gold, [], recipe, place / "checkpoints",
                epochs=recipe.training.epochs, seed=seed, resume=resume, quiet=quiet,
            )  # fmt: skip
            if processes.first():
                save_weights(network, place)
                shutil.rmtree(place / "checkpoints")
            processes.wait()  # until its weights are there for all
        teachers.append(TorchRuntime.load(place, "cuda" if torch.cuda.is_available() else "cpu"))
    unit = word_unit(recipe.encoder.words)
    window, batch = recipe.network.window, recipe.training.batch_size
    return distil(texts, teachers, pieces, window, batch, quiet, unit), len(texts)


def _hashes(recipe: Recipe, corpora: Corpora) -> dict[str, str]:
    """A sha256 of each corpus, and of the articles that teachers mark."""
    hashes = {name: str(facts["sha256"]) for name, facts in corpora.sources.items()}
    unlabelled = recipe.distillation.unlabelled_if_present
    if recipe.distillation.teachers and (ROOT / unlabelled).is_file():
        with (ROOT / unlabelled).open("rb") as stream:
            hashes[unlabelled] = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashes


def _claim_for_all(folder: Path, recipe: Recipe, resume: bool, data: Mapping[str, str]) -> None:
    """`claim` by the first process; what it refuses, all do."""
    refusal = ""
    if processes.first():
        try:
            claim(folder, recipe, resume, data)
        except RunError as error:
            refusal = str(error)
    if refusal := processes.shared(refusal):
        raise RunError(refusal)


def claim(folder: Path, recipe: Recipe, resume: bool, data: Mapping[str, str]) -> None:
    """Takes an empty folder for this recipe, or, to resume, the folder of the same one.

    Args:
        data: a hash for each name of what is learnt from. A run that was begun before these were kept goes on with any.

    Raises:
        RunError: the folder holds something else, or a run of another recipe or on other data.
    """
    stored = folder / RECIPE_FILE
    wanted = json.dumps(recipe.to_dict(), ensure_ascii=False, indent=1)
    # A run that failed before it trained leaves these alone, and need not keep another from the folder.
    if folder.exists() and any(path.name not in {RECIPE_FILE, DATA_FILE} for path in folder.iterdir()):
        if not resume:
            raise RunError(f"{folder}: not empty; say --resume to go on with that run, or --output another folder")
        if not stored.is_file() or stored.read_text(encoding="utf-8") != wanted + "\n":
            raise RunError(f"{folder}: the run there has another recipe; say --output another folder")
        if changes := _changes(folder / DATA_FILE, data):
            raise RunError(f"{folder}: the run there has other data ({changes}); say --output another folder")
    folder.mkdir(parents=True, exist_ok=True)
    write(stored, wanted)
    write(folder / DATA_FILE, json.dumps(data, ensure_ascii=False, indent=1))


def _changes(path: Path, data: Mapping[str, str]) -> str:
    """In which corpora the data are not those of a file of hashes; empty if in none, or if there is no such file."""
    if not path.is_file():
        return ""
    try:
        before = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(f"{path}: damaged ({error}); without it the run goes on with the data that are there") from error
    names = sorted(name for name in {*before, *data} if before.get(name) != data.get(name))
    kinds = ("new" if name not in before else "changed" if name in data else "gone" for name in names)
    return ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))


def save(network: Network, recipe: Recipe, folder: Path, say: Say) -> None:
    """Writes what `vipol extract --model` needs: tokenizer, config, weights, and the graph in int8."""
    save_tokenizer(recipe.encoder.source, folder / TOKENIZER_FILE)
    save_weights(network.cpu(), folder)
    say("exporting to ONNX, int8")
    export(network, folder)


class Spent:
    """Seconds and memory of a run, over all the times that it was started; of several processes, those of the first."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "spent.json"
        stored = (
            self._path.read_text(encoding="utf-8") if self._path.exists() else '{"seconds": 0, "peak_memory_bytes": 0}'
        )
        self._before: dict[str, int] = json.loads(stored)
        self._began = time.monotonic()

    def note(self) -> dict[str, int]:
        """Writes down and returns what has been spent until now."""
        peaks = {"peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        if torch.cuda.is_available():
            peaks["peak_gpu_memory_bytes"] = torch.cuda.max_memory_allocated()
        spent = {"seconds": self._before["seconds"] + round(time.monotonic() - self._began)}
        spent |= {name: max(self._before.get(name, 0), peak) for name, peak in peaks.items()}
        if processes.first():
            write(self._path, json.dumps(spent))
        return spent


def _score(model: Extractor, dev: Sequence[Document]) -> dict[str, Any] | None:
    return score(dev, list(model.extract_many(dev))).to_dict() if dev else None


def write(path: Path, text: str) -> None:
    scratch = path.with_name(f".{path.name}.part")
    scratch.write_text(text + "\n", encoding="utf-8")
    scratch.replace(path)
