"""The model card of a run, made from its record."""

from typing import Any

from train.recipe import Recipe

_FAILS = """\
- Organisations whose end the words do not show (`Đảng bộ quận` before a place, long enumerations of units), and generic
  bodies that the scheme marks in one context and not in another (`Trung ương`, `Đảng`, `Nhà nước`).
- Posts without a person or an organisation near them, and relations across many other names on one line.
- Texts that are not news about public life, text in other languages, and text without tone marks.
- A post that two people or two organisations share: mostly one of them is found.
- Scores are the network's own probabilities; a high one is not a promise."""


def card(recipe: Recipe, record: dict[str, Any]) -> str:
    """Markdown that says what a model was trained on, how it scores, and where it fails."""
    parts = [
        f"# vipol model `{recipe.name}`",
        recipe.description,
        "Marks PERSON, ROLE, ORG, DATE and MONEY in Vietnamese political news, and who holds which post where.",
        "## Trained on",
        _data(record),
        _teachers(recipe, record),
        f"Encoder: {_encoder(recipe)}. {record['seconds'] // 60} minutes, peak memory "
        f"{record['peak_memory_bytes'] / 1e9:.1f} GB, {record['precision']}, torch {record['torch']}, "
        f"seed {recipe.training.seed}. The recipe, with every choice, is in `recipe.json`.",
        "## Scores",
        _scores(record),
        "## Where it fails",
        _FAILS,
    ]
    return "\n\n".join(part for part in parts if part)


def _data(record: dict[str, Any]) -> str:
    rows = ["| corpus | documents | spans | relations |", "| --- | --- | --- | --- |"]
    for name, facts in record["data"].items():
        if facts["use"] != "train":
            continue
        spans, relations = sum(facts["labels"].values()), sum(facts["relations"].values())
        rows.append(f"| `{name}` | {facts['documents']} | {spans} | {relations} |")
    rows += [f"| `{name}` | not there when this model was trained | | |" for name in record["missing"]]
    return "\n".join(rows)


def _teachers(recipe: Recipe, record: dict[str, Any]) -> str:
    if not record.get("marked_articles"):
        return ""
    return (
        f"{recipe.distillation.teachers} models trained on the gold marked {record['marked_articles']} news articles "
        "without gold; this model learnt from their probabilities beside the gold."
    )


def _encoder(recipe: Recipe) -> str:
    if recipe.encoder.source == "embedded":
        return "multilingual-e5-small (MIT), its vocabulary cut to Vietnamese; see `train/pretrained`"
    return f"`{recipe.encoder.source}`"


def _scores(record: dict[str, Any]) -> str:
    dev = record.get("dev")
    if not dev:
        return "No dev documents were there when this model was trained."
    names = ", ".join(f"`{name}`" for name, facts in record["data"].items() if facts["use"] == "dev")
    rows = [
        f"The ONNX model on {names}, which it was not trained on. Strict: start, end and label must be right; Rel+: "
        "both ends too. Choices were made by these documents, so that others may score lower.",
        "",
    ]
    rows += ["| | precision | recall | F1 | support |", "| --- | --- | --- | --- | --- |"]
    for title, counts in [
        ("**spans**", dev["spans"]["micro"]),
        *dev["spans"]["by_label"].items(),
        ("**relations (Rel+)**", dev["relations"]["micro"]),
        *dev["relations"]["by_label"].items(),
    ]:
        figures = " | ".join(f"{100 * counts[name]:.1f}" for name in ("precision", "recall", "f1"))
        rows.append(f"| {title} | {figures} | {counts['support']} |")
    rows += ["", "`python -m eval score --gold PATH --model FOLDER` prints them."]
    return "\n".join(rows)
