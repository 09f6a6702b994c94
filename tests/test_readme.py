"""The README's examples print what the README says."""

import re
import shlex
from pathlib import Path

import pytest

from vipol.cli import main

ROOT = Path(__file__).parent.parent

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- tested[^>]*-->\n```\n\$ vipol (.*)\n((?:.*\n)*?)```", README)

SCORE = re.compile(r"\b[01]\.\d\d\b")


def test_there_are_examples():
    """The pattern still finds the examples that are to be tested."""
    assert EXAMPLES


@pytest.mark.parametrize(("command", "printed"), EXAMPLES)
def test_example(command, printed, capsys, monkeypatch):
    """A command in the README prints what stands below it, save that another processor may round scores otherwise."""
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(command)) == 0
    shown = "\n".join(line.rstrip() for line in capsys.readouterr().out.strip("\n").splitlines())
    assert SCORE.sub("0.99", shown) == SCORE.sub("0.99", printed.strip("\n"))


def test_targets():
    """Every make target that the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
