"""What people cannot have, with the reason and what to do instead."""

from __future__ import annotations


class AskedError(ValueError):
    """Something that was asked for and cannot be."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem, self.remedy = problem, remedy


class UnknownThingError(AskedError):
    """There is no such event, template or version."""
