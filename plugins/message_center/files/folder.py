"""A folder, or what an object store has in its place: the files that wait there, and those that are done."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airflow.sdk import ObjectStoragePath
from fsspec.implementations.local import LocalFileSystem

from message_center.errors import one_line
from message_center.files.errors import FileError
from message_center.files.file import File
from message_center.files.names import url_of

# A file system says when it was last written to, in one of these words.
_WRITTEN = ("mtime", "LastModified", "last_modified", "updated", "created")


_REMEDY = (
    "Correct import_path, the connection that it names, or the rights there; a store needs its provider of Airflow"
)


def files_in(url: str, own: str) -> list[File]:
    """
    Return the files of a folder, by name.

    :param own: the account's folder, which it is, or is in.
    :raises FileError: if it cannot be read; says what to do.
    """
    try:
        _refuse_way_out(ObjectStoragePath(url), ObjectStoragePath(own))
        return _listed(ObjectStoragePath(url))
    except FileError:
        raise
    except FileNotFoundError:
        raise FileError("there is no such folder", "Make it, or correct import_path in the connection") from None
    except Exception as error:
        # Whatever a store or its library says.
        told = f"the folder cannot be read: {type(error).__name__}: {one_line(error)}"
        raise FileError(told, _REMEDY) from error


def _refuse_way_out(folder: ObjectStoragePath, own: ObjectStoragePath) -> None:
    """Whoever may write into the account's folder may not have all of a worker's disk read by a link in it."""
    if isinstance(folder.fs, LocalFileSystem):
        within, whole = (os.path.realpath(each.path) for each in (folder, own))
        if os.path.commonpath([within, whole]) != whole:
            raise FileError("it is a link out of the account's folder", "Name a folder that lies there itself")


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
        File(fs, each["name"], url_of(str(folder), _name(each)), _written_at(each), each["type"] == "file")
        for each in found
        if each["type"] != "directory"
    ]
    return sorted(files, key=lambda file: file.name)


def _name(info: Mapping[str, Any]) -> str:
    return str(info["name"]).rpartition("/")[2]


def _written_at(info: Mapping[str, Any]) -> float | None:
    at = next((info[word] for word in _WRITTEN if info.get(word)), None)
    if isinstance(at, datetime):
        return at.timestamp()
    return float(at) if isinstance(at, int | float) else None


def has_settled(file: File, seconds: float) -> bool:
    """Tell whether a file was last written to long enough ago; a time to come is a clock that is wrong."""
    return file.written_at is None or abs(time.time() - file.written_at) >= seconds
