"""Marks people, posts, organisations, dates and money in Vietnamese political news, and who holds which post where.

    >>> from vipol import Extractor
    >>> document = Extractor.load().extract("Bí thư Quận ủy Cầu Giấy Trần Thị Phương Hoa phát biểu.")

Names are imported when first asked for, so that `import vipol` costs nothing and brings no NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vipol.document import Document, Entity, Relation
    from vipol.extractor import Extractor

    __version__: str

__all__ = ["Document", "Entity", "Extractor", "Relation", "__version__"]

_HOMES = {
    "Document": "vipol.document",
    "Entity": "vipol.document",
    "Relation": "vipol.document",
    "Extractor": "vipol.extractor",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vipol' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("vipol")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+unknown"
