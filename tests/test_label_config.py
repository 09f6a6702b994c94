"""The labelling page says what the scheme says, under the names by which exports are read."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from vipol.labelstudio import FROM_NAME, TO_NAME
from vipol.schema import LABELS, RELATION_TYPES

CONFIG = Path(__file__).parent.parent / "annotations" / "label_config.xml"


@pytest.fixture(scope="module")
def config() -> ElementTree.Element:
    return ElementTree.parse(CONFIG).getroot()


def test_labels(config: ElementTree.Element) -> None:
    """Every label has a key, a colour and a hint of its own."""
    labels = config.findall(".//Label")
    assert [label.get("value") for label in labels] == list(LABELS)
    assert [label.get("hotkey") for label in labels] == ["1", "2", "3", "4", "5"]
    for name in ("background", "hint"):
        assert len({label.get(name) for label in labels} - {None, ""}) == len(LABELS)


def test_relations(config: ElementTree.Element) -> None:
    """A relation gets one label; unless told, the page takes several."""
    assert [relation.get("value") for relation in config.findall(".//Relation")] == list(RELATION_TYPES)
    assert [relations.get("choice") for relations in config.iter("Relations")] == ["single"]


def test_names(config: ElementTree.Element) -> None:
    """Regions come back under the names that `vipol.labelstudio` writes, and spans are whole words."""
    (labels,), (text,) = config.iter("Labels"), config.iter("Text")
    assert (labels.get("name"), labels.get("toName"), labels.get("choice")) == (FROM_NAME, TO_NAME, "single")
    assert (text.get("name"), text.get("value"), text.get("granularity")) == (TO_NAME, "$text", "word")
