"""The trainer: starts retrainings one after another, each in a process of its own, and has the better model served."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from annotations.retraining import FAILED, SWAPPED, Outcome, Plan
from annotations.served import Shelf
from eval.provenance import ROOT

_log = logging.getLogger(__name__)

RETRAINING = (sys.executable, "-m", "annotations.retraining")
LOG_FILE = "log.txt"
_PATIENCE = 10.0
"""Seconds between asking a retraining to end and ending it."""


class Trainer:
    """Retrains when asked; asked while it does so, it does it once more afterwards.

    A thread of its own waits for the process, and every method returns at once but `stop`.
    """

    def __init__(
        self,
        shelf: Shelf,
        plan: Plan,
        serving: Callable[[], Path],
        swap: Callable[[Path], None],
        command: Sequence[str] = RETRAINING,
    ) -> None:
        """
        Args:
            plan: what every retraining has in common.
            serving: the folder of the model that is served.
            swap: loads the model in a folder and serves it, or raises and leaves the old one; runs in this thread.
            command: what retrains, given the file of the plan.
        """
        self._shelf = shelf
        self._plan = plan
        self._serving = serving
        self._swap = swap
        self._command = tuple(command)
        self._change = threading.Condition()
        self._wanted = False
        self._stopping = False
        self._since: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._last = self._last_outcome()
        self._thread = threading.Thread(target=self._work, name="trainer", daemon=True)
        self._thread.start()

    def ask(self) -> str:
        """Asks for a retraining; `started`, or `noted` where one runs, which is followed by another."""
        with self._change:
            running = self._since is not None or self._wanted
            self._wanted = True
            self._change.notify_all()
        return "noted" if running else "started"

    def status(self) -> dict[str, Any]:
        """What it does, since when (UTC), whether it is to go on then, and how the last one ended."""
        with self._change:
            running = self._since is not None or self._wanted
            return {
                "state": "running" if running else "idle",
                "since": self._since,
                "again": self._wanted and self._since is not None,
                "last": self._last,
            }

    def stop(self) -> None:
        """Ends a retraining and all that it started, and the thread; takes up to some seconds."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
            self._signal(signal.SIGTERM)
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            with self._change:
                self._signal(signal.SIGKILL)
            self._thread.join(_PATIENCE)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._wanted or self._stopping)
                if self._stopping:
                    return
                self._wanted = False
                self._since = _now()
            number, outcome = 0, Outcome(FAILED, "")
            try:
                number, folder = self._shelf.attempt()
                outcome = self._attempt(number, folder)
            except Exception as error:  # a full disk, say; the next retraining may do better
                _log.exception("retraining %d", number)
                outcome = Outcome(FAILED, str(error) or type(error).__name__)
            with self._change:
                if not self._stopping:
                    _log.info("retraining %d: %s: %s", number, outcome.result, outcome.said)
                    if outcome.warning:
                        _log.warning("retraining %d: %s", number, outcome.warning)
                self._last = {"number": number, "began": self._since, "ended": _now(), **outcome.to_dict()}
                self._since = None

    def _attempt(self, number: int, folder: Path) -> Outcome:
        target = self._shelf.place(number)
        plan = replace(self._plan, model=str(self._serving()), folder=str(folder), target=str(target))
        log = folder / LOG_FILE
        _log.info("retraining %d: started, its log is %s", number, log)
        how = self._run(plan.write(), log)
        outcome = Outcome.read(folder) or Outcome(FAILED, f"it {how} without an outcome; {log} says how far it came")
        if outcome.result == SWAPPED:
            try:
                self._swap(target)
            except Exception as error:
                _log.exception("retraining %d: the new model can't be loaded", number)
                outcome = Outcome(FAILED, f"the new model can't be loaded ({error})", outcome.old, outcome.new)
            else:
                self._shelf.point(number)
        if outcome.result == FAILED:
            outcome.write(folder)
        return outcome

    def _run(self, plan: Path, log: Path) -> str:
        """Runs the process of a retraining to its end; says how it ended."""
        # The secret is for those who ask, not for what reads annotations and trains.
        environment = {name: value for name, value in os.environ.items() if name != "VIPOL_SECRET"}
        with self._change, log.open("wb") as stream:
            if self._stopping:
                return "was not started"
            process = self._process = subprocess.Popen(
                [*self._command, str(plan)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,  # never written to: it closes when this process ends, however that comes about
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self._change:
            # What it started may outlive it. Until it is waited for, no other process can have its number.
            self._signal(signal.SIGKILL)
            self._process = None
        code = process.wait()
        if process.stdin:
            process.stdin.close()
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            os.killpg(self._process.pid, number)

    def _last_outcome(self) -> dict[str, Any] | None:
        for folder in reversed(self._shelf.attempts()):
            if outcome := Outcome.read(folder):
                return {"number": int(folder.name), **outcome.to_dict()}
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
