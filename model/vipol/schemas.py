"""JSON Schemas (2020-12) of what vipol writes as JSON: documents, which it reads, too, and facts."""

from typing import Any

from vipol.facts import STATUSES
from vipol.names import ABBREVIATION, FULL_NAME, LONGER_NAME, PLACE
from vipol.schema import LABELS, RELATIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document_schema() -> dict[str, Any]:
    """The schema of a document, one JSON object.

    What no schema can say, `Document.from_dict` finds out: that offsets lie in the text and in order, and in a text
    without halves of surrogate pairs; that an entity's text is the text there; that ids differ, and that relations have
    those of entities; that 3.0 is not written for 3. Of what the schema refuses it takes a little: ids of entities that
    are neither strings nor whole numbers, scores beyond 0 and 1, values of another form than vipol's.
    """
    return {
        "$schema": DIALECT,
        "title": "Document",
        "description": "A text with the spans marked in it and the relations between them. Other fields than these "
        "(title, publisher and the like) are kept and written out again.",
        "type": "object",
        "properties": {
            "id": _said(["string", "integer"], "Name of the document; a number is read as its digits."),
            "text": _said("string", "The text, exactly as it was given. All offsets count Unicode code points in it."),
            "published": _said(["string", "null"], "ISO 8601 date of publication, from which dates are counted."),
            "entities": {
                "description": "The spans; written always, and none if left out.",
                "type": ["array", "null"],
                "items": {"$ref": "#/$defs/entity"},
            },
            "relations": {
                "description": "The relations between the spans; written always, and none if left out.",
                "type": ["array", "null"],
                "items": {"$ref": "#/$defs/relation"},
            },
        },
        "required": ["text"],
        "additionalProperties": True,
        "$defs": {"entity": _entity(), "relation": _relation(), "value": _value(), "score": _score()},
    }


def fact_schema() -> dict[str, Any]:
    """The schema of a fact, one JSON object, as `vipol.facts.Fact.to_dict` gives it."""
    return {
        "$schema": DIALECT,
        "title": "Fact",
        "description": "A post, who holds it and where it is, with the words that say so.",
        "type": "object",
        "properties": {
            "document": _said("string", "Id of the document that says it."),
            "published": _said(["string", "null"], "The document's date of publication; null if it has none."),
            "person": _or_null("name", "Who holds the post; null if the document does not say."),
            "role": _said("string", "The post, in the words of the first evidence.", minLength=1),
            "organisation": _or_null("name", "Where the post is; null if the document does not say."),
            "status": {
                "description": "Whether the post is held, was held, is held for the time being, is given just now, or "
                "is proposed.",
                "enum": list(STATUSES),
            },
            "score": {
                "description": "The least score of a relation in the best evidence; null for what people marked.",
                "$ref": "#/$defs/score",
            },
            "evidence": {
                "description": "Where the document says it, in the text's order of spans.",
                "type": "array",
                "items": {"$ref": "#/$defs/evidence"},
                "minItems": 1,
            },
        },
        "required": ["document", "published", "person", "role", "organisation", "status", "score", "evidence"],
        "additionalProperties": False,
        "$defs": {"name": _name(), "evidence": _evidence(), "span": _span(), "score": _score()},
    }


def _entity() -> dict[str, Any]:
    return {
        "title": "Entity",
        "description": "A span: the code points from start to end, without that at end. Other fields are not kept.",
        "type": "object",
        "properties": {
            "id": _said(["string", "integer"], "Name within the document; e1, e2, … after the place if left out."),
            "start": _said("integer", "Offset of the first code point.", minimum=0),
            "end": _said("integer", "Offset behind the last code point; above start.", minimum=1),
            "label": {"description": "What the span is.", "enum": list(LABELS)},
            "text": _said("string", "The span's text, for readers; if it is there, the document's text is the same."),
            "score": {"description": "The model's confidence; none for what people marked.", "$ref": "#/$defs/score"},
            "value": _or_null("value", "What a date or an amount of money comes to."),
        },
        "required": ["start", "end", "label"],
        "additionalProperties": True,
    }


def _relation() -> dict[str, Any]:
    return {
        "title": "Relation",
        "description": "A directed relation between two spans. Other fields are not kept.",
        "type": "object",
        "properties": {
            "head": _said(["string", "integer"], "Id of the entity that the relation starts from."),
            "tail": _said(["string", "integer"], "Id of the entity that it leads to."),
            "label": {
                "description": "; ".join(f"{label}: {head} to {tail}" for label, (head, tail) in RELATIONS.items()),
                "enum": list(RELATIONS),
            },
            "score": {"description": "The model's confidence; none for what people marked.", "$ref": "#/$defs/score"},
        },
        "required": ["head", "tail", "label"],
        "additionalProperties": True,
    }


def _value() -> dict[str, Any]:
    return {
        "title": "Value",
        "description": "A date or period in EDTF (ISO 8601-2); or an amount of money, or two and a slash between them, "
        "with an ISO 4217 currency. Empty fields are left out.",
        "type": "object",
        "properties": {
            "value": _said("string", "The value itself, such as 2024-06-27 or 12455236000000 VND.", minLength=1),
            "source": {
                "description": "Where a year that it has comes from: the span's words, the document's day of "
                "publication, a date line at its head, or another date in it.",
                "enum": ["words", "published", "header", "context"],
            },
            "reason": _said("string", "Why there is no value, or what was assumed for the one there is.", minLength=1),
        },
        "additionalProperties": False,
        "minProperties": 1,
    }


def _score() -> dict[str, Any]:
    return {"title": "Score", "type": ["number", "null"], "minimum": 0, "maximum": 1}


def _name() -> dict[str, Any]:
    return {
        "title": "Name",
        "description": "A person or an organisation.",
        "type": "object",
        "properties": {
            "text": _said("string", "The name, as fully as the document tells it.", minLength=1),
            "mention": _said("string", "What stands in the evidence.", minLength=1),
            "resolved": {
                "description": "By what the text was found, where it is not the mention's own.",
                "enum": [FULL_NAME, LONGER_NAME, ABBREVIATION, PLACE],
            },
        },
        "required": ["text", "mention"],
        "additionalProperties": False,
    }


def _evidence() -> dict[str, Any]:
    return {
        "title": "Evidence",
        "description": "Words that say a fact. Offsets are code points of the document's text.",
        "type": "object",
        "properties": {
            "sentence": _said("string", "The sentence, or the sentences, that hold the fact.", minLength=1),
            "start": _said("integer", "Offset of the sentence's first code point.", minimum=0),
            "end": _said("integer", "Offset behind its last code point.", minimum=1),
            "person": {"description": "The person's span.", "$ref": "#/$defs/span"},
            "role": {"description": "The post's span.", "$ref": "#/$defs/span"},
            "organisation": {"description": "The organisation's span.", "$ref": "#/$defs/span"},
        },
        "required": ["sentence", "start", "end", "role"],
        "additionalProperties": False,
    }


def _span() -> dict[str, Any]:
    return {
        "title": "Span",
        "description": "Offset of the first code point, and offset behind the last.",
        "type": "array",
        "prefixItems": [{"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1}],
        "minItems": 2,
        "items": False,
    }


def _said(type: str | list[str], description: str, **further: Any) -> dict[str, Any]:
    return {"description": description, "type": type, **further}


def _or_null(name: str, description: str) -> dict[str, Any]:
    return {"description": description, "anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}
