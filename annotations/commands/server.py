"""What commands that speak to a Label Studio server share: which server, with which token, and how they fail."""

import argparse
import os
from pathlib import Path

from annotations.client import Studio, StudioError
from annotations.studio import ACCESS, FOLDER, ServerError, access

URL, KEY = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--project", default="vipol", metavar="TITLE", help="the project's title (%(default)s)")
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--studio",
        type=Path,
        metavar="FOLDER",
        help=f"data folder of a server that `studio` started; {ACCESS} in it has address and token ({FOLDER}, unless "
        f"{URL} is set)",
    )
    where.add_argument("--url", metavar="URL", help=f"a server's address (the variable {URL})")
    command.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=f"with the token and nothing else (the variable {KEY} holds the token itself)",
    )


def connect(arguments: argparse.Namespace) -> Studio:
    """The server that a call means.

    Raises:
        StudioError: it is not said well enough which.
    """
    url = arguments.url or (None if arguments.studio else os.environ.get(URL))
    if url is None:
        access_url, token = _access(arguments.studio or FOLDER)
        return Studio(access_url, _token(arguments) or token)
    token = _token(arguments) or os.environ.get(KEY, "")
    if not token.strip():
        raise StudioError(f"{url}: no token: name a file with --token-file, or set {KEY}")
    return Studio(url, token)


def _token(arguments: argparse.Namespace) -> str:
    if arguments.token_file is None:
        return ""
    try:
        token: str = arguments.token_file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StudioError(f"{arguments.token_file}: no token can be read from it ({error})") from error
    if not token:
        raise StudioError(f"{arguments.token_file}: is empty; the token belongs there")
    return token


def _access(folder: Path) -> tuple[str, str]:
    """Address of the server that was started on a folder, and its owner's token."""
    try:
        found = access(folder)
        return found.url, found.users[0].token
    except ServerError as error:
        raise StudioError(f"{error}; or name a server with --url and --token-file") from error
