"""What pages of HTML have in common, here and in other packages: what may stand in them, and how they begin to look."""

import base64
import hashlib
import html
import json
import re
from importlib.resources import files

_UNSAFE = re.compile("[<>&\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
"""What ends a script block or opens a comment in it, ends a line of JavaScript, turns the direction of what follows,
or is no character."""

_NO_HTML = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, halves of surrogate pairs (file names that are not UTF-8 have them) and what is no character."""


def base_style() -> str:
    """CSS that every page begins with."""
    return (files("vipol") / "show" / "base.css").read_text(encoding="utf-8")


def policy(script: str, style: str | None = None) -> str:
    """The content security policy of a page: nothing is fetched, and no script runs but this one.

    Args:
        style: the style sheet, and no other is let in; None lets in what elements say themselves.
    """
    styles = "'unsafe-inline'" if style is None else _source(style)
    return (
        f"default-src 'none'; style-src {styles}; script-src {_source(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def as_text(value: object) -> str:
    """A value as text of HTML."""
    return html.escape(_NO_HTML.sub("\ufffd", str(value)))


def script_json(value: object) -> str:
    """JSON for a script block of HTML: no text in it can end the block, and none is changed by it."""
    found = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", found)


def _source(content: str) -> str:
    """A script or a style sheet as a policy names it: by its hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
