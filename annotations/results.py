"""The result of an annotation as a server has it: what shows what was meant is mended, what no annotator makes told.

A server takes whatever it is sent, so both look at everything. What is wrong with the spans and relations themselves
is for `annotations.checks`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vipol.labelstudio import FROM_NAME, TO_NAME
from vipol.schema import relation_type


class Remark(NamedTuple):
    """What is said of a region or a relation: where it is, its text, and what was mended or is wrong."""

    offset: object
    text: str
    problem: str


def mend(annotation: Mapping[str, Any], text: str) -> tuple[dict[str, Any], list[Remark]]:
    """The annotation with its relations as they were meant, each once, and its regions each once; what that took.

    A relation without a label gets the one that its ends allow; one that runs from tail to head, or both ways, is
    turned, if its ends allow it one way alone and its label doesn't say otherwise.
    """
    result = annotation.get("result")
    if not isinstance(result, list):
        return dict(annotation), []
    remarks: list[Remark] = []
    regions = [item for item in result if not _is_relation(item)]
    firsts: dict[str, Any] = {}
    same: dict[str, str] = {}
    kept = []
    for item in regions:
        key = _key(item)
        if key is None or key not in firsts:
            if key is not None:
                firsts[key] = item
            kept.append(item)
            continue
        same[str(item.get("id"))] = str(firsts[key].get("id"))
        value = item["value"]
        remarks.append(Remark(value["start"], _text(item, text), "the same span was marked twice; one was left out"))
    ends = {str(item["id"]): item for item in kept if isinstance(item, dict) and isinstance(item.get("id"), str)}
    links = []
    seen = set()
    for item in filter(_is_relation, result):
        link = {**item, "from_id": _renamed(item.get("from_id"), same), "to_id": _renamed(item.get("to_id"), same)}
        head, tail = ends.get(str(link["from_id"])), ends.get(str(link["to_id"]))
        if head is not None and tail is not None:
            remarks += _mend_link(link, head, tail, text)
            forwards = link.get("direction") != "left"
            way = (link["from_id"], link["to_id"]) if forwards else (link["to_id"], link["from_id"])
            if (*way, str(link.get("labels"))) in seen:
                remarks.append(Remark(*_place(head, tail, text), "the same relation stood twice; one was left out"))
                continue
            seen.add((*way, str(link.get("labels"))))
        links.append(link)
    return {**annotation, "result": [*kept, *links]}, remarks


def oddities(annotation: Mapping[str, Any], text: str) -> Iterator[Remark]:
    """What a result has that the project's labelling configuration doesn't make."""
    result = annotation.get("result")
    for item in result if isinstance(result, list) else ():
        if not isinstance(item, dict):
            continue
        start, said = _start(item), _text(item, text)
        if not _is_relation(item):
            names = item.get("from_name"), item.get("to_name")
            if names != (FROM_NAME, TO_NAME):
                told = (
                    f"the region is of {names[0]!r} on {names[1]!r}, not of {FROM_NAME!r} on {TO_NAME!r}: mark it anew"
                )
                yield Remark(start, said, told)
        score = item.get("score")
        if score is not None and (isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1):
            yield Remark(start, said, f"score {score!r} is none from 0 to 1: push the predictions anew")


def _mend_link(link: dict[str, Any], head: Mapping[str, Any], tail: Mapping[str, Any], text: str) -> Iterator[Remark]:
    """Mends a relation in place."""
    if link.get("direction") == "left":
        head, tail = tail, head
    kinds = _kind(head), _kind(tail)
    label = _only(link.get("labels"))
    onward, back = relation_type(*kinds), relation_type(*reversed(kinds))
    one_way = link.get("direction") in (None, "right", "left")
    if onward is None and back is not None and label in (None, back):
        link["direction"] = "right" if link.get("direction") == "left" else "left"
        yield Remark(*_place(tail, head, text), f"{back} ran the wrong way; turned")
        onward, head, tail = back, tail, head
    elif not one_way and onward is not None and back is None and label in (None, onward):
        link["direction"] = "right"
        yield Remark(*_place(head, tail, text), f"{onward} pointed both ways; now it runs one way")
    if label is None and onward is not None:
        link["labels"] = [onward]
        yield Remark(*_place(head, tail, text), f"the relation had no label; its ends make it {onward}")


def _is_relation(item: object) -> bool:
    return isinstance(item, dict) and item.get("type") == "relation"


def _key(item: object) -> str | None:
    """By what regions are the same; None for one that is not sound enough to tell."""
    value = item.get("value") if isinstance(item, dict) and item.get("type") == "labels" else None
    if not isinstance(value, dict) or type(value.get("start")) is not int or type(value.get("end")) is not int:
        return None
    return f"{value['start']} {value['end']} {value.get('labels')}"


def _renamed(name: object, same: Mapping[str, str]) -> object:
    return same.get(name, name) if isinstance(name, str) else name


def _only(labels: object) -> object:
    """The label in a list of one, None where there is none."""
    return labels[0] if isinstance(labels, list) and len(labels) == 1 else labels or None


def _kind(item: Mapping[str, Any]) -> str:
    value = item.get("value")
    label = _only(value.get("labels")) if isinstance(value, dict) else None
    return label if isinstance(label, str) else ""


def _start(item: Mapping[str, Any]) -> object:
    value = item.get("value")
    return value.get("start") if isinstance(value, dict) else None


def _text(item: Mapping[str, Any], text: str) -> str:
    value = item.get("value")
    if not isinstance(value, dict):
        return ""
    start, end = value.get("start"), value.get("end")
    if type(start) is int and type(end) is int and 0 <= start < end <= len(text):
        return text[start:end]
    return str(value.get("text", ""))


def _place(head: Mapping[str, Any], tail: Mapping[str, Any], text: str) -> tuple[object, str]:
    return _start(head), f"{_text(head, text)} - {_text(tail, text)}"
