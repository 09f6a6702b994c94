"""What is marked: labels of spans, types of relations, and the tags that a tagger gives to words.

The one place where code knows the annotation scheme's labels.
"""

LABELS = ("PERSON", "ROLE", "ORG", "DATE", "MONEY")

HAS_ROLE, ROLE_AT = "HAS_ROLE", "ROLE_AT"
RELATIONS = {HAS_ROLE: ("PERSON", "ROLE"), ROLE_AT: ("ROLE", "ORG")}
"""Relation types, each with the labels of its head and its tail."""

RELATION_TYPES = tuple(RELATIONS)

CHOOSER = "ROLE"
"""The label that stands in every relation: a post has a person and an organisation, each mostly one or none."""

OUTSIDE = "O"
TAGS = (OUTSIDE, *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
"""IOB2 tags: every span begins with B."""


def relation_type(head: str, tail: str) -> str | None:
    """The type that a relation between spans of these labels has, None where the scheme has none."""
    return next((name for name, ends in RELATIONS.items() if ends == (head, tail)), None)
