"""A file's bytes, chunk by chunk: unpacked, and without what some programs put before them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from message_center.files.errors import FileError
from message_center.files.file import File

CHUNK_BYTES = 256 * 1024
BOM = b"\xef\xbb\xbf"
# Text packs to a tenth, repetitions to a hundredth. What is beyond has been made to be.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 1024**3
OTHERS = {
    b"\xff\xfe": ("it is in UTF-16", "Save it in UTF-8"),
    b"\xfe\xff": ("it is in UTF-16", "Save it in UTF-8"),
    b"\x1f\x8b": ("it is packed", "Give it a name that ends in .gz"),
    b"PK\x03\x04": ("it is an archive or a workbook", "Save it as text in UTF-8"),
}
"""What begins so is of another kind."""


@contextmanager
def opened(file: File) -> Iterator[Iterator[bytes]]:
    """
    Open a file, and lend its chunks.

    :raises FileError: for what is no text of UTF-8, or not packed as its name says.
    """
    with file.fs.open(file.path, "rb") as stream:
        file.refuse_link(stream)
        yield chunks_of(stream, file.is_packed)


def chunks_of(stream: IO[bytes], is_packed: bool) -> Iterator[bytes]:
    """Yield what a stream has; see :func:`opened`."""
    if is_packed:
        # What is damaged unpacks to something else, and only its end tells: nothing of it is taken in.
        for _ in _unpacked(stream):
            pass
        stream.seek(0)
    pieces = _unpacked(stream) if is_packed else iter(lambda: stream.read(CHUNK_BYTES), b"")
    first = next(pieces, b"")
    for beginning, (problem, remedy) in OTHERS.items():
        if first.startswith(beginning):
            raise FileError(problem, remedy)
    if b"\0" in first[:2]:
        raise FileError("it begins with zero bytes: it is in UTF-16, or was not written", "Save it in UTF-8, and whole")
    yield first.removeprefix(BOM)
    yield from pieces


def _unpacked(stream: Any) -> Iterator[bytes]:
    total = 0
    try:
        with gzip.GzipFile(fileobj=stream) as plain:
            while piece := plain.read(CHUNK_BYTES):
                total += len(piece)
                if total > max(RATIO_COUNTS_FROM, MAX_RATIO * stream.tell()):
                    raise FileError(f"it unpacks to more than {MAX_RATIO} times its size", "Send it unpacked")
                yield piece
            if not stream.tell():
                raise EOFError
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise FileError("it is not whole, or not packed with gzip", "Send it again") from None
