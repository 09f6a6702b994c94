"""An article, an annotation of it as a Label Studio server exports it, and everything that can be wrong with one."""

from typing import Any

from vipol.document import Document, Entity, Relation
from vipol.labelstudio import to_task

TEXT = "Bí thư Quận ủy Trần Thị Hoa nói.\nÔng A nghe."
DOCUMENT = Document(
    "a1",
    TEXT,
    (Entity("e1", 0, 6, "ROLE"), Entity("e2", 7, 14, "ORG"), Entity("e3", 15, 27, "PERSON")),
    (Relation("e1", "e2", "ROLE_AT"), Relation("e3", "e1", "HAS_ROLE")),
    "2024-06-27",
    {"publisher": "Báo A"},
)
FEWER = Document("a1", TEXT, DOCUMENT.entities[:2], DOCUMENT.relations[:1], "2024-06-27", {"publisher": "Báo A"})


def annotation(document: Document = DOCUMENT, who: int | None = 1, **fields: Any) -> dict[str, Any]:
    """An annotation that a test may spoil, as the server exports it."""
    made: dict[str, Any] = to_task(document)["annotations"][0]
    for region in made["result"]:
        region["origin"] = "prediction"
        region["score"] = 0.9
    return made | {"completed_by": who, "updated_by": who, "updated_at": "2024-06-28T00:00:00Z"} | fields


def spoil(place: int, **fields: Any) -> dict[str, Any]:
    """An annotation with other keys in an item of its result; those of a region's value go there."""
    spoiled = annotation()
    item = spoiled["result"][place]
    for key, value in fields.items():
        ((item["value"]) if key in ("start", "end", "text", "labels") and place < 3 else item)[key] = value
    return spoiled


MALFORMED = {
    "label": (spoil(0, labels=["LOC"]), "offset 0, 'Bí thư': label 'LOC' is none of"),
    "no label": (spoil(0, labels=[]), "offset 0, 'Bí thư': label"),
    "two labels": (spoil(0, labels=["ROLE", "ORG"]), "offset 0, 'Bí thư': label"),
    "from_name": (spoil(0, from_name="other"), "offset 0, 'Bí thư': the region is of 'other' on 'text'"),
    "to_name": (spoil(0, to_name="title"), "offset 0, 'Bí thư': the region is of 'label' on 'title'"),
    "type": (spoil(0, type="choices"), "region 'e1' is of type 'choices'"),
    "start after end": (spoil(0, start=6, end=0), "offset 6, 'Bí thư': an empty span"),
    "empty": (spoil(0, end=0), "offset 0, 'Bí thư': an empty span"),
    "out of the text": (spoil(0, end=999), "offset 0, 'Bí thư': offsets 0 to 999 don't lie in"),
    "negative": (spoil(0, start=-1), "offset -1, 'Bí thư': offsets -1 to 6 don't lie in"),
    "string offsets": (spoil(0, start="0", end="6"), "offset 0, 'Bí thư': offsets '0' to '6' are no whole numbers"),
    "no value": (spoil(0, value=None), "region 'e1' is of type 'labels', not a labelled span"),
    "no id": (spoil(0, id=None), "offset 0, 'Bí thư': the region has no id"),
    "one id twice": (spoil(1, id="e1"), "offset 7, 'Quận ủy': another entity has the id 'e1' too"),
    "score": (spoil(0, score=3.0), "offset 0, 'Bí thư': score 3.0 is none from 0 to 1"),
    "other text": (spoil(0, text="Chủ tịch"), "offset 0, 'Bí thư': its own text says 'Chủ tịch'"),
    "blank at the edge": (spoil(0, end=7, text="Bí thư "), "offset 0, 'Bí thư ': white space at its end: end it at 6"),
    "dangling relation": (spoil(3, to_id="gone"), "offset 0, 'Bí thư ROLE_AT gone': there is no entity 'gone'"),
    "relation label": (spoil(3, labels=["WORKS_AT"]), "offset 0, 'Bí thư WORKS_AT Quận ủy': relation label 'WORKS_AT'"),
    "relation ends": (spoil(3, from_id="e3"), "offset 15, 'Trần Thị Hoa ROLE_AT Quận ủy': ROLE_AT joins ROLE to ORG"),
    "relation to itself": (spoil(3, to_id="e1"), "offset 0, 'Bí thư ROLE_AT Bí thư': ROLE_AT joins"),
    "no list": ({**annotation(), "result": {}}, '"result" is {}, not a list'),
    "no object": ({**annotation(), "result": ["x"]}, "item 1 of \"result\" is 'x', not an object"),
}
