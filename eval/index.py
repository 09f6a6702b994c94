"""The first page of a report: the main figures of each measurement in a folder, with links to the pages of errors."""

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.measures import MEASURES
from eval.reading import ReadingError
from eval.report import flat, percent

_MEASURES = {measure.name: measure for measure in MEASURES}
_BODY = ("measures", "baselines", "tables", "errors", "error_counts")
"""What of a JSON file is no fact about the measurement."""
_ORDER = {".json": 0, ".svg": 1, ".txt": 2}
"""Figures come first."""
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .8rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.about { color: color-mix(in srgb, currentColor 65%, transparent); font-size: .85rem; overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; color-scheme: light; background: white; border-radius: .5rem; }
pre { overflow-x: auto; font-size: .85rem; }
"""


def index(folder: Path) -> str:
    """One HTML page, complete in itself, over what `score`, `errors`, `curve` and `compare` left in a folder.

    A measurement is a JSON file of `errors` or `score`, with its page of errors beside it under the same name; texts
    (`.txt`) and plots (`.svg`) are shown as they are, other JSON files are passed over.

    Raises:
        ReadingError: there is nothing in the folder, or a file is damaged.
    """
    parts = []
    for path in sorted(folder.iterdir(), key=lambda path: (_ORDER.get(path.suffix, 0), path.name)):
        name = html.escape(path.stem.replace("-", " "))
        if path.suffix == ".json":
            if shown := _measurement(path):
                parts.append(f"<h2>{name}</h2>\n{shown}")
        elif path.suffix == ".txt":
            parts.append(
                f"<h2>{name}</h2>\n<pre>{html.escape(path.read_text(encoding='utf-8', errors='replace'))}</pre>"
            )
        elif path.suffix == ".svg":
            parts.append(f"<h2>{name}</h2>\n{path.read_text(encoding='utf-8')}")
    if not parts:
        raise ReadingError(f"{folder}: nothing to show; `make report` fills it")
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>vipol: figures</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>vipol: figures</h1>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _measurement(path: Path) -> str:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if "seqeval_micro_f1" not in data:
            return ""  # a comparison or a curve, whose text or plot says it better
        rows = "\n".join(_rows(data["measures"], data.get("baselines", {})))
    except (ValueError, KeyError, TypeError) as error:
        raise ReadingError(f"{path}: not what `python -m eval score --json` writes ({error!r})") from error
    others = "".join(f"<th>{html.escape(name)}" for name in data.get("baselines", {}))
    about = {name: value for name, value in data.items() if name not in _BODY}
    facts = "; ".join(f"{html.escape(name)}: {html.escape(flat(value))}" for name, value in about.items())
    page = path.with_suffix(".html")
    name = html.escape(page.name, quote=True)
    link = f'<p><a href="{name}">every error in its article</a></p>' if page.exists() else ""
    return (
        f"<table>\n<tr><th>F1, percent<th>F1<th>95 % interval<th>gold{others}\n{rows}\n</table>\n{link}\n"
        f'<p class="about">{facts}</p>'
    )


def _rows(measures: Mapping[str, Any], baselines: Mapping[str, Any]) -> list[str]:
    found = []
    for measure, rows in measures.items():
        title = _MEASURES[measure].title if measure in _MEASURES else measure
        for name, of in rows.items():
            label = title if name == "all" else f"{title}: {name}"
            beside = [baseline.get(measure, {}).get(name) for baseline in baselines.values()]
            cells = [
                percent(of["f1"]),
                "-" if of["f1_low"] is None else f"{100 * of['f1_low']:.1f} to {100 * of['f1_high']:.1f}",
                f"{of['gold']:g}",
                *(percent(other["f1"]) if other else "-" for other in beside),
            ]
            found.append(f"<tr><td>{html.escape(label)}" + "".join(f"<td>{cell}" for cell in cells))
    return found
