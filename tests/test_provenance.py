"""What a report carries: commit, versions, hashes of data and models, texts that were trained on."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
from test_scores import GOLD

from eval import provenance
from eval.provenance import TRAINED_FILE, commit, data_hash, model_hash, text_hash, trained_on, versions


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit, a word where tracked files differ from it, and "unknown" where there is no git."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit() == "unknown"
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1", encoding="utf-8")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "a")
    (tmp_path / "untracked").write_text("1", encoding="utf-8")
    clean = commit()
    assert len(clean) == 40
    (tmp_path / "a").write_text("2", encoding="utf-8")
    assert commit() == f"{clean}-changed"
    git(tmp_path, "checkout", "-q", "a")
    assert commit() == clean
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "new.py").write_text("1", encoding="utf-8")
    assert commit() == f"{clean}-changed"


def test_versions() -> None:
    """Python, ourselves, and the libraries that are installed."""
    found = versions()
    assert list(found)[:2] == ["python", "vipol"]
    assert found["numpy"] == numpy.__version__


def test_data_hash() -> None:
    """A hash of all that a document says, in the documents' order."""
    other = replace(GOLD, id="e")
    hashes = {data_hash(d) for d in ([GOLD], [other], [GOLD, other], [other, GOLD], [replace(GOLD, relations=())])}
    assert len(hashes) == 5
    assert data_hash([GOLD]) == data_hash([GOLD])


def test_model_hash(tmp_path: Path) -> None:
    """Weights, tokenizer and config count; a card doesn't."""
    for name in ("config.json", "model.onnx"):
        (tmp_path / name).write_bytes(b"1")
    first = model_hash(tmp_path)
    (tmp_path / "README.md").write_bytes(b"1")
    assert model_hash(tmp_path) == first
    (tmp_path / "model.onnx").write_bytes(b"2")
    assert model_hash(tmp_path) != first


def test_trained_on(tmp_path: Path) -> None:
    """Texts are known again by what they say, whatever id or white space they have; a folder may tell nothing."""
    assert trained_on(tmp_path, [GOLD]) is None
    (tmp_path / TRAINED_FILE).write_text(json.dumps([text_hash(GOLD.text)]), encoding="utf-8")
    assert trained_on(tmp_path, [replace(GOLD.bare(), id="x"), replace(GOLD.bare(), text=GOLD.text + "!")]) == ["x"]
    assert trained_on(tmp_path, [replace(GOLD.bare(), text=GOLD.text.replace("\n", "\r\n") + "\n")]) == ["d"]
    (tmp_path / TRAINED_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="not a JSON list of hashes"):
        trained_on(tmp_path, [GOLD])
