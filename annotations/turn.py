"""Whose turn it is to add to a project: a line in the project's description, there while an import is under way.

An import goes on in the server when whoever sent it is gone. So before each one a line says how many tasks and
predictions the project will have when it is done; whoever comes next waits until it has them, or long enough that the
import can't come any more. The server has no lock for this: two who look at the same moment may both go on, and what
they bring twice is found when they have ended (see `annotations.push`).
"""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from annotations.client import OutcomeUnknownError, Project, Studio, StudioError

PATIENCE = 60.0
"""Seconds that an import may take to come to light, once nobody is waiting for it."""
_PAUSE = 0.5
_ATTEMPTS = 3
"""How often an import is sent at which the server fails, as SQLite does where two write at once."""
_LINE = re.compile(r"(?:\n\n)?\[vipol push (\w+): importing since (\d+), until tasks: (\d+), predictions: (\d+)\]")


@dataclass(frozen=True, slots=True)
class Import:
    """An import that somebody has begun: who, when (seconds since 1970), and what the project will have after it."""

    who: str
    since: int
    tasks: int
    predictions: int

    def __str__(self) -> str:
        until = f"tasks: {self.tasks}, predictions: {self.predictions}"
        return f"[vipol push {self.who}: importing since {self.since}, until {until}]"

    def done(self, project: Project) -> bool:
        return project.tasks >= self.tasks and project.predictions >= self.predictions


def under_way(project: Project) -> Import | None:
    """The import that a project's description tells of."""
    found = _LINE.search(project.description)
    return Import(found[1], *map(int, found.group(2, 3, 4))) if found else None


class Turn:
    """One push's way to imports that nobody else's run into."""

    def __init__(
        self, studio: Studio, patience: float = PATIENCE, say: Callable[[str], None] = lambda line: None
    ) -> None:
        self.doubtful = False
        """Whether an import of another ran beside this push, or one of its own had an unknown outcome."""
        self._studio = studio
        self._patience = patience
        self._say = say
        self._who = secrets.token_hex(4)

    def wait(self, project: Project) -> Project:
        """The project as it is once no import of another is under way."""
        project = self._studio.refreshed(project)
        seen, deadline = None, 0.0
        while (other := under_way(project)) is not None and not other.done(project):
            if other != seen:
                # A line from the future comes from a clock that is wrong, and counts as new.
                age = max(0.0, time.time() - other.since)
                seen, deadline = other, time.monotonic() + self._patience - age
            if time.monotonic() >= deadline:
                break
            if not self.doubtful:
                self._say(f"an import that was begun before is still under way; waiting up to {self._patience:.0f} s")
            self.doubtful = True
            time.sleep(_PAUSE)
            project = self._studio.refreshed(project)
        return project

    def run(self, project: Project, act: Callable[[], None], tasks: int = 0, predictions: int = 0) -> Project:
        """Runs an import of that many tasks, or of predictions, and returns the project after it.

        `project` is as `wait` returned it. An import whose outcome is unknown is looked for before anything else; it is
        sent again only when the server has ended its work on it and has nothing of it.

        Raises:
            StudioError: it was refused, or did not come to light in time; the line then stays for whoever comes next.
        """
        mine = Import(self._who, int(time.time()), project.tasks + tasks, project.predictions + predictions)
        text = _LINE.sub("", project.description)
        self._studio.update(project, description=f"{text}\n\n{mine}" if text else str(mine))
        try:
            for left in reversed(range(_ATTEMPTS)):
                if self._done(project, mine, act, last=not left):
                    break
                time.sleep(_PAUSE)
        except OutcomeUnknownError:
            raise
        except StudioError:
            self._studio.update(project, description=text)
            raise
        # Read anew: whoever else wrote into the description meanwhile is not to lose it.
        project = self._studio.refreshed(project)
        if (now := under_way(project)) is not None and now.who == self._who:
            self.clear(project)
        return project

    def clear(self, project: Project) -> None:
        """Removes the line of an import that is no longer to be waited for."""
        if (text := _LINE.sub("", project.description)) != project.description:
            self._studio.update(project, description=text)

    def _done(self, project: Project, mine: Import, act: Callable[[], None], last: bool) -> bool:
        """Runs an import once, and says whether it was done; false only if the server failed at it."""
        try:
            act()
        except OutcomeUnknownError as error:
            self.doubtful = True
            self._say(f"{error}; looking whether it has come")
            if self._came(project, mine, 0 if error.over else self._patience):
                return True
            if not error.over:
                told = f"{error}; it has not come since. Push again: what is there is not sent twice"
                raise OutcomeUnknownError(told) from error
            if last:
                raise StudioError(f"{error}; it failed {_ATTEMPTS} times") from error
            return False
        return True

    def _came(self, project: Project, mine: Import, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while True:
            try:
                if mine.done(self._studio.refreshed(project)):
                    return True
            except StudioError:
                if time.monotonic() >= deadline:
                    raise
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
