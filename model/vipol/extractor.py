"""The extractor: texts in, documents with spans and role relations out."""

import json
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vipol.decoding import Decoder, choices, log_softmax, trim
from vipol.document import Document, Entity, Relation
from vipol.doubt import Doubt, wrong_choices, wrong_tags
from vipol.encoding import Encoded, Pieces, Window, encode, pad
from vipol.errors import ModelError as ModelError
from vipol.runtimes import ONNX_FILE, TORCH_FILE, OnnxRuntime, Runtime, TorchRuntime
from vipol.schema import CHOOSER, LABELS, OUTSIDE, RELATION_TYPES, relation_type
from vipol.segmentation import NAMES, SYLLABLES, word_unit

DEFAULT = Path(__file__).parent / "default"
CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"

_READ_AHEAD = 8
"""Batches of documents that are gathered before the first is run: windows of like length share a batch."""
_READ_AHEAD_CHARACTERS = 100_000
"""Characters of text beyond which no more documents are gathered: pair scores of long lines take memory."""
_LEAST_WINDOW = 16
"""Sub-tokens; less would hold no sentence."""
_DRIVERS = ("/dev/nvidiactl", "/dev/nvhost-ctrl", "/dev/nvmap", "/dev/kfd", "/dev/dxg")
"""Of NVIDIA's GPUs, its embedded ones (two), AMD's, and those that Windows lends to Linux: one is there with a GPU."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the extractor needs of a model's `config.json`."""

    tags: tuple[str, ...]
    relation_types: tuple[str, ...]
    window: int
    thresholds: dict[str, float]
    name: str
    words: str = SYLLABLES.name
    """The name of the word unit."""

    @classmethod
    def read(cls, folder: Path) -> "Config":
        path = folder / CONFIG_FILE
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelError(f"{folder}: no {CONFIG_FILE}; a model folder is what `python -m train` writes") from None
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{path}: not JSON ({error})") from error
        if not isinstance(data, dict) or data.get("model_type") != "vipol":
            raise ModelError(f'{path}: not a vipol model (its "model_type" is not "vipol")')
        try:
            config = cls(
                tuple(map(str, data["tags"])),
                tuple(map(str, data["relation_types"])),
                int(data["window"]),
                {str(kind): float(value) for kind, value in data["thresholds"].items()},
                str(data.get("name") or folder.name),
                str(data.get("words", SYLLABLES.name)),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ModelError(f"{path}: incomplete or damaged ({error!r})") from error
        labels = set() if data.get("own_labels") else {tag[2:] for tag in config.tags if tag != OUTSIDE}
        if unknown := labels - set(LABELS) | set(config.relation_types) - set(RELATION_TYPES):
            raise ModelError(f"{path}: labels that this version does not know: {', '.join(sorted(unknown))}")
        if len(set(config.tags)) < len(config.tags) or OUTSIDE not in config.tags or config.window < _LEAST_WINDOW:
            raise ModelError(f"{path}: incomplete or damaged (tags {config.tags}, window {config.window})")
        if config.words not in NAMES:
            raise ModelError(f'{path}: "words" is {config.words!r}; this version knows {", ".join(NAMES)}')
        if not all(0 <= value <= 1 for value in config.thresholds.values()):
            raise ModelError(f'{path}: "thresholds" are probabilities, from 0 to 1')
        if missing := sorted(set(config.relation_types) - set(config.thresholds)):
            raise ModelError(f'{path}: "thresholds" has none for {", ".join(missing)}')
        return config


class Extractor:
    """Marks spans and relations in texts with one model.

    `Extractor.load()` gives the embedded model; it is as safe to use from several threads as its runtime.

    Raises:
        ModelError: the library that finds the model's words cannot be loaded.
    """

    def __init__(self, config: Config, pieces: Pieces, runtime: Runtime, batch_size: int = 4) -> None:
        self.config = config
        self.runtime = runtime
        self.batch_size = batch_size
        self._pieces = pieces
        self._decoder = Decoder(config.tags)
        self._unit = word_unit(config.words)

    @classmethod
    def load(
        cls, model: str | Path | None = None, device: str = "auto", batch_size: int = 4, threads: int | None = None
    ) -> "Extractor":
        """Loads a model.

        Args:
            model: a folder, or the id of a model on the Hugging Face hub; None is the embedded model.
            device: `cpu`, `cuda` (or `cuda:1`), or `auto`: a GPU if torch sees one and the folder has torch weights.
            batch_size: windows that are run at once.
            threads: threads for one operator; None leaves the runtime's own choice.

        Raises:
            ModelError: the folder lacks something, a library that it takes is not installed, or the device is not
                there.
        """
        folder = DEFAULT if model is None else _folder(str(model))
        config = Config.read(folder)
        tokenizer = folder / TOKENIZER_FILE
        if not tokenizer.is_file():
            raise ModelError(f"{folder}: no {TOKENIZER_FILE}; copy it from the folder that the training run wrote")
        try:
            pieces = Pieces.from_file(tokenizer)
        except Exception as error:  # the tokenizers library raises bare Exception
            raise ModelError(f"{tokenizer}: not a tokenizer ({_reason(error)})") from error
        return cls(config, pieces, _runtime(folder, device, threads), batch_size)

    def with_words(self, name: str) -> "Extractor":
        """The same model with another word unit: for texts that were segmented before (see `vipol.segmentation`)."""
        return Extractor(replace(self.config, words=name), self._pieces, self.runtime, self.batch_size)

    def extract(self, text: str) -> Document:
        """Marks one text."""
        return next(self.extract_many([text]))

    def extract_many(self, documents: Iterable[str | Document]) -> Iterator[Document]:
        """Marks texts or documents as they come, in their order; what a document had marked is replaced.

        Reads a little ahead, some 100,000 characters or one document, and holds only that in memory. Windows of several
        documents share a batch, over which an int8 model scales its numbers: a score may move by a hair with its
        neighbours, and in rare cases a span with it.
        """
        return (document for document, _ in self.assess_many(documents))

    def assess_many(self, documents: Iterable[str | Document]) -> Iterator[tuple[Document, Doubt]]:
        """Marks as `extract_many` does, and says beside each document how many errors the model expects in it."""
        bare = (Document("", item) if isinstance(item, str) else item.bare() for item in documents)
        return self._read(bare, given=False)

    def relate_many(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Finds the relations between the spans that documents have; what relations they had is replaced.

        How good a model is at relations alone is measured so, and spans that somebody drew get their relations.
        Reads ahead as `extract_many` does.
        """
        unrelated = (replace(document, relations=()) for document in documents)
        return (document for document, _ in self._read(unrelated, given=True))

    def _read(self, documents: Iterable[Document], given: bool) -> Iterator[tuple[Document, Doubt]]:
        chunk: list[Document] = []
        characters = 0
        for document in documents:
            chunk.append(document)
            characters += len(document.text)
            if len(chunk) >= self.batch_size * _READ_AHEAD or characters >= _READ_AHEAD_CHARACTERS:
                yield from self._read_chunk(chunk, given)
                chunk, characters = [], 0
        yield from self._read_chunk(chunk, given)

    def info(self) -> dict[str, Any]:
        """What the model is and what runs it."""
        return {
            "model": self.config.name,
            "labels": list(dict.fromkeys(tag[2:] for tag in self.config.tags if tag != OUTSIDE)),
            "relations": list(self.config.relation_types),
            "window": self.config.window,
            "words": self.config.words,
            "thresholds": self.config.thresholds,
            "runtime": self.runtime.name,
            "device": self.runtime.device,
        } | self.runtime.info()

    def _read_chunk(self, documents: list[Document], given: bool) -> Iterator[tuple[Document, Doubt]]:
        encoded = [encode(document.text, self._pieces, self.config.window, self._unit) for document in documents]
        readings = [_Reading(item, self.config) for item in encoded]
        queue = [(n, window) for n, item in enumerate(encoded) for window in item.windows]
        queue.sort(key=lambda entry: len(entry[1].ids))
        for start in range(0, len(queue), self.batch_size):
            part = queue[start : start + self.batch_size]
            tags, pairs = self.runtime(pad([window for _, window in part], self._pieces.pad))
            for row, (n, window) in enumerate(part):
                readings[n].add(window, tags[row], pairs[row])
        for document, reading in zip(documents, readings, strict=True):
            yield reading.related(document) if given else reading.document(document, self._decoder)


class _Reading:
    """The network's scores for one document, gathered window by window."""

    def __init__(self, encoded: Encoded, config: Config) -> None:
        self._encoded = encoded
        self._config = config
        self._tags = np.zeros((len(encoded.words), len(config.tags)))
        self._pairs: dict[int, NDArray[np.float16]] = {}
        # Both rise from window to window, so that the windows that hold two words are a slice.
        self._starts = [window.words for window in encoded.windows]
        self._stops = [window.stop for window in encoded.windows]

    def add(self, window: Window, tags: NDArray[np.float32], pairs: NDArray[np.float32]) -> None:
        owned = slice(window.owned - window.words, window.owned_stop - window.words)
        self._tags[window.owned : window.owned_stop] = log_softmax(tags[owned].astype(np.float64))
        count = window.stop - window.words
        self._pairs[window.words] = pairs[:, :count, :count].astype(np.float16)

    def document(self, document: Document, decoder: Decoder) -> tuple[Document, Doubt]:
        words = self._encoded.words
        entities: list[Entity] = []
        relations: list[Relation] = []
        doubt = Doubt(len(words))
        for first, stop in self._encoded.lines:
            scores = self._tags[first:stop]
            path = decoder.best(scores)
            certainty = np.exp(scores[np.arange(len(path)), path])
            doubt += Doubt(tags=wrong_tags(certainty))
            on_line: list[tuple[Entity, int]] = []
            for begin, end, label in decoder.spans(path):
                span = trim(document.text, words[first + begin].start, words[first + end - 1].end)
                if span:
                    score = round(float(certainty[begin:end].min()), 4)
                    entity = Entity(f"e{len(entities) + 1}", *span, label, score)
                    entities.append(entity)
                    # Words that were trimmed are none of the span's, and pairs are scored by spans' first words.
                    on_line.append((entity, bisect_left(words, span[0], first + begin, key=lambda word: word.start)))
            found, wrong = self._relations(on_line)
            relations += found
            doubt += Doubt(relations=wrong)
        return replace(document, entities=tuple(entities), relations=tuple(relations)), doubt

    def related(self, document: Document) -> tuple[Document, Doubt]:
        """The document's own spans, with the relations that the network sees between them."""
        words = self._encoded.words
        relations: list[Relation] = []
        doubt = Doubt(len(words))
        for first, stop in self._encoded.lines:
            on_line = []
            for entity in sorted(document.entities, key=lambda entity: entity.start):
                # The word that a span begins in, if it begins in the middle of one.
                word = bisect_right(words, entity.start, first, stop, key=lambda word: word.end)
                if word < stop and words[first].start <= entity.start and words[word].start < entity.end:
                    on_line.append((entity, word))
            found, wrong = self._relations(on_line)
            relations += found
            doubt += Doubt(relations=wrong)
        return replace(document, relations=tuple(relations)), doubt

    def _relations(self, entities: list[tuple[Entity, int]]) -> tuple[list[Relation], float]:
        """The relations among the spans of a line, each given with its first word; and how many of the pairs are
        expected to be wrong, taken or left."""
        pairs: list[tuple[Entity, Entity, str]] = []
        scores: list[float] = []
        for n, (left, i) in enumerate(entities):
            for right, j in entities[n + 1 :]:
                if not self._holding(i, j):
                    break  # what stands farther right is not held with it either
                for head, tail, from_word, to_word in ((left, right, i, j), (right, left, j, i)):
                    kind = relation_type(head.label, tail.label)
                    if kind in self._config.relation_types:
                        pairs.append((head, tail, kind))
                        scores.append(self._score(self._config.relation_types.index(kind), from_word, to_word))
        choosers = [(kind, (head if head.label == CHOOSER else tail).id) for head, tail, kind in pairs]
        shares = choices(scores, choosers)
        taken = [share >= self._config.thresholds[kind] for (_, _, kind), share in zip(pairs, shares, strict=True)]
        found = [
            Relation(head.id, tail.id, kind, round(share, 4))
            for (head, tail, kind), share, chosen in zip(pairs, shares, taken, strict=True)
            if chosen
        ]
        return found, wrong_choices(shares, taken)

    def _holding(self, low: int, high: int) -> list[Window]:
        """The windows that hold both words."""
        return self._encoded.windows[bisect_right(self._stops, high) : bisect_right(self._starts, low)]

    def _score(self, kind: int, i: int, j: int) -> float:
        """Score of a pair of words, from the window that has most words on both sides of them."""
        low, high = min(i, j), max(i, j)
        window = max(self._holding(low, high), key=lambda w: min(low - w.words, w.stop - 1 - high))
        return float(self._pairs[window.words][kind, i - window.words, j - window.words])


def _folder(model: str) -> Path:
    folder = Path(model)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"{model}: a file; --model takes the folder of a model")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(model, allow_patterns=["*.json", "*.onnx", "*.safetensors", "*.txt"]))
    except HFValidationError:
        raise ModelError(f"{model}: no such folder") from None
    except Exception as error:  # whatever the hub's client raises: the network has many ways to fail
        raise ModelError(f"{model}: no such folder, and not to be had from the model hub ({_reason(error)})") from error


def _runtime(folder: Path, device: str, threads: int | None) -> Runtime:
    has_onnx, has_torch = (folder / ONNX_FILE).is_file(), (folder / TORCH_FILE).is_file()
    if not has_onnx and not has_torch:
        raise ModelError(f"{folder}: no weights; neither {ONNX_FILE} nor {TORCH_FILE} is there")
    if device == "cpu" or (device == "auto" and not (has_torch and _cuda())):
        try:
            return OnnxRuntime(folder, threads) if has_onnx else _torch(folder, "cpu", threads)
        except ModelError:
            raise
        except Exception as error:  # ONNX Runtime raises its own kinds, all but Exception private
            raise ModelError(f"{folder / ONNX_FILE}: cannot be loaded ({_reason(error)})") from error
    if device != "auto" and not device.startswith("cuda"):
        raise ModelError(f"{device}: no such device; say auto, cpu or cuda")
    if not has_torch:
        raise ModelError(f"{folder}: no {TORCH_FILE}, which running on {device} needs; say --device cpu")
    if not _cuda():
        raise ModelError(f"{device}: torch sees no GPU here; say --device cpu")
    return _torch(folder, device if device != "auto" else "cuda", threads)


def _torch(folder: Path, device: str, threads: int | None) -> Runtime:
    try:
        return TorchRuntime.load(folder, device, threads)
    except ImportError as error:
        raise ModelError(f"{folder}: needs torch and transformers: pip install '.[gpu]' ({error})") from error
    except Exception as error:
        raise ModelError(f"{folder / TORCH_FILE}: cannot be loaded ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    """The first line of what an error says."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _cuda() -> bool:
    """Whether torch is installed and sees a GPU; where no GPU has a driver, torch is not imported: it takes seconds."""
    if sys.platform == "darwin" or (sys.platform == "linux" and not any(Path(file).exists() for file in _DRIVERS)):
        return False
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available()
