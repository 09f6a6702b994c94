"""The command line of training: `python -m train COMMAND`; `-h` lists the commands."""

import argparse
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from train.recipe import Recipe
    from vipol.document import Document

# Before torch is imported: its idle threads otherwise spin, and starve another job on the same cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")


def main(argv: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    arguments = _parser().parse_args(argv)
    from transformers.utils.logging import disable_progress_bar

    from eval.conll import ConllError
    from eval.tagging import AgreementError
    from train import processes
    from train.recipe import RecipeError
    from train.run import RunError
    from vipol.document import DocumentError
    from vipol.extractor import ModelError

    if processes.started_as_one_of_several() and arguments.command not in (_run, _measure):
        _say("train: several processes are for `run` and `measure`; start this one without torchrun")
        return 2
    # Saving and loading take a second; their bars would only break up those of the epochs.
    disable_progress_bar()
    try:
        return int(arguments.command(arguments))
    except (
        *(RecipeError, RunError, DocumentError, ConllError, ModelError, AgreementError),
        *(FloatingPointError, OSError),
    ) as error:
        where = f"process {processes.number()}: " if processes.number() else ""
        _say(f"train: {where}{error}")
        return 1
    except KeyboardInterrupt:
        _say("train: stopped; `run` and `conll` go on with --resume, `crossval` and `curve` with the same --output")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train", description="Trains, exports and cross-validates models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="train a recipe and write a model folder")
    _recipe_arguments(run)
    run.add_argument("--output", "-o", type=Path, metavar="FOLDER", help="where the model goes (default: runs/RECIPE)")
    run.add_argument("--resume", action="store_true", help="go on with the run that was stopped in that folder")
    run.add_argument("--tensorboard", action="store_true", help="write TensorBoard's event files to the folder too")
    run.set_defaults(command=_run)

    measure = commands.add_parser(
        "measure",
        help="train a few steps and say what they take: seconds, sub-tokens a second, peak memory",
        description="Trains a few steps on the longest windows of the recipe's gold, with all that training takes "
        "and nothing kept, so that one knows beforehand what fits on this machine and how long it takes.",
    )
    _recipe_arguments(measure, epochs=False)
    measure.add_argument("--steps", type=_count, default=5, metavar="N", help="steps to measure (default: 5)")
    measure.add_argument("--batch-size", type=_count, metavar="N", help="another batch size than the recipe's")
    measure.add_argument("--window", type=_count, metavar="N", help="another window than the recipe's")
    measure.add_argument("--precision", metavar="NAME", help="another precision than the recipe's")
    measure.add_argument(
        "--gradient-checkpointing", action="store_true", help="compute a second time instead of keeping in memory"
    )
    measure.set_defaults(command=_measure)

    export = commands.add_parser("export", help="write model.onnx beside a model's torch weights")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that `run` wrote")
    export.add_argument("--float32", action="store_true", help="keep the weights in float32 instead of int8")
    export.set_defaults(command=_export)

    embed = commands.add_parser("embed", help="make a trained model the one that ships with vipol")
    embed.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that `run` wrote")
    embed.set_defaults(command=_embed)

    crossval = commands.add_parser(
        "crossval",
        help="train without a part of the articles and score on it, for each part",
        description="Trains without each article in turn, or without each of some folds, and scores what the models "
        "found in what they had not seen. Teachers are left out.",
    )
    _recipe_arguments(crossval)
    crossval.add_argument("--folds", type=_count, default=0, metavar="N", help="folds (default: one for each article)")
    _series_arguments(crossval, seeds=1)
    crossval.add_argument(
        "--predictions", type=Path, metavar="FILE", help="write what the first seed found to this JSONL"
    )
    crossval.set_defaults(command=_crossval)

    curve = commands.add_parser(
        "curve",
        help="learning curve: train on more and more articles, and score each on the same others",
        description="Trains on nested subsets of the recipe's articles, with several seeds, and says what the last "
        "quarter of the articles was worth. Teachers are left out.",
    )
    _recipe_arguments(curve)
    curve.add_argument(
        "--sizes", type=_size, nargs="+", default=[], metavar="N", help="numbers of articles (default: the quarters)"
    )
    curve.add_argument(
        "--gold", type=Path, metavar="PATH", help="what to score on (default: the recipe's dev documents)"
    )
    curve.add_argument(
        "--hold-back",
        type=_count,
        default=0,
        metavar="N",
        help="score on N of the counted articles instead, drawn by each seed, and train on the others",
    )
    curve.add_argument(
        "--order",
        choices=("random", "uncertain"),
        nargs="+",
        default=["random"],
        help="order in which articles come in; uncertain: those first of which the model before is least sure; "
        "two are compared",
    )
    _series_arguments(curve, seeds=3)
    curve.set_defaults(command=_curve)

    conll = commands.add_parser(
        "conll",
        help="fine-tune a recipe's encoder on a data set in CoNLL columns, and score it as papers do",
        description="Fine-tunes the encoder of a recipe on the train, dev and test files in a folder (PhoNER_COVID19, "
        "VLSP: a word and its tag a line). Data of words (`_` between syllables) are read in those words by a recipe "
        "that reads words. `python -m eval conll` scores the model anew and prints published figures.",
    )
    conll.add_argument("data", type=Path, metavar="FOLDER", help="where the train, dev and test files are")
    _recipe_arguments(conll, default="embedded")
    conll.add_argument(
        "--output", "-o", type=Path, metavar="FOLDER", help="where the model goes (default: runs/conll-FOLDER)"
    )
    conll.add_argument("--column", type=int, default=0, metavar="N", help="of the tags, from 1 (default: the last)")
    conll.add_argument("--batch-size", type=_count, default=32, metavar="N", help="sentences in a step (default: 32)")
    conll.add_argument("--resume", action="store_true", help="go on with the run that was stopped in that folder")
    conll.set_defaults(command=_conll)

    recipes = commands.add_parser("recipes", help="list the recipes")
    recipes.set_defaults(command=_recipes)
    return parser


def _recipe_arguments(parser: argparse.ArgumentParser, default: str = "", epochs: bool = True) -> None:
    name = "--recipe" if default else "recipe"
    rest: dict[str, Any] = {"default": default} if default else {}
    parser.add_argument(name, metavar="RECIPE", help="a name from `recipes`, or the path of a .toml file", **rest)
    parser.add_argument("--encoder", metavar="FOLDER|HUB-ID", help="another encoder than the recipe's")
    if epochs:
        parser.add_argument("--epochs", type=_count, metavar="N", help="another number of epochs than the recipe's")
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress bars")


def _series_arguments(parser: argparse.ArgumentParser, seeds: int) -> None:
    parser.add_argument("--seeds", type=_count, default=seeds, metavar="N", help=f"how often (default: {seeds})")
    parser.add_argument(
        "--over",
        default="",
        metavar="PATH",
        help="divide this corpus of the recipe alone, and always train on the others",
    )
    parser.add_argument(
        "--output", "-o", type=Path, metavar="FOLDER", help="keep what each training gave here, and go on from it"
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _size(text: str) -> int:
    return 0 if text == "0" else _count(text)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _run(arguments: argparse.Namespace) -> int:
    from eval.report import percent
    from train.run import run

    recipe = _load(arguments)
    folder = arguments.output or Path("runs") / recipe.name
    with redirect_stdout(sys.stderr):  # where the trainer prints its losses; ours is for the result
        record = run(
            recipe,
            folder,
            resume=arguments.resume,
            quiet=arguments.quiet,
            say=_say,
            tensorboard=arguments.tensorboard,
        )
    if not record:  # of several processes, the first tells
        return 0
    if record["dev"]:
        spans, relations = (record["dev"][kind]["micro"]["f1"] for kind in ("spans", "relations"))
        print(f"dev: strict span F1 {percent(spans)}, relations Rel+ F1 {percent(relations)} (ONNX)")
    print(f"model: {folder}")
    return 0


def _measure(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from train import processes
    from train.measurement import measure
    from train.recipe import checked

    recipe = _load(arguments)
    training, network = recipe.training, recipe.network
    training = replace(
        training,
        batch_size=arguments.batch_size or training.batch_size,
        precision=arguments.precision or training.precision,
        gradient_checkpointing=arguments.gradient_checkpointing or training.gradient_checkpointing,
    )
    network = replace(network, window=arguments.window or network.window)
    recipe = checked(replace(recipe, training=training, network=network), arguments.recipe)
    with redirect_stdout(sys.stderr):
        measured = measure(recipe, arguments.steps, arguments.quiet)
    if processes.first():
        print("\n".join(measured.lines()))
    return 0


def _load(arguments: argparse.Namespace) -> "Recipe":
    from dataclasses import replace

    from train.recipe import Recipe

    recipe = Recipe.load(arguments.recipe)
    if arguments.encoder:
        recipe = recipe.on(arguments.encoder)
    if getattr(arguments, "epochs", None):
        recipe = replace(
            recipe,
            training=replace(recipe.training, epochs=arguments.epochs),
            distillation=replace(recipe.distillation, epochs=arguments.epochs),
        )
    return recipe


def _export(arguments: argparse.Namespace) -> int:
    from train.export import export
    from vipol.extractor import Config, ModelError
    from vipol.network import load_network

    Config.read(arguments.folder)
    try:
        network = load_network(arguments.folder)
    except Exception as error:  # safetensors and transformers have many kinds for "not whole"
        raise ModelError(f"{arguments.folder}: its weights cannot be loaded ({error})") from error
    path = export(network, arguments.folder, int8=not arguments.float32)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def _embed(arguments: argparse.Namespace) -> int:
    from train.embed import embed
    from vipol.extractor import DEFAULT

    embed(arguments.folder)
    print(f"{arguments.folder}: now in {DEFAULT}")
    return 0


def _crossval(arguments: argparse.Namespace) -> int:
    from eval.intervals import intervals
    from eval.measures import together
    from eval.report import figure_table, percent
    from train.crossval import cross_validate
    from train.kept import write_whole
    from train.recipe import RecipeError

    recipe = _load(arguments)
    if arguments.predictions and not arguments.predictions.parent.is_dir():
        raise RecipeError(f"{arguments.predictions}: there is no folder {arguments.predictions.parent}")
    with redirect_stdout(sys.stderr):
        results = cross_validate(
            recipe,
            folds=arguments.folds,
            seeds=arguments.seeds,
            over=arguments.over,
            output=arguments.output,
            quiet=arguments.quiet,
            say=_say,
        )
    whole = together([result.tally for result in results])
    print(_about(recipe, results[0].gold))
    print(f"\n{recipe.name}: each of {len(results[0].gold)} articles marked by a model that was trained without it\n")
    print(figure_table(whole, intervals(whole), seeds=len(results)), end="\n\n")
    for result in results:
        scores = result.tally.strict()
        spans, relations = scores.spans.micro.f1, scores.relations.micro.f1
        print(
            f"seed {result.seed}: spans {percent(spans)}, relations Rel+ {percent(relations)};"
            f" seqeval (strict, IOB2) agrees: micro F1 {percent(result.seqeval)}"
        )
    if arguments.predictions:
        write_whole(arguments.predictions, results[0].predicted)
    return 0


def _curve(arguments: argparse.Namespace) -> int:
    from annotations.gold import read_gold
    from train.curve import learning_curve
    from train.orders import changes, figures
    from train.recipe import RecipeError

    recipe = _load(arguments)
    if arguments.gold and arguments.hold_back:
        raise RecipeError("--gold and --hold-back both say what to score on; give one of them")
    gold = read_gold(arguments.gold) if arguments.gold else []
    with redirect_stdout(sys.stderr):
        # The uncertain first: of the model without any of the articles it asks more than the random one does.
        curves = {
            name: learning_curve(
                recipe,
                sizes=arguments.sizes,
                seeds=arguments.seeds,
                over=arguments.over,
                gold=gold,
                hold_back=arguments.hold_back,
                by=name,
                output=arguments.output,
                quiet=arguments.quiet,
                say=_say,
            )
            for name in ("uncertain", "random")
            if name in arguments.order
        }
    results = [curves[name] for name in sorted(curves)]
    print(_about(recipe, results[0].gold), end="\n\n")
    if len(results) > 1:
        print(figures(results).text(), end="\n\n")
        print(changes(*results).text())
        return 0
    print(results[0].table().text())
    print(results[0].last_quarter())
    return 0


def _about(recipe: "Recipe", gold: "Sequence[Document]") -> str:
    """What the figures that follow were measured with."""
    import torch

    from eval.provenance import data_hash, measured
    from eval.report import about_lines
    from train.kept import encoder_hash
    from train.loop import precision_of

    about = {
        "recipe": recipe.name,
        "encoder": recipe.encoder.source,
        "encoder_sha256": encoder_hash(recipe),
        "gold_sha256": data_hash(gold),
        "runtime": "torch",
        "precision": precision_of(recipe.training.precision),
        "device": "cuda" if torch.cuda.is_available() else "cpu",
    }
    return about_lines(about | measured())


def _conll(arguments: argparse.Namespace) -> int:
    from train.conll import read_corpus, train

    recipe = _load(arguments)
    folder = arguments.output or Path("runs") / f"conll-{arguments.data.resolve().name}"
    corpus = read_corpus(arguments.data, arguments.column)
    with redirect_stdout(sys.stderr):
        _, table = train(
            recipe,
            corpus,
            folder,
            batch_size=arguments.batch_size,
            resume=arguments.resume,
            quiet=arguments.quiet,
            say=_say,
        )
    print(table.text())
    print(f"model: {folder}")
    return 0


def _recipes(_: argparse.Namespace) -> int:
    from train.recipe import RECIPES, Recipe

    for path in sorted(RECIPES.glob("*.toml"), key=lambda path: path.stem):
        recipe = Recipe.load(path.stem)
        print(f"{recipe.name:16} {recipe.description}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
