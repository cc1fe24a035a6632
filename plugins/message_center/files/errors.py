"""What is wrong with a file."""

from __future__ import annotations


class FileError(ValueError):
    """A file that cannot be taken in, or not all of it. Its records up to there stay taken in."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}.")
        self.problem, self.remedy = problem, remedy
