"""The command line of training: `python -m train COMMAND`, with run, export, embed, crossval or recipes."""

import argparse
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from train.recipe import Recipe

# Before torch is imported: its idle threads otherwise spin, and starve another job on the same cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")


def main(argv: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    arguments = _parser().parse_args(argv)
    from transformers.utils.logging import disable_progress_bar

    from eval.tagging import AgreementError
    from train.recipe import RecipeError
    from train.run import RunError
    from vipol.document import DocumentError
    from vipol.extractor import ModelError

    # Saving and loading take a second; their bars would only break up those of the epochs.
    disable_progress_bar()
    try:
        return int(arguments.command(arguments))
    except (RecipeError, RunError, DocumentError, ModelError, AgreementError, FloatingPointError, OSError) as error:
        _say(f"train: {error}")
        return 1
    except KeyboardInterrupt:
        _say("train: stopped; `run` goes on from the last whole epoch when it is called with --resume")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train", description="Trains, exports and cross-validates models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="train a recipe and write a model folder")
    _recipe_arguments(run)
    run.add_argument("--output", "-o", type=Path, metavar="FOLDER", help="where the model goes (default: runs/RECIPE)")
    run.add_argument("--resume", action="store_true", help="go on with the run that was stopped in that folder")
    run.set_defaults(command=_run)

    export = commands.add_parser("export", help="write model.onnx beside a model's torch weights")
    export.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that `run` wrote")
    export.add_argument("--float32", action="store_true", help="keep the weights in float32 instead of int8")
    export.set_defaults(command=_export)

    embed = commands.add_parser("embed", help="make a trained model the one that ships with vipol")
    embed.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that `run` wrote")
    embed.set_defaults(command=_embed)

    crossval = commands.add_parser("crossval", help="train without each article in turn and score on it")
    _recipe_arguments(crossval)
    crossval.add_argument("--predictions", type=Path, metavar="FILE", help="write what was found to this JSONL")
    crossval.set_defaults(command=_crossval)

    recipes = commands.add_parser("recipes", help="list the recipes")
    recipes.set_defaults(command=_recipes)
    return parser


def _recipe_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", metavar="RECIPE", help="a name from `recipes`, or the path of a .toml file")
    parser.add_argument("--encoder", metavar="FOLDER|HUB-ID", help="another encoder than the recipe's")
    parser.add_argument("--epochs", type=_count, metavar="N", help="another number of epochs than the recipe's")
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress bars")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _run(arguments: argparse.Namespace) -> int:
    from eval.report import percent
    from train.run import run

    recipe = _load(arguments)
    folder = arguments.output or Path("runs") / recipe.name
    with redirect_stdout(sys.stderr):  # where the trainer prints its losses; ours is for the result
        record = run(recipe, folder, resume=arguments.resume, quiet=arguments.quiet, say=_say)
    if record["dev"]:
        spans, relations = (record["dev"][kind]["micro"]["f1"] for kind in ("spans", "relations"))
        print(f"dev: strict span F1 {percent(spans)}, relations Rel+ F1 {percent(relations)} (ONNX)")
    print(f"model: {folder}")
    return 0


def _load(arguments: argparse.Namespace) -> "Recipe":
    from dataclasses import replace

    from train.recipe import Encoder, Recipe

    recipe = Recipe.load(arguments.recipe)
    if arguments.encoder:
        recipe = replace(recipe, encoder=Encoder(arguments.encoder))
    if arguments.epochs:
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
    from eval.report import percent, score_table
    from train.crossval import leave_one_out
    from vipol.document import write_jsonl

    recipe = _load(arguments)
    with redirect_stdout(sys.stderr):
        result = leave_one_out(recipe, quiet=arguments.quiet, say=_say)
    if arguments.predictions:
        with arguments.predictions.open("w", encoding="utf-8") as stream:
            write_jsonl(result.predicted, stream)
    print(f"{recipe.name}: each of {len(result.gold)} articles marked by a model trained on the others")
    print(score_table(result.scores))
    print(f"seqeval (strict, IOB2) agrees: micro F1 {percent(result.seqeval)}")
    return 0


def _recipes(_: argparse.Namespace) -> int:
    from train.recipe import RECIPES, Recipe

    for path in sorted(RECIPES.glob("*.toml")):
        recipe = Recipe.load(path.stem)
        print(f"{recipe.name:16} {recipe.description}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
