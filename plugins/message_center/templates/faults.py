"""What is wrong with message templates, in words with which their author can correct it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from message_center.project import shown


@dataclass(frozen=True)
class TemplateFault:
    """
    One fault.

    :param file: as people name it, from the project's folder on.
    :param field: the field of the file or the part of the message; empty: the file as a whole.
    :param message: what is wrong, and what to do.
    """

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.field, self.message)))


class TemplateFaultsError(ValueError):
    """The templates have faults: all of them, one a line."""

    def __init__(self, faults: Iterable[TemplateFault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Faults(list[TemplateFault]):
    """Faults, collected so that an author sees all of them at once."""

    def add(self, file: Path, field: str, message: str) -> None:
        """Add one."""
        self.append(TemplateFault(shown(file), field, message))

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keep the faults of what is raised inside, and go on after it."""
        try:
            yield
        except TemplateFaultsError as error:
            self += error.faults


def fault(file: Path, field: str, message: str) -> TemplateFaultsError:
    """Return the error of a single fault."""
    return TemplateFaultsError([TemplateFault(shown(file), field, message)])
