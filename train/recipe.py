"""Recipes: one TOML file with every choice that makes a training run what it is."""

import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from vipol.schema import RELATION_TYPES
from vipol.segmentation import NAMES

ROOT = Path(__file__).parent.parent
RECIPES = Path(__file__).parent / "recipes"
_LATER = (
    ("encoder", "words"),
    ("encoder", "licence"),
    ("data", "standoff_if_present"),
    ("training", "gradient_checkpointing"),
)
"""Settings, by table, that recipes of version 0.1.0 did not have."""


class RecipeError(ValueError):
    """A recipe that cannot be used; the message names the file and the key."""


@dataclass(frozen=True)
class Encoder:
    source: str = "embedded"
    """`embedded` (the one in `train/pretrained`), a folder, or a hub id."""
    words: str = "syllables"
    """What it reads as a word: `syllables`, or what a segmenter makes of them, `underthesea` or `vncorenlp`."""
    licence: str = ""
    """Of its weights, by the SPDX name; `train.licences` says what it asks of a model that is trained from them."""


@dataclass(frozen=True)
class Data:
    """Corpora by path, relative to the checkout."""

    train: list[str] = field(default_factory=list)
    train_if_present: list[str] = field(default_factory=list)
    standoff_if_present: dict[str, str] = field(default_factory=dict)
    """Marks whose texts the repo can't carry, each with the file of the texts, without which it is left out."""
    dev: list[str] = field(default_factory=list)
    dev_if_present: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    window: int = 512
    """Sub-tokens that the encoder reads at once."""
    pair_size: int = 128
    dropout: float = 0.1
    attention_dropout: float = 0.0
    """Zero by default: drawing it costs a large part of a step on a CPU and brings nothing that was measured."""


@dataclass(frozen=True)
class Training:
    epochs: int = 12
    batch_size: int = 4
    """Windows in a step and device."""
    accumulation: int = 1
    """Batches that are summed to one step."""
    gradient_checkpointing: bool = False
    """Compute what the encoder's layers hold a second time instead of keeping it: less memory, longer steps."""
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    """Share of the steps in which the rate rises."""
    pair_weight: float = 0.2
    """Weight of the relations' loss beside the tags'."""
    average: float = 0.0
    """Decay of the running mean of the weights that is kept in the end; 0 keeps the last weights."""
    patience: int = 0
    """Epochs without a better score on the dev documents after which training stops; 0 never stops early."""
    precision: str = "auto"
    """`float32`, `bfloat16`, `float16`, or `auto`: bfloat16 where the device computes in it."""
    seed: int = 0


@dataclass(frozen=True)
class Distillation:
    """Teachers that mark articles without gold, from which the model then learns beside the gold."""

    teachers: int = 0
    """Models that are trained first, alike but for their seeds; 0 leaves the stage out."""
    unlabelled_if_present: str = ""
    """Articles, JSONL with a "text" each, plain or packed with xz."""
    articles: int = 800
    """Of the articles, this many of those in which posts and bodies stand most densely."""
    repeats: int = 3
    """How often the gold is read while the marked articles are read once."""
    epochs: int = 3
    """Epochs of the learner; the teachers have those of `training`."""


@dataclass(frozen=True)
class Recipe:
    name: str
    description: str = ""
    encoder: Encoder = field(default_factory=Encoder)
    data: Data = field(default_factory=Data)
    network: Shape = field(default_factory=Shape)
    training: Training = field(default_factory=Training)
    distillation: Distillation = field(default_factory=Distillation)
    thresholds: dict[str, float] = field(default_factory=dict)
    """Least probability of a relation, by its type; 0.5 where nothing is said."""

    @classmethod
    def load(cls, name: str) -> "Recipe":
        """Reads `train/recipes/NAME.toml`, or the TOML file at a path.

        Raises:
            RecipeError: there is no such recipe, or something in it is unknown or out of range.
        """
        path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
            raise RecipeError(f"{name}: no such recipe; there are {known}, or give the path of a .toml file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"{path}: not TOML ({error})") from error
        data.setdefault("name", path.stem)
        recipe: Recipe = _build(cls, data, path, "")
        return checked(recipe, path)

    def on(self, source: str) -> "Recipe":
        """The recipe on another encoder.

        One that a recipe is made for is read as that recipe reads it. A folder is taken for a copy of this recipe's
        encoder, with its words and licence; of any other on the hub nothing is known.
        """
        for path in sorted(RECIPES.glob("*.toml")):
            made_for = Recipe.load(path.stem).encoder
            if source == made_for.source:
                return replace(self, encoder=made_for)
        copied = replace(self.encoder, source=source) if Path(source).is_dir() else Encoder(source)
        return replace(self, encoder=copied)

    def to_dict(self) -> dict[str, Any]:
        """The tables of the recipe, without settings that earlier versions did not have and that are not used: so a
        run, or results that were kept, of an earlier version are known again as this recipe's."""
        tables = asdict(self)
        for table, name in _LATER:
            if tables[table][name] == getattr(type(getattr(self, table))(), name):
                del tables[table][name]
        return tables


def _build(kind: Any, data: dict[str, Any], path: Path, where: str) -> Any:
    known = {f.name: f for f in fields(kind)}
    values = {}
    for key, value in data.items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(known)}"
            raise RecipeError(f'{path}: unknown key "{where}{key}"{hint}')
        values[key] = _value(known[key].type, value, path, f"{where}{key}")
    return kind(**values)


def _value(kind: Any, value: Any, path: Path, where: str) -> Any:
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise RecipeError(f'{path}: "{where}" is a table: write [{where}]')
        return _build(kind, value, path, f"{where}.")
    wrong = RecipeError(f'{path}: "{where}" is {value!r}; it takes {_NAMES[kind]}')
    if kind is bool and isinstance(value, bool):
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise wrong
    elif kind == dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise wrong
    elif kind == dict[str, float]:
        if not isinstance(value, dict) or any(
            isinstance(item, bool) or not isinstance(item, int | float) for item in value.values()
        ):
            raise wrong
        return {key: float(item) for key, item in value.items()}
    elif not isinstance(value, kind) or isinstance(value, bool):
        raise wrong
    return value


_NAMES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list[str]: "a list of strings",
    dict[str, str]: "a table of strings",
    dict[str, float]: "a table of numbers",
}


def checked(recipe: Recipe, path: Path | str) -> Recipe:
    """The recipe itself.

    Args:
        path: where it comes from, for the message.

    Raises:
        RecipeError: something in it is out of range.
    """
    training, network, distillation = recipe.training, recipe.network, recipe.distillation
    for kind in recipe.thresholds:
        if kind not in RELATION_TYPES:
            raise RecipeError(f'{path}: unknown key "thresholds.{kind}"; known are {", ".join(RELATION_TYPES)}')
    ranges = {
        "training.epochs": (training.epochs, 1, 10_000),
        "training.batch_size": (training.batch_size, 1, 4096),
        "training.accumulation": (training.accumulation, 1, 4096),
        "training.learning_rate": (training.learning_rate, 1e-8, 1.0),
        "training.head_learning_rate": (training.head_learning_rate, 1e-8, 1.0),
        "training.weight_decay": (training.weight_decay, 0.0, 1.0),
        "training.warmup": (training.warmup, 0.0, 0.9),
        "training.pair_weight": (training.pair_weight, 0.0, 100.0),
        "training.average": (training.average, 0.0, 0.99999),
        "training.patience": (training.patience, 0, 10_000),
        "training.seed": (training.seed, 0, 4_000_000),
        "distillation.teachers": (distillation.teachers, 0, 100),
        "distillation.articles": (distillation.articles, 1, 10_000_000),
        "distillation.repeats": (distillation.repeats, 1, 1000),
        "distillation.epochs": (distillation.epochs, 1, 10_000),
        "network.window": (network.window, 16, 8192),
        "network.pair_size": (network.pair_size, 1, 4096),
        "network.dropout": (network.dropout, 0.0, 0.9),
        "network.attention_dropout": (network.attention_dropout, 0.0, 0.9),
    } | {f"thresholds.{name}": (value, 0.0, 1.0) for name, value in recipe.thresholds.items()}
    for name, (value, low, high) in ranges.items():
        if not low <= value <= high:
            raise RecipeError(f'{path}: "{name}" is {value}; it lies between {low} and {high}')
    if training.precision not in {"auto", "float32", "bfloat16", "float16"}:
        raise RecipeError(
            f'{path}: "training.precision" is {training.precision!r}; say auto, float32, bfloat16 or float16'
        )
    if recipe.encoder.words not in NAMES:
        raise RecipeError(f'{path}: "encoder.words" is {recipe.encoder.words!r}; say {", ".join(NAMES)}')
    if not recipe.data.train:
        raise RecipeError(f'{path}: "data.train" names no corpus')
    if distillation.teachers and not distillation.unlabelled_if_present:
        raise RecipeError(f'{path}: "distillation.teachers" without "distillation.unlabelled_if_present" to mark')
    return recipe
