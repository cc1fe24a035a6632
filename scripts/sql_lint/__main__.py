"""Check every file of ``include/sql``: ``python -m scripts.sql_lint``, a part of ``make lint``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from message_center.sql import SQL_FOLDER
from scripts.sql_lint.rules import RULES
from scripts.sql_lint.source import ParseError, Source


def check(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the line and the reason of whatever is wrong with a file."""
    try:
        assert source.statements
    except ParseError as error:
        yield 1, f"PostgreSQL would not understand it: {error}"
        return
    for rule in RULES:
        for line, finding in rule(source):
            if not re.search(rf"-- allow {rule.__name__}: \w", source.paragraph(line)):
                yield line, f"{finding} ({rule.__name__})"


def main() -> int:
    paths = sorted(path for path in SQL_FOLDER.rglob("*.sql") if path.name != "order.sql")
    found = 0
    for path in paths:
        for line, finding in sorted(check(Source.read(SQL_FOLDER, path))):
            found += 1
            print(f"{path.relative_to(SQL_FOLDER.parents[1])}:{line}: {finding}")
    print(f"{found} findings in {len(paths)} SQL files" if found else f"{len(paths)} SQL files checked")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
