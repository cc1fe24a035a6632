"""Folders with files in them: on a disk, and in a store that has no folders and no renaming."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import fsspec
import psycopg
import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach

from message_center.accounts.account import Account
from message_center.files.run import Imported, import_events

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Connection = psycopg.Connection[Any]
KINDS = ["disk", "store", *(["s3"] if find_spec("s3fs") and find_spec("moto") else [])]


@dataclass(frozen=True)
class Folder:
    """A folder, and the instance into which its files are imported."""

    fs: AbstractFileSystem
    path: str
    url: str
    instance: Connection

    def put(self, name: str, content: bytes | str) -> None:
        """Put a file into it."""
        self.fs.pipe_file(f"{self.path}/{name}", content.encode() if isinstance(content, str) else content)

    def names(self) -> list[str]:
        """Return the names of the files that wait."""
        self.fs.invalidate_cache()
        return sorted(name_of(each["name"]) for each in self.fs.ls(self.path, detail=True) if each["type"] == "file")

    def done(self) -> dict[str, str]:
        """Return what is done, by name and without the time."""
        if not self.fs.exists(f"{self.path}/done"):
            return {}
        paths = self.fs.ls(f"{self.path}/done", detail=False)
        return {name_of(path).partition("-")[2]: self.fs.cat_file(path).decode(errors="replace") for path in paths}

    def rejected(self, name: str) -> list[tuple[int, str, str]]:
        """Return what is kept of the rejected records of a file that is done: line, reason, record."""
        told = self.done().get(f"{name}.rejected.ndjson", "")
        return [tuple(json.loads(line).values()) for line in told.splitlines()]

    def run(self, **params: Any) -> Imported:
        """Do what a run of the workflow does."""
        account = Account("mcTest", import_path=self.url)
        return import_events(account, {"queue": "batch", "settled_seconds": 0, "dry_run": False, **params})

    def events(self, columns: str = "external_id") -> list[Any]:
        """Return what is in the queue, in its order."""
        found = self.instance.execute(f"select {columns} from message_center.event order by id").fetchall()
        return [row[0] if len(row) == 1 else row for row in found]


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A server that speaks S3; its URL."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStoragePath]:
    """A bucket of its own, by an Airflow connection."""
    connection = {"conn_type": "aws", "login": "ann", "password": "secret", "extra": {"endpoint_url": s3}}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_BUCKET", json.dumps(connection))
    path = ObjectStoragePath(f"s3://shop_bucket@bucket-{uuid4().hex}/events")
    path.fs.mkdir(path.bucket)
    yield path
    path.fs.rm(path.bucket, recursive=True)


@pytest.fixture(params=KINDS)
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, execution: Connection, airflow_connections: None
) -> Iterator[Folder]:
    """A folder with nothing in it, of each kind."""
    if request.param == "disk":
        yield Folder(fsspec.filesystem("file"), str(tmp_path), f"file://{tmp_path}", execution)
        return
    if request.param == "s3":
        path: ObjectStoragePath = request.getfixturevalue("bucket")
        yield Folder(path.fs, path.path, str(path), execution)
        return
    fs = attach("memory", fs=fsspec.filesystem("memory")).fs
    fs.pipe_file("/bucket/of/others", b"")
    yield Folder(fs, "/bucket/events", "memory://bucket/events", execution)
    fs.rm("/bucket", recursive=True)
