"""Retraining: what is learnt from and what is held back, which model is served then, and processes that end."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_retraining import FAKE, GOLD, PULLED, ROOT, copy_model, until
from test_scores import marked

from annotations.gold import read_gold, to_export, to_jsonl
from annotations.retraining import (
    COMMANDS,
    FAILED,
    KEPT,
    SWAPPED,
    Figures,
    Outcome,
    Plan,
    RetrainingError,
    Steps,
    gather,
    held_back_gold,
    retrain,
    to_toml,
)
from annotations.served import Model, Shelf, ShelfError
from annotations.trainer import Trainer
from train.recipe import RECIPES, Data, Encoder, Recipe, Shape, Training
from vipol.document import Document
from vipol.extractor import DEFAULT, ModelError

A = marked("[Lê Minh|PERSON] nói.", name="a")
B = marked("[Bí thư|ROLE] phát biểu.", name="b")
C = marked("[Chính phủ|ORG] họp.", name="c")


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe on the documents a and b."""
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(to_jsonl([A, B]), encoding="utf-8")
    return Recipe("short", data=Data(train=[str(corpus)]))


@pytest.fixture
def plan(tmp_path: Path, recipe: Recipe) -> Plan:
    """A plan on the short recipe that holds back c; the old model is the embedded one."""
    file, held_back, folder = tmp_path / "short.toml", tmp_path / "held-back.jsonl", tmp_path / "attempt"
    file.write_text(to_toml(recipe), encoding="utf-8")
    held_back.write_text(to_jsonl([C]), encoding="utf-8")
    folder.mkdir()
    target = str(tmp_path / "1")
    return Plan(str(file), str(held_back), "news", None, model=str(DEFAULT), folder=str(folder), target=target)


def scripted(pulled: Sequence[Document], old: Sequence[Document], new: Sequence[Document]) -> Steps:
    """Steps that pull these documents, and models that mark the held-back gold so."""

    def train(plan: Plan, _: Path, output: Path) -> None:
        output.mkdir()
        (output / "checkpoints").mkdir()

    return Steps(
        lambda _, target: target.write_text(to_export(pulled), encoding="utf-8") and None,
        train,
        lambda _, folder, documents: list(new if folder.name == "model" else old),
    )


class TestGather:
    def test_the_recipes_articles_and_the_pulled_ones(self, recipe: Recipe) -> None:
        """C is pulled beside the recipe's a and b: all three are learnt from."""
        assert gather(recipe, [C], []) == [A, B, C]

    def test_held_back_articles_are_left_out_whoever_has_them(self, recipe: Recipe) -> None:
        """a is in the recipe and c was pulled; both are held back, one of them with other white space."""
        other = Document("x", A.text.replace(" ", "  ") + "\n")
        assert gather(recipe, [C], [other, C.bare()]) == [B]

    def test_a_correction_takes_the_place_of_the_recipes_annotation(self, recipe: Recipe) -> None:
        corrected = replace(A, id="task-7", entities=())
        assert gather(recipe, [corrected], []) == [corrected, B]

    def test_another_article_with_the_same_id_gets_another(self, recipe: Recipe) -> None:
        assert [document.id for document in gather(recipe, [replace(C, id="b")], [])] == ["a", "b", "b-2"]

    def test_what_the_recipe_watches_its_score_on_is_not_learnt_from(self, recipe: Recipe, tmp_path: Path) -> None:
        """Otherwise `python -m train run` would refuse the recipe, or stop early by what it learnt."""
        dev = tmp_path / "dev.jsonl"
        dev.write_text(to_jsonl([C]), encoding="utf-8")
        watched = replace(recipe, data=replace(recipe.data, dev=[str(dev)]))
        assert gather(watched, [C], []) == [A, B]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.toml")))
def test_a_recipe_survives_being_written(name: str, tmp_path: Path) -> None:
    recipe = replace(Recipe.load(name), thresholds={"HAS_ROLE": 0.4}, description='"quoted" \\ Đảng\nnew line')
    file = tmp_path / "recipe.toml"
    file.write_text(to_toml(recipe), encoding="utf-8")
    assert Recipe.load(str(file)) == recipe


class TestRetrain:
    def test_a_better_model_goes_to_its_place(self, plan: Plan) -> None:
        """The old model finds nothing and the new one everything: 0 and 0.5, for there are no relations to find."""
        outcome = retrain(plan, scripted([PULLED], [C.bare()], [C]))
        assert (outcome.result, outcome.old, outcome.new) == (SWAPPED, Figures(0, 0), Figures(1, 0))
        assert (outcome.articles, outcome.held_back) == (3, 1)
        assert "0.5000" in outcome.said
        assert list(Path(plan.target).iterdir()) == []  # without the checkpoints

    def test_one_that_is_as_good_as_well(self, plan: Plan) -> None:
        assert retrain(plan, scripted([PULLED], [C], [C])).result == SWAPPED

    def test_a_worse_model_is_removed(self, plan: Plan) -> None:
        outcome = retrain(plan, scripted([PULLED], [C], [C.bare()]))
        assert (outcome.result, outcome.old, outcome.new) == (KEPT, Figures(1, 0), Figures(0, 0))
        assert not Path(plan.target).exists()
        assert not (Path(plan.folder) / "model").exists()

    def test_what_is_learnt_from_holds_nothing_that_is_held_back(self, plan: Plan) -> None:
        """c was pulled too, and is held back."""
        retrain(plan, scripted([PULLED, C], [C], [C]))
        written = Recipe.load(str(Path(plan.folder) / "recipe.toml"))
        (corpus,) = written.data.train
        assert [document.id for document in read_gold(Path(corpus))] == ["a", "b", "new"]

    def test_without_anything_new_nothing_is_trained(self, plan: Plan) -> None:
        """What was pulled is held back: no step after pulling is taken."""
        outcome = retrain(plan, scripted([C], [C], [C]))
        assert (outcome.result, outcome.new) == (KEPT, None)
        assert "nothing new" in outcome.said
        assert not (Path(plan.folder) / "model").exists()

    def test_without_a_finished_annotation_neither(self, plan: Plan) -> None:
        """`pull` writes no file then."""
        outcome = retrain(plan, replace(scripted([], [C], [C]), pull=lambda *_: None))
        assert (outcome.result, outcome.new) == (KEPT, None)

    def test_an_old_model_that_knows_the_held_back_articles_is_warned_of(self, plan: Plan, tmp_path: Path) -> None:
        """The embedded model learnt from the seeds."""
        gold = read_gold(GOLD)
        outcome = retrain(replace(plan, held_back=str(GOLD)), scripted([PULLED], gold, gold))
        assert "learnt from 5 of the held-back articles" in outcome.warning

    def test_held_back_gold_without_annotations_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "empty.jsonl"
        file.write_text(to_jsonl([C.bare()]), encoding="utf-8")
        with pytest.raises(RetrainingError, match="no annotated articles"):
            held_back_gold(file)


def test_the_real_training_and_scoring(
    tiny_encoder: Path, tiny_model: Path, short_news: list[Document], tmp_path: Path
) -> None:
    """On a tiny encoder; only pulling is scripted. What was learnt by heart scores better than random weights."""
    a, *others = short_news
    file, held_back, folder = tmp_path / "tiny.toml", tmp_path / "held-back.jsonl", tmp_path / "attempt"
    training = Training(epochs=8, batch_size=2, learning_rate=1e-2, head_learning_rate=1e-2, precision="float32")
    (tmp_path / "corpus.jsonl").write_text(to_jsonl([a]), encoding="utf-8")
    data, shape = Data(train=[str(tmp_path / "corpus.jsonl")]), Shape(window=64, pair_size=16)
    recipe = Recipe("tiny", "", Encoder(str(tiny_encoder)), data, shape, training)
    file.write_text(to_toml(recipe), encoding="utf-8")
    # The same articles but for a full stop, or they would not be learnt from.
    held_back.write_text(to_jsonl([replace(d, text=d.text + ".") for d in short_news]), encoding="utf-8")
    folder.mkdir()
    target = tmp_path / "1"
    plan = Plan(str(file), str(held_back), "news", None, str(tiny_model), str(folder), str(target), 1)
    outcome = retrain(plan, replace(COMMANDS, pull=scripted(others, [], []).pull))
    assert outcome.old is not None
    assert outcome.new is not None
    assert (outcome.result, outcome.articles) == (SWAPPED, 5)
    assert outcome.new.mean > outcome.old.mean
    assert Model.load(target).version.startswith("tiny-")
    assert not (target / "checkpoints").exists()


class TestShelf:
    def test_a_service_goes_on_with_the_model_that_was_served_last(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path, None)
        assert shelf.current() is None
        shelf.place(3).mkdir()
        shelf.point(3)
        assert Shelf(tmp_path, None).current() == tmp_path / "3"

    def test_a_service_that_began_with_another_model_does_not(self, tmp_path: Path) -> None:
        Shelf(tmp_path, None).point(3)
        assert Shelf(tmp_path, tmp_path / "other").current() is None

    @pytest.mark.parametrize(
        "content", ["", "7", '{"model": "x", "base": "embedded"}', '{"model": 9, "base": "embedded"}']
    )
    def test_a_damaged_pointer_is_said(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "current").write_text(content, encoding="utf-8")
        with pytest.raises(ModelError, match="current"):
            Shelf(tmp_path, None).current()

    def test_no_number_is_given_twice(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path, None)
        assert [shelf.attempt()[0], shelf.attempt()[0]] == [1, 2]
        shelf.place(7).mkdir()
        assert shelf.attempt()[0] == 8

    def test_one_service_at_a_time(self, tmp_path: Path) -> None:
        first = Shelf(tmp_path, None)
        first.claim()
        with pytest.raises(ShelfError, match="another service"):
            Shelf(tmp_path, None).claim()


def test_models_are_told_apart_by_their_version(tmp_path: Path) -> None:
    """The same weights by another name in their config are another model; the same folder keeps its version."""
    copy_model(tmp_path / "one", "one")
    versions = {Model.load(folder).version for folder in (None, DEFAULT, tmp_path / "one")}
    assert len(versions) == 2
    assert {version.split("-")[0] for version in versions} == {"embedded", "one"}


class Serving:
    """What a service does with a new model, without the web."""

    def __init__(self) -> None:
        self.folder = DEFAULT
        self.swapped: list[str] = []

    def swap(self, folder: Path) -> None:
        model = Model.load(folder)
        self.folder = folder
        self.swapped.append(model.version.split("-")[0])


@pytest.fixture
def serving() -> Serving:
    return Serving()


@pytest.fixture
def trainer(tmp_path: Path, serving: Serving) -> Iterator[Callable[[str], Trainer]]:
    """Makes a trainer whose retrainings go by a mode of the fake."""
    made: list[Trainer] = []

    def make(mode: str) -> Trainer:
        plan = Plan("seeds", str(GOLD), "news", None)
        shelf = Shelf(tmp_path / "served", None)
        command = (sys.executable, str(FAKE), mode)
        made.append(Trainer(shelf, plan, lambda: serving.folder, serving.swap, command))
        return made[-1]

    yield make
    for item in made:
        item.stop()


def done(trainer: Trainer) -> dict[str, Any]:
    """The outcome of a retraining that is asked for and waited for."""
    trainer.ask()
    until(lambda: trainer.status()["state"] == "idle")
    last: dict[str, Any] = trainer.status()["last"]
    return last


def alive(process: int) -> bool:
    """Whether it runs; one that ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestTrainer:
    def test_a_better_model_is_served_and_gone_on_with(
        self, trainer: Callable[[str], Trainer], serving: Serving, tmp_path: Path
    ) -> None:
        last = done(trainer("better"))
        assert (last["result"], last["new"]["spans"], last["old"]["spans"]) == (SWAPPED, 1, 0)
        assert serving.swapped == ["better"]
        log = (tmp_path / "served" / "attempts" / "1" / "log.txt").read_text(encoding="utf-8")
        assert log.count("\n") == 2, log  # what was learnt from, and the outcome
        assert Shelf(tmp_path / "served", None).current() == serving.folder == tmp_path / "served" / "1"

    @pytest.mark.parametrize(
        ("mode", "result"), [("worse", KEPT), ("broken", FAILED), ("failing", FAILED), ("killed", FAILED)]
    )
    def test_any_other_leaves_the_old_one(
        self, trainer: Callable[[str], Trainer], serving: Serving, tmp_path: Path, mode: str, result: str
    ) -> None:
        """Worse; can't be loaded; a step that fails; a process that is killed."""
        last = done(trainer(mode))
        assert last["result"] == result
        assert serving.swapped == []
        assert Shelf(tmp_path / "served", None).current() is None
        said = {"worse": "worse than", "broken": "can't be loaded", "failing": "pull ended", "killed": "signal 9"}
        assert said[mode] in last["said"]
        # The next service still knows.
        assert Trainer.status(trainer(mode))["last"]["result"] == result

    def test_asked_often_while_it_runs_it_runs_once_more(
        self, trainer: Callable[[str], Trainer], tmp_path: Path
    ) -> None:
        asked = trainer("worse")
        assert asked.ask() == "started"
        until(lambda: asked.status()["since"])
        assert [asked.ask(), asked.ask()] == ["noted", "noted"]
        assert asked.status()["again"] is True
        until(lambda: asked.status()["state"] == "idle")
        assert len(Shelf(tmp_path / "served", None).attempts()) == 2

    def test_stopping_ends_all_that_was_started(self, trainer: Callable[[str], Trainer], tmp_path: Path) -> None:
        stopped = trainer("slow")
        stopped.ask()
        process = _training(tmp_path)
        assert alive(process)
        began = time.monotonic()
        stopped.stop()
        until(lambda: not alive(process), 2)
        assert time.monotonic() - began < 5
        assert stopped.status()["last"]["result"] == FAILED

    def test_a_retraining_that_is_killed_leaves_nothing_running(
        self, trainer: Callable[[str], Trainer], tmp_path: Path
    ) -> None:
        done(trainer("killed"))
        until(lambda: not alive(_training(tmp_path)), 2)

    def test_a_service_that_is_killed_leaves_nothing_running(self, tmp_path: Path) -> None:
        code = f"""
import sys, time
sys.path[:0] = {[str(ROOT), str(ROOT / "model")]!r}
from pathlib import Path
from annotations.retraining import Plan
from annotations.served import Shelf
from annotations.trainer import Trainer
plan = Plan("seeds", {str(GOLD)!r}, "news", None)
shelf = Shelf(Path({str(tmp_path / "served")!r}), None)
trainer = Trainer(shelf, plan, lambda: Path("none"), print, (sys.executable, {str(FAKE)!r}, "slow"))
trainer.ask()
time.sleep(60)
"""
        service = subprocess.Popen([sys.executable, "-c", code])
        try:
            process = _training(tmp_path)
            assert alive(process)
        finally:
            service.kill()
            service.wait()
        until(lambda: not alive(process), 5)

    def test_the_secret_is_kept_from_it(
        self, tmp_path: Path, serving: Serving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VIPOL_SECRET", "told to nobody")
        code = "import os, sys; sys.exit(17 if 'VIPOL_SECRET' in os.environ else 18)"
        plan = Plan("seeds", str(GOLD), "news", None)
        command = (sys.executable, "-c", code)
        trainer = Trainer(Shelf(tmp_path, None), plan, lambda: DEFAULT, serving.swap, command)
        try:
            assert "exit code 18" in done(trainer)["said"]
        finally:
            trainer.stop()


def _training(folder: Path) -> int:
    """The number of the process in which the slow fake trains."""
    file = folder / "served" / "attempts" / "1" / "trainer.pid"
    until(file.exists)
    return int(file.read_text(encoding="utf-8"))


def test_an_outcome_survives_being_written(tmp_path: Path) -> None:
    outcome = Outcome(KEPT, "worse", Figures(0.5, 0.25), None, 3, 4, "warned")
    outcome.write(tmp_path)
    assert Outcome.read(tmp_path) == outcome
    assert json.loads((tmp_path / "outcome.json").read_text(encoding="utf-8"))["old"]["mean"] == 0.375
    (tmp_path / "outcome.json").write_text('{"result": "kept"', encoding="utf-8")
    assert Outcome.read(tmp_path) is None


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_as_toml(path: Path, tmp_path: Path) -> None:
    """What is written for a recipe of the project is that recipe when it is read."""
    copy = tmp_path / "copy.toml"
    copy.write_text(to_toml(Recipe.load(path.stem)), encoding="utf-8")
    assert Recipe.load(str(copy)) == Recipe.load(path.stem)
