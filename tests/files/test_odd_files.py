"""Files that are odd in what they are, and not in what they have: links, pipes, names, and what happens meanwhile."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from files.conftest import Folder
from message_center.accounts.account import AccountError
from message_center.files import opening, progress
from support.events import event


def line(name: str) -> str:
    return json.dumps(event(external_id=name))


@pytest.fixture
def disk(folder: Folder) -> Folder:
    if not folder.url.startswith("file"):
        pytest.skip("a store has files and nothing else")
    return folder


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link.ndjson": (lambda path: path.symlink_to("/etc/passwd"), "it is a link or a pipe. Put the file itself there"),
    "a link to a pipe.csv": (lambda path: path.symlink_to("a pipe.ndjson"), "it is a link or a pipe"),
    "a link to itself.xml": (lambda path: path.symlink_to(path), "it is a link or a pipe"),
    "a link to nothing.csv": (lambda path: path.symlink_to("nothing"), "it is a link or a pipe"),
    "a pipe.ndjson": (os.mkfifo, "it is a link or a pipe"),
}


def test_what_is_no_file_of_its_own_is_not_read_and_stops_no_neighbour(disk: Folder) -> None:
    for name, (make, _) in ODD.items():
        make(Path(disk.path, name))
        disk.put(f"{name} good.ndjson", line("good"))
    Path(disk.path, "a folder.ndjson").mkdir()
    imported = disk.run()
    assert imported.counts == {"failed": len(ODD), "files": len(ODD), "accepted": len(ODD), "rejected": 0}
    for name, (_, told) in ODD.items():
        (fault,) = (str(each) for each in imported.faults if f"/{name}:" in each.problem)
        assert told in fault


def test_a_file_that_was_changed_for_a_link_is_not_read(disk: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.put("a.ndjson", line("good"))
    secret = Path(disk.path, "secret")
    secret.write_text("secret")
    begin = progress.begin

    def begin_and_change(*args: Any) -> Any:
        Path(disk.path, "a.ndjson").unlink()
        Path(disk.path, "a.ndjson").symlink_to(secret)
        return begin(*args)

    monkeypatch.setattr(progress, "begin", begin_and_change)
    with pytest.raises(AccountError, match="it is a link or a pipe"):
        disk.run().refuse_faults()
    assert disk.done() == {}


def test_no_folder_is_read_by_a_link_in_the_accounts_folder(
    disk: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "a.ndjson").write_text(line("of others"))
    Path(disk.path, "late").symlink_to(other)
    with pytest.raises(AccountError, match=r"late: it is a link out of the account's folder\. Name a folder that"):
        disk.run(path=f"{disk.url}/late")
    Path(disk.path, "here").symlink_to(disk.path)
    disk.put("a.ndjson", line("own"))
    assert disk.run(path=f"{disk.url}/here").counts["accepted"] == 1
    assert disk.events() == ["own"]


@contextmanager
def nobody() -> Iterator[None]:
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become nobody")
def test_what_may_not_be_read_stops_no_neighbour(disk: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        disk.put(f"{name}.ndjson", line(name))
    Path(disk.path, "b.ndjson").chmod(0o600)
    disk_path = Path(disk.path)
    for folder in (disk_path, *disk_path.parents):
        # Those that pytest and its workers have made.
        if folder == disk_path or folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    real = disk.fs.open

    def open_as_nobody(path: str, mode: str = "rb", **settings: Any) -> Any:
        if "w" in mode:
            return real(path, mode, **settings)
        with nobody():
            return real(path, mode, **settings)

    monkeypatch.setattr(disk.fs, "open", open_as_nobody)
    with pytest.raises(AccountError, match=r"b\.ndjson: PermissionError: .* See that it can be read"):
        disk.run().refuse_faults()
    assert disk.events() == ["a", "c"]


@pytest.mark.parametrize("when", ["before it is begun", "while it is read"])
def test_a_file_that_goes_away_stops_no_neighbour(folder: Folder, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    for name in "abc":
        folder.put(f"{name}.ndjson", line(name))
    name = "advance" if when == "while it is read" else "begin"
    calls, real = iter("abc"), getattr(progress, name)

    def call(*args: Any) -> Any:
        if next(calls) == "b":
            folder.fs.rm_file(f"{folder.path}/b.ndjson")
        return real(*args)

    monkeypatch.setattr(progress, name, call)
    with pytest.raises(AccountError, match=r"b\.ndjson: it went away while it was taken in\. Leave a file alone"):
        folder.run().refuse_faults()
    assert folder.events() == (["a", "b", "c"] if when == "while it is read" else ["a", "c"])
    assert folder.names() == []


def test_a_store_that_fails_for_one_file_stops_no_neighbour(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        folder.put(f"{name}.ndjson", line(name))
    exists = folder.fs.exists

    def fail_for_b(path: str, **settings: Any) -> bool:
        if path.endswith("b.ndjson"):
            raise ConnectionResetError("by the store")
        return bool(exists(path, **settings))

    with monkeypatch.context() as patch:
        patch.setattr(folder.fs, "exists", fail_for_b)
        with pytest.raises(AccountError, match=r"b\.ndjson: ConnectionResetError: by the store"):
            folder.run().refuse_faults()
    assert folder.events() == ["a", "c"]


def test_names_that_look_the_same_are_two_files(folder: Folder) -> None:
    bad = f"{line('first')}\n{{"
    if folder.url.startswith("s3"):
        pytest.skip("the server of the tests does not know such names")
    names = ["a b.csv", "a  b.csv", "a\nb.csv", "a\udcffb.csv"]
    head = "type,email,external_id\n"
    for number, name in enumerate(names):
        folder.put(name, f"{head}o,a@b.example,{number}\n")
    folder.put("a b.ndjson.gz", gzip.compress(bad.encode())[:-4])
    folder.put("a  b.ndjson.gz", gzip.compress(line("last").encode()))
    imported = folder.run()
    assert (imported.counts["files"], imported.counts["failed"]) == (5, 1)
    urls = [url for (url,) in folder.instance.execute("select file from message_center.imported_file").fetchall()]
    assert len(set(urls)) == 6
    assert all(url.isprintable() for url in urls)


def test_a_name_as_long_as_a_disk_takes_is_cut_when_it_is_done(folder: Folder) -> None:
    name = f"{'é' * 120}.ndjson"
    for end in ("good", "bad"):
        folder.put(name, f"{line(end)}\n{{")
        assert folder.run().counts == {"files": 1, "accepted": 1, "rejected": 1}
    assert folder.events() == ["good", "bad"]
    assert all(done.endswith(("é.ndjson", "é.ndjson.rejected.ndjson")) for done in folder.done())


def test_of_a_packed_file_that_is_damaged_nothing_is_taken_in(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "CHUNK_BYTES", 64)
    whole = gzip.compress("\n".join(map(line, "abc")).encode())
    folder.put("a.ndjson.gz", whole[:-8] + bytes(8))
    assert folder.run().counts == {"failed": 1}
    assert folder.events() == []
    folder.put("a.ndjson.gz", whole)
    assert folder.run().counts["files"] == 1
    assert folder.events() == ["a", "b", "c"]


@pytest.mark.parametrize("path", ["{}//late", "{}/late//deeper", "{}/late/", "{}/"])
def test_a_folder_has_one_url(folder: Folder, path: str) -> None:
    folder.fs.makedirs(f"{folder.path}/late", exist_ok=True)
    folder.put("late/a.ndjson", line("a"))
    if "//" in path:
        with pytest.raises(AccountError, match="is not in the account's folder"):
            folder.run(path=path.format(folder.url))
    else:
        folder.run(path=path.format(folder.url))
        assert all("//" not in url.split("://")[1] for (url,) in known(folder))


def known(folder: Folder) -> list[tuple[str]]:
    return folder.instance.execute("select file from message_center.imported_file").fetchall()


@pytest.mark.parametrize("sqlstate", ["57014", "53400", "40P01", "42883", "XX001"])
def test_whatever_an_instance_says_of_one_file_the_others_are_taken_in(folder: Folder, sqlstate: str) -> None:
    """Else those behind it would wait for it, run after run. What may pass by itself is tried again."""
    folder.instance.execute(
        "create function public.refuse() returns trigger language plpgsql as $$"
        f" begin raise 'not now' using errcode = '{sqlstate}'; end $$;"
        "create trigger refuse before insert on message_center.batch_event"
        " for each row when (new.external_id = 'b') execute function public.refuse()"
    )
    for name in "abc":
        folder.put(f"{name}.ndjson", line(name))
    imported = folder.run()
    assert (imported.counts["files"], folder.events(), folder.names()) == (2, ["a", "c"], ["b.ndjson"])
    passes = sqlstate[0] in "45" and sqlstate != "42883"
    with pytest.raises(psycopg.Error if passes else AccountError, match="not now"):
        imported.refuse_faults()
    folder.instance.execute("drop function public.refuse cascade")
    folder.run().refuse_faults()
    assert sorted(folder.events()) == ["a", "b", "c"]


def test_what_an_instance_refuses_at_the_end_of_a_set_is_the_files_fault(folder: Folder) -> None:
    folder.instance.execute(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;"
        "create constraint trigger refuse after insert on message_center.rt_event deferrable initially deferred"
        " for each row when (new.external_id = 'b') execute function public.refuse()"
    )
    for name in "abc":
        folder.put(f"{name}.ndjson", line(name))
    with pytest.raises(AccountError, match=r"b\.ndjson: RaiseException: not this one\. See that"):
        folder.run(queue="rt").refuse_faults()
    assert folder.events() == ["a", "c"]
