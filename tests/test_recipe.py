"""Recipes: what is read, and what each kind of mistake in a recipe file is told as."""

import json
import re
from pathlib import Path

import pytest

from train.recipe import RECIPES, Distillation, Recipe, RecipeError, Shape, Training

LEAST = '[data]\ntrain = ["gold"]\n'


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes, name: str = "mine.toml") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write


def refused(path: str) -> str:
    """What is said of a recipe after the name of its file, which every message begins with."""
    with pytest.raises(RecipeError) as error:
        Recipe.load(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes(path: Path) -> None:
    """Every recipe of the project loads by its name, bears the name of its file, and says what it is for."""
    recipe = Recipe.load(path.stem)
    assert recipe.name == path.stem
    assert recipe.description
    assert recipe == Recipe.load(str(path))


def test_defaults(write) -> None:
    """A recipe that names a corpus and nothing else has defaults for the rest, and its file's name."""
    recipe = Recipe.load(write(LEAST))
    assert (recipe.name, recipe.encoder.source, recipe.data.train) == ("mine", "embedded", ["gold"])
    assert (recipe.network, recipe.training, recipe.distillation) == (Shape(), Training(), Distillation())
    assert recipe.thresholds == {}


def test_values(write) -> None:
    """What a recipe says is taken over, a whole number where a fraction may stand too."""
    content = 'name = "x"\n' + LEAST + "[training]\nepochs = 3\npair_weight = 1\n[thresholds]\nROLE_AT = 1\n"
    recipe = Recipe.load(write(content))
    assert (recipe.name, recipe.training.epochs) == ("x", 3)
    for value in (recipe.training.pair_weight, recipe.thresholds["ROLE_AT"]):
        assert isinstance(value, float)
        assert value == 1.0


def test_unknown_table(write) -> None:
    """An unknown key at the top is named, with the nearest one."""
    assert refused(write(LEAST + "[trainig]\nepochs = 3\n")) == 'unknown key "trainig"; did you mean "training"?'


def test_unknown_key_in_a_table(write) -> None:
    """An unknown key in a table is named with its table, and with the nearest one."""
    message = refused(write(LEAST + "[training]\nlearning_rat = 3\n"))
    assert message == 'unknown key "training.learning_rat"; did you mean "learning_rate"?'


def test_unknown_key_like_no_other(write) -> None:
    """Where no key is near, all that could stand there are listed."""
    message = refused(write(LEAST + "[encoder]\nxyz = 3\n"))
    assert message == 'unknown key "encoder.xyz"; known are source, words, licence'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[training]\nepochs = 2.5", '"training.epochs" is 2.5; it takes a whole number'),
        ("[training]\nepochs = true", '"training.epochs" is True; it takes a whole number'),
        ('[training]\nlearning_rate = "2e-4"', "\"training.learning_rate\" is '2e-4'; it takes a number"),
        ("[training]\naverage = false", '"training.average" is False; it takes a number'),
        (
            'standoff_if_present = {"m" = 3}',
            "\"data.standoff_if_present\" is {'m': 3}; it takes a table of strings",
        ),
        ("[encoder]\nsource = 3", '"encoder.source" is 3; it takes a string'),
        ("[thresholds]\nROLE_AT = true", "\"thresholds\" is {'ROLE_AT': True}; it takes a table of numbers"),
        ('[thresholds]\nROLE_AT = "high"', "\"thresholds\" is {'ROLE_AT': 'high'}; it takes a table of numbers"),
    ],
)
def test_wrong_types(write, content: str, message: str) -> None:
    """A value of another type is told with its key, itself, and what belongs there."""
    assert refused(write(f"{LEAST}{content}\n")) == message


@pytest.mark.parametrize("value", ['"gold"', "[1]", "{}"])
def test_corpora_are_a_list(write, value: str) -> None:
    """Corpora that are no list of strings are refused."""
    assert re.fullmatch(r'"data\.train" is .+; it takes a list of strings', refused(write(f"data.train = {value}\n")))


def test_table_expected(write) -> None:
    """A plain value where a table belongs is refused, and the table's heading told."""
    assert refused(write("training = 3\n" + LEAST)) == '"training" is a table: write [training]'
    assert refused(write("thresholds = 0.5\n" + LEAST)) == '"thresholds" is 0.5; it takes a table of numbers'


@pytest.mark.parametrize(
    ("key", "value", "limits"),
    [
        ("training.epochs", "0", "1 and 10000"),
        ("training.batch_size", "0", "1 and 4096"),
        ("training.learning_rate", "0.0", "1e-08 and 1.0"),
        ("training.learning_rate", "nan", "1e-08 and 1.0"),
        ("training.head_learning_rate", "inf", "1e-08 and 1.0"),
        ("training.warmup", "1.0", "0.0 and 0.9"),
        ("training.average", "1", "0.0 and 0.99999"),
        ("training.seed", "-1", "0 and 4000000"),
        ("network.window", "8", "16 and 8192"),
        ("network.dropout", "-0.1", "0.0 and 0.9"),
        ("distillation.articles", "0", "1 and 10000000"),
        ("thresholds.HAS_ROLE", "1.5", "0.0 and 1.0"),
    ],
)
def test_out_of_range(write, key: str, value: str, limits: str) -> None:
    """A number out of its range is told with its key and the range."""
    message = refused(write(f"{key} = {value}\n{LEAST}"))
    assert re.fullmatch(rf'"{re.escape(key)}" is \S+; it lies between {re.escape(limits)}', message)


def test_unknown_precision(write) -> None:
    """A precision that there isn't is told with those that there are."""
    message = refused(write(LEAST + '[training]\nprecision = "float8"\n'))
    assert message == "\"training.precision\" is 'float8'; say auto, float32, bfloat16 or float16"


def test_no_corpus(write) -> None:
    """A recipe without a corpus that must be there is refused."""
    assert refused(write('[data]\ntrain_if_present = ["gold"]\n')) == '"data.train" names no corpus'


def test_threshold_of_an_unknown_relation(write) -> None:
    """A threshold for a relation type that the scheme lacks would do nothing, so it is an error."""
    message = refused(write(LEAST + "[thresholds]\nROLE_IN = 0.4\n"))
    assert message == 'unknown key "thresholds.ROLE_IN"; known are HAS_ROLE, ROLE_AT'


def test_teachers_without_articles(write) -> None:
    """Teachers that have nothing to mark are refused before they are trained."""
    message = refused(write(LEAST + "[distillation]\nteachers = 2\n"))
    assert message == '"distillation.teachers" without "distillation.unlabelled_if_present" to mark'


@pytest.mark.parametrize("content", [b"[data\n", b"\xff\xfe", b"training = \n"])
def test_not_toml(write, content: bytes) -> None:
    """A file that is no TOML is named, with what the parser says."""
    assert re.fullmatch(r"not TOML \(.+\)", refused(write(content)))


def test_no_such_recipe(tmp_path: Path) -> None:
    """A name or a path that leads nowhere is told with the recipes that there are."""
    for name in ("embeded", str(tmp_path / "none.toml")):
        message = rf"^{re.escape(name)}: no such recipe; there are embedded, .*seeds.*, or give the path"
        with pytest.raises(RecipeError, match=message):
            Recipe.load(name)


def test_to_dict(write) -> None:
    """As a dictionary a recipe has every choice, those that it left at their defaults too, and is JSON."""
    recipe = Recipe.load(write(LEAST + "[thresholds]\nROLE_AT = 0.4\n"))
    stored = json.loads(json.dumps(recipe.to_dict()))
    assert stored == recipe.to_dict()
    assert stored["data"] == {"train": ["gold"], "train_if_present": [], "dev": [], "dev_if_present": []}
    assert stored["training"]["learning_rate"] == Training().learning_rate
    assert stored["thresholds"] == {"ROLE_AT": 0.4}
