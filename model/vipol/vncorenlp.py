"""VnCoreNLP's word segmenter (RDRSegmenter), with which PhoBERT's pre-training text was made.

It is Java and GPL-3.0, so nothing of it is part of this project: the user brings it, and it runs in a process of its
own that answers line by line. https://github.com/vncorenlp/VnCoreNLP; Nguyen et al. (2018, LREC).
"""

import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO

from vipol.errors import ModelError

VARIABLE = "VNCORENLP"
"""Environment variable with the folder that holds the jar and the models."""
JAR = "VnCoreNLP-1.2.jar"
MODELS = ("models/wordsegmenter/wordsegmenter.rdr", "models/wordsegmenter/vi-vocab")

# Its own command reads files and writes at their end; this answers each line at once. What it logs to the standard
# output must not be taken for an answer, and a line that it stumbles over comes back as it is.
_SOURCE = """
import java.io.*;
import vn.corenlp.wordsegmenter.WordSegmenter;

public class Segment {
    public static void main(String[] arguments) throws IOException {
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
        System.setOut(System.err);
        WordSegmenter segmenter = WordSegmenter.initialize();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        answers.print("ready\\n");
        answers.flush();
        for (String line; (line = lines.readLine()) != null; answers.flush()) {
            String words;
            try {
                words = segmenter.segmentTokenizedString(line);
            } catch (RuntimeException error) {
                words = line;
            }
            answers.print(words.trim() + "\\n");
        }
    }
}
"""


class VnCoreNLP:
    """A segmenter (see `vipol.segmentation.Segmenter`); its process ends with this object or with Python.

    Raises:
        ModelError: Java, the jar or a model is missing, or VnCoreNLP does not start or has stopped.
    """

    def __init__(self, folder: Path) -> None:
        folder = folder.absolute()
        for name in (JAR, *MODELS):
            if not (folder / name).is_file():
                raise ModelError(f"{folder}: no {name}; download VnCoreNLP's jar and its folder models into it")
        java = shutil.which("java")
        if java is None:
            raise ModelError("VnCoreNLP takes Java, a JDK of version 11 or newer, and no `java` is on the PATH")
        self._lock = Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # `_stop` closes it; not a pipe: nobody would empty it
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / "Segment.java"
            source.write_text(_SOURCE, encoding="utf-8")
            self._process = subprocess.Popen(
                [java, "-XX:+UseSerialGC", "-cp", str(folder / JAR), str(source)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                encoding="utf-8",
                errors="replace",
            )
            weakref.finalize(self, _stop, self._process, self._log)
            if self._answer() != "ready":
                raise ModelError(f"VnCoreNLP does not start; it takes a JDK of version 11 or newer ({self._reason()})")

    @classmethod
    def from_environment(cls) -> "VnCoreNLP":
        folder = os.environ.get(VARIABLE)
        if not folder:
            raise ModelError(
                f"words of vncorenlp take VnCoreNLP: set {VARIABLE} to the folder with {JAR} and its models"
            )
        return cls(Path(folder))

    def __call__(self, syllables: Sequence[str]) -> list[str]:
        # Java takes control characters for blanks, and a line of blanks has no answer.
        line = " ".join(syllable if syllable.isprintable() else "?" for syllable in syllables)
        if not line.strip():
            return []
        with self._lock:
            answer = self._answer(line)
        if answer is None:
            raise ModelError(f"VnCoreNLP has stopped ({self._reason()})")
        return answer.split(" ")

    def _answer(self, line: str | None = None) -> str | None:
        """The next line that the process writes; None if it has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            if line is not None:
                self._process.stdin.write(f"{line}\n")
                self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            return None
        return answer.removesuffix("\n") if answer else None

    def _reason(self) -> str:
        """The first line that speaks of an error in what the process has told, or else its last line."""
        self._process.kill()
        self._process.wait()
        self._log.seek(0)
        told = [line.strip() for line in self._log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        failures = [line for line in told if "error" in line.lower() or "exception" in line.lower()]
        return next(iter([*failures, *reversed(told)]), f"exit code {self._process.returncode}")


def _stop(process: "subprocess.Popen[str]", log: IO[bytes]) -> None:
    """Ends the process: it stops when nothing more can come."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # it had stopped, and what it has not read cannot be written
                stream.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    log.close()
