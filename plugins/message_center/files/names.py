"""What a file is called: by people and the database while it waits, and in the folder of what is done."""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256

from message_center.errors import one_line

PACKED = ".gz"
DONE = "done"
REJECTED = ".rejected.ndjson"
MAX_NAME_BYTES = 255  # what a disk takes; a store takes more


def url_of(folder: str, name: str) -> str:
    """Return the URL of a file, in one line; no two files have the same one."""
    whole = f"{folder.rstrip('/')}/{name}"
    shown = one_line(whole)
    # A name may have in it what a line has not: then its digest tells it from its neighbours.
    return shown if shown == whole else f"{shown} ({sha256(_bytes(name)).hexdigest()[:12]})"


def name_when_done(begun_at: datetime, name: str) -> str:
    """Return the name of a file that is done: the time of its beginning tells those of the same name apart."""
    stamp = f"{begun_at.astimezone(timezone.utc):%Y%m%dT%H%M%S.%fZ}-"
    room = MAX_NAME_BYTES - len(f"{stamp}{REJECTED}")
    return stamp + (name if len(_bytes(name)) <= room else _bytes(name)[-room:].decode(errors="ignore"))


def rejected_url(file: str, begun_at: datetime) -> str:
    """Return the URL of what was rejected of a file that is done."""
    folder, _, name = file.rpartition("/")
    return f"{folder}/{DONE}/{name_when_done(begun_at, name)}{REJECTED}"


def _bytes(name: str) -> bytes:
    return name.encode(errors="surrogatepass")
