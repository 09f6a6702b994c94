"""Chains of relations: who holds which post where."""

from vipol.document import Document, Entity, Relation


def chains(document: Document) -> list[tuple[tuple[Entity, ...], float | None]]:
    """Relations strung together, person → post → organisation, in the text's order, with the lowest of their scores.

    A post without a person begins a chain, one without an organisation ends it.
    """
    entities = document.by_id()
    places: dict[str, list[Relation]] = {}
    for relation in document.relations:
        if relation.label == "ROLE_AT":
            places.setdefault(relation.head, []).append(relation)
    paths: list[tuple[Relation, ...]] = []
    held: set[str] = set()
    for relation in document.relations:
        if relation.label == "HAS_ROLE":
            held.add(relation.tail)
            paths += [(relation, place) for place in places.get(relation.tail, ())] or [(relation,)]
    paths += [(relation,) for post, at in places.items() if post not in held for relation in at]
    found = []
    for path in paths:
        scores = [relation.score for relation in path if relation.score is not None]
        ends = tuple(entities[name] for name in (path[0].head, *(relation.tail for relation in path)))
        found.append((ends, min(scores, default=None)))
    return sorted(found, key=lambda chain: [entity.start for entity in chain[0]])
