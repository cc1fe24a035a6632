"""A file in a folder, or an object in a store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from fsspec.implementations.local import LocalFileSystem

from message_center.files.errors import FileError
from message_center.files.formats import READERS
from message_center.files.names import DONE, PACKED, REJECTED, name_when_done

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_UNFINISHED = (".part", ".tmp")
_KEPT = ("size", "mtime")  # of a file that is moved
_CHANGED = "Write a file under a name that ends in .part, and rename it when it is whole"


@dataclass(frozen=True)
class File:
    """
    A file in a folder.

    :param path: as its file system calls it.
    :param url: as people do.
    :param is_plain: whether it is a file itself, and no link or pipe.
    """

    fs: AbstractFileSystem
    path: str
    url: str
    written_at: float | None = None
    is_plain: bool = True

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def format(self) -> str | None:
        """The ending by which its format is known; ``None`` for a file that is none of ours."""
        plain = self.name.lower().removesuffix(PACKED)
        return next((ending for ending in READERS if plain.endswith(ending) and not plain.startswith((".", "_"))), None)

    @property
    def is_of_no_format(self) -> bool:
        """Whether nobody said, by its name, that it is to be left alone, and no reader knows it all the same."""
        is_meant = (
            bool(self.name) and not self.name.startswith((".", "_")) and not self.name.lower().endswith(_UNFINISHED)
        )
        return is_meant and self.format is None

    @property
    def is_packed(self) -> bool:
        return self.name.lower().endswith(PACKED)

    def refuse_link(self, stream: IO[bytes] | None = None) -> None:
        """
        See that it is a file itself: whoever may write into the folder may not have all of a worker's disk read.

        :param stream: the file as it was opened: it may have been changed for a link.
        :raises FileError: if it is a link, or a pipe.
        """
        is_plain = self.is_plain
        if stream is not None and isinstance(self.fs, LocalFileSystem):
            is_plain = os.path.samestat(os.fstat(stream.fileno()), os.lstat(self.path))
        if not is_plain:
            raise FileError("it is a link or a pipe", "Put the file itself there")

    def refuse_rejected(self) -> None:
        """
        See that it is not what was rejected of another one: its lines are no events, but tell of them.

        :raises FileError: if it is.
        """
        if self.name.lower().removesuffix(PACKED).endswith(REJECTED):
            remedy = "Take the records out, correct them and give them a name of their own: jq --raw-output .record"
            raise FileError("it tells what was rejected of another file", f"{remedy}; of CSV, below its header")

    def exists(self) -> bool:
        """Tell whether it is still there."""
        self.fs.invalidate_cache()
        return bool(self.fs.exists(self.path))

    def state(self) -> Mapping[str, Any]:
        """Return what its file system knows of it now: something else, once it has been written to."""
        self.fs.invalidate_cache()
        return dict(self.fs.info(self.path))

    def refuse_change(self, state: Mapping[str, Any]) -> None:
        """
        See that it is as it was.

        :raises FileError: if somebody has written to it since.
        """
        if self.state() != state:
            raise FileError("it was changed while it was read", _CHANGED)

    def put_away(self, begun_at: datetime, rejected: Iterable[str], state: Mapping[str, Any]) -> None:
        """
        Move it into the folder of what is done, with what was rejected of it beside it. Cut anywhere, it is done again.

        :param begun_at: when its import began, which tells files of the same name apart.
        :param rejected: a line for each record.
        :param state: in which it was read.
        :raises FileError: if it is not the one that was read, or does not go away.
        """
        folder, _, name = self.path.rpartition("/")
        target = f"{folder}/{DONE}/{name_when_done(begun_at, name)}"
        self.fs.makedirs(f"{folder}/{DONE}", exist_ok=True)
        self._write(f"{target}{REJECTED}", rejected)
        if isinstance(self.fs, LocalFileSystem):
            self._rename(target, state)
            return
        # Object stores have no renaming. And not fs.mv, which takes a name for a pattern.
        self.fs.cp_file(self.path, target)
        self.refuse_change(state)
        self._delete(state)
        if self.exists():
            raise FileError("it is done, and does not go away", "Let the connection delete in the folder")

    def _rename(self, target: str, state: Mapping[str, Any]) -> None:
        self.fs.mv(self.path, target)
        # What was moved is known only now: another one may have come under its name meanwhile.
        moved = self.fs.info(target)
        if any(moved[each] != state[each] for each in _KEPT):
            self.fs.mv(target, self.path)
            raise FileError("it was changed while it was read", _CHANGED)

    def _delete(self, state: Mapping[str, Any]) -> None:
        """Delete it, and not one that has come under its name meanwhile: S3 compares as it deletes."""
        if "ETag" in state and hasattr(self.fs, "call_s3"):
            bucket, key, _ = self.fs.split_path(self.path)
            with suppress(OSError):
                self.fs.call_s3("delete_object", Bucket=bucket, Key=key, IfMatch=state["ETag"])
                self.fs.invalidate_cache(self.path)
                return
            # It is another one by now, or a store like S3 that knows no conditions.
            self.refuse_change(state)
        self.fs.rm_file(self.path)

    def _write(self, path: str, lines: Iterable[str]) -> None:
        rest = iter(lines)
        if (first := next(rest, None)) is None:
            return
        with self.fs.open(path, "wb") as target:
            target.write(f"{first}\n".encode())
            for line in rest:
                target.write(f"{line}\n".encode())
