"""A folder, or what an object store has in its place: the files that wait there, and those that are done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath
from fsspec.implementations.local import LocalFileSystem

from message_center.errors import one_line
from message_center.files.errors import FileError
from message_center.files.formats import READERS

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

PACKED = ".gz"
DONE = "done"
REJECTED = ".rejected.ndjson"
# A file system says when it was last written to, in one of these words.
_WRITTEN = ("mtime", "LastModified", "last_modified", "updated", "created")


_REMEDY = (
    "Correct import_path, the connection that it names, or the rights there; a store needs its provider of Airflow"
)
_CHANGED = "Write a file under a name that ends in .part, and rename it when it is whole"


@dataclass(frozen=True)
class File:
    """
    A file in a folder.

    :param path: as its file system calls it.
    :param url: as people do.
    """

    fs: AbstractFileSystem
    path: str
    url: str
    written_at: float | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def format(self) -> str | None:
        """The ending by which its format is known; ``None`` for a file that is none of ours."""
        plain = self.name.lower().removesuffix(PACKED)
        return next((ending for ending in READERS if plain.endswith(ending) and not plain.startswith((".", "_"))), None)

    @property
    def is_packed(self) -> bool:
        return self.name.lower().endswith(PACKED)

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
        target = f"{folder}/{DONE}/{begun_at:%Y%m%dT%H%M%S.%fZ}-{name}"
        self.fs.makedirs(f"{folder}/{DONE}", exist_ok=True)
        self._write(f"{target}{REJECTED}", rejected)
        if isinstance(self.fs, LocalFileSystem):
            self.fs.mv(self.path, target)
            return
        # Object stores have no renaming. And not fs.mv, which takes a name for a pattern.
        self.fs.cp_file(self.path, target)
        self.refuse_change(state)
        self.fs.rm_file(self.path)
        if self.exists():
            raise FileError("it is done, and does not go away", "Let the connection delete in the folder")

    def _write(self, path: str, lines: Iterable[str]) -> None:
        rest = iter(lines)
        if (first := next(rest, None)) is None:
            return
        with self.fs.open(path, "wb") as target:
            target.write(f"{first}\n".encode())
            for line in rest:
                target.write(f"{line}\n".encode())


def files_in(url: str) -> list[File]:
    """
    Return the files of a folder, by name.

    :raises FileError: if it cannot be read; says what to do.
    """
    try:
        return _listed(ObjectStoragePath(url))
    except FileNotFoundError:
        raise FileError("there is no such folder", "Make it, or correct import_path in the connection") from None
    except Exception as error:
        # Whatever a store or its library says.
        told = f"the folder cannot be read: {type(error).__name__}: {one_line(error)}"
        raise FileError(told, _REMEDY) from error


def _listed(folder: ObjectStoragePath) -> list[File]:
    fs, path = folder.fs, folder.path.rstrip("/")
    fs.invalidate_cache()
    try:
        found = fs.ls(path, detail=True)
    except FileNotFoundError:
        # A store has no empty folders: nothing has come yet, if there is a bucket.
        bucket = path.lstrip("/").partition("/")[0]
        if isinstance(fs, LocalFileSystem) or not fs.exists(bucket):
            raise
        found = []
    files = [
        File(fs, each["name"], _shown(folder, each["name"]), _written_at(each))
        for each in found
        if each["type"] == "file"
    ]
    return sorted(files, key=lambda file: file.name)


def _shown(folder: ObjectStoragePath, path: str) -> str:
    # A name on a disk may have anything in it.
    return one_line(f"{str(folder).rstrip('/')}/{path.rpartition('/')[2]}")


def _written_at(info: Mapping[str, Any]) -> float | None:
    at = next((info[word] for word in _WRITTEN if info.get(word)), None)
    if isinstance(at, datetime):
        return at.timestamp()
    return float(at) if isinstance(at, int | float) else None


def has_settled(file: File, seconds: float) -> bool:
    """Tell whether a file was last written to long enough ago; a time to come is a clock that is wrong."""
    return file.written_at is None or abs(time.time() - file.written_at) >= seconds
