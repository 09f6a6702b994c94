"""VnCoreNLP in a process of its own: what it is told, what it answers, and what is said where it can't be had."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vipol import segmentation
from vipol.errors import ModelError
from vipol.segmentation import WordUnit, join, word_unit
from vipol.text import words
from vipol.vncorenlp import JAR, MODELS, VARIABLE, VnCoreNLP

JAVA = """#!{python}
import sys
said = {said!r}
if said:
    print(said, file=sys.stderr)
    sys.exit(1)
print("ready", flush=True)
for line in sys.stdin:
    if "chết" in line:
        sys.exit(3)
    print(line.strip().replace("Chủ tịch", "Chủ_tịch").replace("Hà Nội", "Hà_Nội"), flush=True)
"""
"""A stand-in for Java with VnCoreNLP in it."""

STUB = """
package vn.corenlp.wordsegmenter;
public class WordSegmenter {
    public static WordSegmenter initialize() {
        System.out.println("INFO Loading");
        return new WordSegmenter();
    }
    public String segmentTokenizedString(String line) {
        if (line.contains("hỏng")) throw new StringIndexOutOfBoundsException(line);
        return line.replace("Chủ tịch", "Chủ_tịch").replace("ủ", "ủ");
    }
}
"""


def surfaces(of: WordUnit, text: str) -> list[str]:
    return [text[word.start : word.end] for word in map(join, of.groups(text))]


@pytest.fixture
def fresh() -> Iterator[None]:
    """No segmenter is loaded, before or after."""
    segmentation._loaded.cache_clear()
    yield
    segmentation._loaded.cache_clear()


@pytest.fixture
def toolkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what VnCoreNLP consists of, all of it empty, and a stand-in for Java."""
    for name in (JAR, *MODELS):
        (tmp_path / "vn" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "vn" / name).touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "vn"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    install(tmp_path)
    return tmp_path


def install(folder: Path, said: str = "") -> None:
    java = folder / "bin" / "java"
    java.write_text(JAVA.format(python=sys.executable, said=said), encoding="utf-8")
    java.chmod(0o755)


@pytest.mark.usefixtures("fresh", "toolkit")
def test_vncorenlp() -> None:
    """Lines go to one process and come back as words."""
    chosen = word_unit("vncorenlp")
    for _ in range(2):
        assert surfaces(chosen, "Phó Chủ tịch Hà\u00a0Nội, ông") == ["Phó", "Chủ tịch", "Hà\u00a0Nội", ",", "ông"]
    assert word_unit("vncorenlp") is chosen
    assert [join(group) for group in chosen.groups("\x01 \x02")] == words("\x01 \x02")
    assert surfaces(chosen, "Chủ tịch") == ["Chủ tịch"]


def test_vncorenlp_in_threads(toolkit: Path) -> None:
    """Each thread gets the answer to its own line."""
    segment = VnCoreNLP(toolkit / "vn")
    asked = [["Chủ", "tịch", str(n)] for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(segment, asked)) == [["Chủ_tịch", str(n)] for n in range(200)]


def test_vncorenlp_ends(toolkit: Path) -> None:
    """The process ends with the segmenter."""
    segment = VnCoreNLP(toolkit / "vn")
    process = segment._process
    assert process.poll() is None
    del segment
    assert process.poll() is not None


def test_vncorenlp_that_stops(toolkit: Path) -> None:
    """A process that has died is told of, at every line from then on."""
    segment = VnCoreNLP(toolkit / "vn")
    for line in (["chết", "a"], ["Hoa", "a"]):
        with pytest.raises(ModelError, match=r"^VnCoreNLP has stopped \(.+\)$"):
            segment(line)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda folder: os.environ.pop(VARIABLE), "set VNCORENLP to the folder with VnCoreNLP-1.2.jar and its models"),
        (lambda folder: (folder / "vn" / JAR).unlink(), "vn: no VnCoreNLP-1.2.jar; download"),
        (lambda folder: (folder / "vn" / MODELS[1]).unlink(), "vn: no models/wordsegmenter/vi-vocab; download"),
        (
            lambda folder: (folder / "bin" / "java").unlink(),
            "JDK of version 11 or newer, and no `java` is on the PATH",
        ),
        (
            lambda folder: install(folder, "Loading\nError: Module jdk.compiler not found\n  at x"),
            r"does not start; it takes a JDK of version 11 or newer \(Error: Module jdk.compiler not found\)$",
        ),
    ],
    ids=["variable", "jar", "model", "java", "runtime only"],
)
def test_vncorenlp_that_cannot_be_had(toolkit: Path, damage: Callable[[Path], object], problem: str) -> None:
    """What is missing is named, with what to do."""
    damage(toolkit)
    with pytest.raises(ModelError, match=problem):
        word_unit("vncorenlp")


@pytest.mark.skipif(not shutil.which("javac"), reason="takes a JDK")
def test_vncorenlp_in_java(tmp_path: Path) -> None:
    """The Java that talks to it compiles and runs: its log is no answer, and a line that it can't do comes back."""
    source = tmp_path / "WordSegmenter.java"
    source.write_text(STUB, encoding="utf-8")
    subprocess.run(["javac", "-encoding", "UTF-8", "-d", str(tmp_path), str(source)], check=True)
    for name in MODELS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with zipfile.ZipFile(tmp_path / JAR, "w") as jar:
        name = "vn/corenlp/wordsegmenter/WordSegmenter.class"
        jar.write(tmp_path / name, name)
    segment = VnCoreNLP(tmp_path)
    assert segment(["Phó", "Chủ", "tịch"]) == ["Phó", "Chủ_tịch"]
    assert segment(["Hoa", "hỏng"]) == ["Hoa", "hỏng"]
    assert segment(["\x01"]) == ["?"]
    assert segment(["𝒜", "Chủ", "tịch"]) == ["𝒜", "Chủ_tịch"]
