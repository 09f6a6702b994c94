"""What people read of a run, made from its record: the model card, and a plot of its epochs."""

from collections import Counter
from typing import Any

from train.licences import notice
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
        _labels(record),
        _teachers(recipe, record),
        notice(recipe.encoder),
        f"Encoder: {_encoder(recipe)}. {record['seconds'] // 60} minutes{_device(record)}, peak memory "
        f"{record['peak_memory_bytes'] / 1e9:.1f} GB{_gpu_memory(record)}, {record['precision']}, "
        f"torch {record['torch']}, seed {recipe.training.seed}. The recipe, with every choice, is in `recipe.json`; "
        "beside it the run leaves `run.json`, with the whole hashes of the data and the loss and scores of every "
        "epoch, and `epochs.svg`, where these are drawn.",
        "## Scores",
        _scores(record),
        "## Where it fails",
        _FAILS,
    ]
    return "\n\n".join(part for part in parts if part)


def plot(record: dict[str, Any]) -> str:
    """SVG of the loss and the scores on the dev documents after every epoch."""
    from eval.plots import epochs  # matplotlib takes its time, and only a run that is finished needs it

    names = {"loss": "loss", "eval_span_f1": "spans", "eval_relation_f1": "relations (Rel+)"}
    log = record["epochs"]
    lines = {title: [(entry["epoch"], entry[key]) for entry in log if key in entry] for key, title in names.items()}
    return epochs(lines.pop("loss"), lines)


def _data(record: dict[str, Any]) -> str:
    rows = ["| corpus | documents | spans | relations | sha256 |", "| --- | --- | --- | --- | --- |"]
    for name, facts in record["data"].items():
        if facts["use"] != "train":
            continue
        spans, relations = sum(facts["labels"].values()), sum(facts["relations"].values())
        rows.append(f"| `{name}` | {facts['documents']} | {spans} | {relations} | `{facts['sha256'][:16]}` |")
    rows += [f"| `{name}` | not there when this model was trained | | | |" for name in record["missing"]]
    return "\n".join(rows)


def _labels(record: dict[str, Any]) -> str:
    counts: Counter[str] = Counter()
    for facts in record["data"].values():
        if facts["use"] == "train":
            counts.update(facts["labels"])
            counts.update(facts["relations"])
    return "Of these: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + "."


def _device(record: dict[str, Any]) -> str:
    device, processes = record.get("device", "cpu"), record.get("processes", 1)
    among = f", {processes} processes" if processes > 1 else ""
    return f" on {'a CPU' if device == 'cpu' else device}{among}"


def _gpu_memory(record: dict[str, Any]) -> str:
    peak = record.get("peak_gpu_memory_bytes")
    return f" ({peak / 1e9:.1f} GB on the GPU)" if peak else ""


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
    licence = f" ({recipe.encoder.licence})" if recipe.encoder.licence else ", whose licence the recipe does not name"
    words = "" if recipe.encoder.words == "syllables" else f", on words as {recipe.encoder.words} finds them"
    return f"`{recipe.encoder.source}`{licence}{words}"


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
