"""The present state of one side's schema, and the migrations that lead there from 0.1.0."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from typing_extensions import LiteralString

from message_center.sql import statement

Side = Literal["control", "execution"]

LAST: tuple[LiteralString, ...] = (statement("roles/entry_points"), statement("roles/grant"))
"""What follows the functions of either side: what others call is an entry point, and each role has its rights."""


@dataclass(frozen=True)
class Schema:
    """
    One side's schema.

    :param files: the text of each file of ``include/sql/<side>/schema`` by its name, in the order of ``order.sql``.
    :param revisions: the folders with Alembic's revisions, which lead from 0.1.0 to the tables in ``files``.
    """

    files: Mapping[str, LiteralString]
    revisions: tuple[Path, ...]

    @classmethod
    def of(cls, side: Side) -> Schema:
        """Return the schema that this version of the package has."""
        names = re.findall(r"^\\ir (\S+)\.sql$", statement(f"{side}/schema/order"), re.MULTILINE)
        files = {name: statement(f"{side}/schema/{name}") for name in names}
        return cls(files, (Path(__file__).parent / side,))

    @property
    def functions(self) -> list[LiteralString]:
        """The functions and views: what may be applied again and again."""
        return [*(text for name, text in self.files.items() if name.startswith("functions/")), *LAST]

    @property
    def everything(self) -> list[LiteralString]:
        """All that an empty database is made from."""
        return [*self.files.values(), *LAST]

    @property
    def digest(self) -> str:
        """What changes whenever the text of a function or view does."""
        return hashlib.sha256("\0".join(self.functions).encode()).hexdigest()
