"""What is wrong with message templates, in words with which their author can correct it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from message_center.project import shown


@dataclass(frozen=True)
class TemplateProblem:
    """
    One problem.

    :param file: as people name it, from the project's folder on.
    :param field: the field of the file or the part of the message; empty: the file as a whole.
    :param message: what is wrong, and what to do.
    """

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.field, self.message)))


class TemplateProblemsError(ValueError):
    """The templates have problems: all of them, one a line."""

    def __init__(self, problems: Iterable[TemplateProblem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Problems(list[TemplateProblem]):
    """Problems, collected so that an author sees all of them at once."""

    def add(self, file: Path, field: str, message: str) -> None:
        """Add one."""
        self.append(TemplateProblem(shown(file), field, message))

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keep the problems of what is raised inside, and go on after it."""
        try:
            yield
        except TemplateProblemsError as error:
            self += error.problems


def problem(file: Path, field: str, message: str) -> TemplateProblemsError:
    """Return the error of a single problem."""
    return TemplateProblemsError([TemplateProblem(shown(file), field, message)])
