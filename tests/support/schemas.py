"""Whole schemas as text: how tests compare them, and how a release's are kept."""

from __future__ import annotations

import difflib
import re
import subprocess

from message_center.local.postgres import BINARIES
from support.process import TESTS

RELEASES = TESTS / "sql" / "releases"


def dump(uri: str, *options: str) -> str:
    """Return what pg_dump says of a database, without what differs from one run to the next."""
    command = [str(BINARIES / "pg_dump"), "--no-owner", "--no-privileges", *options, uri]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(r"^(\\(un)?restrict .*|-- Dumped (from|by) .*)\n", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def restore(uri: str, release: str, side: str) -> None:
    """Make a database what a release made of an empty one."""
    command = [str(BINARIES / "psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    # A dump has the functions' bodies in other words than the files: so they count as changed.
    forget = "--command=update message_center.schema_state set functions_digest = ''"
    subprocess.run([*command, f"--file={RELEASES / release / side}.sql", forget, uri], check=True)


def difference(one: str, other: str) -> str:
    """Say how two databases' schemas differ; nothing if they don't."""
    old, new = (dump(uri, "--schema-only").splitlines(keepends=True) for uri in (one, other))
    return "".join(difflib.unified_diff(old, new, fromfile="brought up", tofile="made anew"))
