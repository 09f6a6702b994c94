"""Encoders on the Hugging Face hub: which files are fetched, and what is said when they are not to be had."""

from functools import cache
from pathlib import Path

from huggingface_hub import HfApi, scan_cache_dir, snapshot_download
from huggingface_hub.errors import CacheNotFound, HFValidationError

from train.recipe import RecipeError

FETCHED = ("config.json", "tokenizer.json", "vocab.txt", "bpe.codes", "model*.safetensors*")
_CONVERTER = "SFconvertbot"
"""The hub's own account that offers safetensors of repositories which hold a pickle alone, as a pull request."""


@cache
def fetch(source: str) -> Path:
    """A copy of an encoder on the hub, in the hub's cache on this machine.

    Where the repository itself has no safetensors, those that the hub's converter offers are taken. A pickle is never
    fetched.

    Raises:
        RecipeError: it is no hub id, the hub is out of reach, or it has no such encoder in safetensors.
    """
    try:
        folder = Path(snapshot_download(source, allow_patterns=list(FETCHED)))
        if not any(folder.glob("*.safetensors")):
            folder = _cached(source) or folder
        if not any(folder.glob("*.safetensors")) and (revision := _converted(source)):
            folder = Path(snapshot_download(source, revision=revision, allow_patterns=list(FETCHED)))
    except HFValidationError:
        raise RecipeError(f"{source}: no such folder; an encoder is `embedded`, a folder or a hub id") from None
    except Exception as error:  # the hub's client raises a dozen kinds for "not to be had"
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RecipeError(
            f"{source}: no such folder, and not to be had from the model hub ({reason}). Where the hub can be reached, "
            f"download config.json, model.safetensors and the tokenizer's files (tokenizer.json, or vocab.txt and "
            f"bpe.codes for PhoBERT) from https://huggingface.co/{source}/tree/main into a folder; then say "
            f"--encoder FOLDER"
        ) from error
    if not any(folder.glob("*.safetensors")):
        raise RecipeError(
            f"{source}: the hub has its weights as a pickle alone, and a pickle is not loaded. Have them converted at "
            f"https://huggingface.co/spaces/safetensors/convert, which offers them to the repository for all, and try "
            f"again; or convert a copy that you trust, put it in a folder as model.safetensors and say --encoder FOLDER"
        )
    return folder


def _cached(source: str) -> Path | None:
    """A copy in the hub's cache that has safetensors, as an earlier call left it; it does without the hub."""
    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return None
    copies = [copy for found in repositories if found.repo_id == source for copy in found.revisions]
    whole = [copy for copy in copies if any(file.file_name.endswith(".safetensors") for file in copy.files)]
    return max(whole, key=lambda copy: copy.last_modified).snapshot_path if whole else None


def _converted(source: str) -> str | None:
    """The git reference of the converter's open pull request; None if there is none."""
    offers = HfApi().get_repo_discussions(
        source, author=_CONVERTER, discussion_type="pull_request", discussion_status="open"
    )
    return next((offer.git_reference for offer in offers if offer.author == _CONVERTER), None)
