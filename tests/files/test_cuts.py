"""Wherever a run is cut, the next one goes on: nothing is lost, nothing doubled, and what is rejected is exact."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import psycopg
import pytest

from files.conftest import Folder
from message_center.accounts.account import AccountError
from message_center.files import importing, progress
from message_center.files.file import File
from message_center.files.pushing import push
from message_center.sql import statement
from support.events import event
from support.waiting import until

SIZE = 23
LINES = [json.dumps(event(external_id=str(n), **({"email": "bad"} if n % 5 == 3 else {}))) for n in range(SIZE)]
NDJSON = "\n".join(LINES)
ROWS = "".join(f"order,{'bad' if n % 5 == 3 else 'a@shop.example'},{n}\n" for n in range(SIZE))
XML = "".join(
    f'<rtEvent type="o" email="{"bad" if n % 5 == 3 else "a@shop.example"}" externalId="{n}"><ctx/></rtEvent>'
    for n in range(SIZE)
)
FILES = {"a.ndjson": NDJSON, "a.csv": f"type,email,external_id\n{ROWS}", "a.xml": f"<events>{XML}</events>"}
REASON = "email is badly formed"
GOOD = [str(n) for n in range(SIZE) if n % 5 != 3]


class KilledError(BaseException):
    """The end of a process: nothing of it catches this."""


@pytest.fixture(autouse=True)
def small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("message_center.files.records.MAX_LINES", 4)


def killed(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, at: int, before: bool) -> None:
    """Let a process die before or after its n-th call of something."""
    calls = iter(range(1, 1000))
    real: Callable[..., Any] = getattr(owner, name)

    def call(*args: Any, **settings: Any) -> Any:
        number = next(calls)
        if number == at and before:
            raise KilledError
        result = real(*args, **settings)
        if number == at:
            raise KilledError
        return result

    monkeypatch.setattr(owner, name, call)


STEPS: list[tuple[Any, str, int]] = [
    (progress, "begin", 1),
    *((importing, "push", at) for at in (1, 6)),
    *((progress, "advance", at) for at in (3, 6)),
    (progress, "end", 1),
    (File, "_write", 1),
    (File, "put_away", 1),
    (progress, "finish", 1),
]


@pytest.mark.parametrize("name", FILES)
def test_a_run_that_is_cut_is_gone_on_with(folder: Folder, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for owner, step, at in STEPS:
        for before in (True, False):
            where = f"{'before' if before else 'after'} {step} {at}"
            folder.put(name, FILES[name])
            with monkeypatch.context() as patch:
                killed(patch, owner, step, at, before)
                with pytest.raises(KilledError):
                    folder.run()
            is_away = not folder.names()
            result = folder.run().counts
            assert result == ({} if is_away else {"files": 1, "accepted": len(GOOD), "rejected": SIZE - len(GOOD)})
            assert folder.events() == GOOD, where
            assert folder.names() == []
            assert [reason for _, reason, _ in folder.rejected(name)] == [REASON] * (SIZE - len(GOOD)), where
            assert set(folder.done()) == {name, f"{name}.rejected.ndjson"}, where
            folder.instance.execute("truncate message_center.event, message_center.imported_file cascade")
            folder.fs.rm(f"{folder.path}/done", recursive=True)


def test_a_file_that_was_put_away_and_not_noted_gives_its_name_to_another(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("a.ndjson", NDJSON)
    with monkeypatch.context() as patch:
        killed(patch, progress, "finish", 1, before=True)
        with pytest.raises(KilledError):
            folder.run()
    folder.put("a.ndjson", json.dumps(event(external_id="of another file")))
    assert folder.run().counts == {"files": 1, "accepted": 1, "rejected": 0}
    assert folder.events() == [*GOOD, "of another file"]
    assert folder.instance.execute("select count(*) from message_center.rejected_record").fetchone() == (0,)


def cut_in_the_middle(folder: Folder, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    folder.put("a.ndjson", content)
    with monkeypatch.context() as patch:
        killed(patch, progress, "advance", 3, before=True)
        with pytest.raises(KilledError):
            folder.run()


def test_a_file_that_has_changed_since_it_was_begun_is_noticed(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_in_the_middle(folder, monkeypatch, NDJSON)
    before = folder.events()
    folder.put("a.ndjson", NDJSON.replace('"external_id": "2"', '"external_id": "two"'))
    with pytest.raises(AccountError, match="another file than the one of which 8 records were taken in"):
        folder.run().refuse_faults()
    assert folder.events() == before
    folder.put("a.ndjson", NDJSON)
    assert folder.run().counts["files"] == 1
    assert folder.events() == GOOD


def test_a_file_may_be_mended_behind_what_is_in(folder: Folder) -> None:
    folder.put("a.xml", f"<events>{XML}<oops></events>")
    with pytest.raises(AccountError, match=r"a\.xml: line 1: what begins there has no end"):
        folder.run().refuse_faults()
    assert folder.events() == GOOD
    folder.put("a.xml", FILES["a.xml"])
    assert folder.run().counts == {"files": 1, "accepted": len(GOOD), "rejected": SIZE - len(GOOD)}
    assert folder.events() == GOOD


def test_a_file_that_changes_while_it_is_read_is_noticed(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put("a.ndjson", NDJSON)
    advance = progress.advance

    def advance_and_write(*args: Any) -> None:
        advance(*args)
        folder.put("a.ndjson", f"{NDJSON}\n{NDJSON}")

    with monkeypatch.context() as patch:
        patch.setattr(progress, "advance", advance_and_write)
        with pytest.raises(
            AccountError, match=r"a.ndjson: it was changed while it was read. Write a file under a name"
        ):
            folder.run().refuse_faults()
    folder.run()
    assert len(folder.events()) == 2 * len(GOOD)


def test_a_file_that_could_not_be_put_away_and_has_grown_is_read_on(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in ("", NDJSON):
        folder.put("a.ndjson", content)
        with monkeypatch.context() as patch:
            killed(patch, File, "put_away", 1, before=True)
            with pytest.raises(KilledError):
                folder.run()
    folder.put("a.ndjson", f"{NDJSON}\n{json.dumps(event(external_id='more'))}")
    assert folder.run().counts["accepted"] == len(GOOD) + 1
    assert folder.events() == [*GOOD, "more"]


@pytest.mark.parametrize("knows_conditions", [True, False])
def test_a_file_that_is_replaced_as_it_is_put_away_is_not_lost(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, knows_conditions: bool
) -> None:
    """A disk says what it has moved, and S3 compares as it deletes; other stores leave a moment between two calls."""
    step = {"file": "mv", "s3": "call_s3"}.get(folder.url.split(":")[0])
    if not step or (step == "mv" and not knows_conditions):
        pytest.skip("a store that can't be asked to")
    real: Callable[..., Any] = getattr(folder.fs, step)

    def replace_and_call(*args: Any, **settings: Any) -> Any:
        if step == "call_s3" and args[0] != "delete_object":
            return real(*args, **settings)
        if not knows_conditions:
            raise OSError("NotImplemented")
        monkeypatch.setattr(folder.fs, step, real)
        folder.put("a.ndjson", json.dumps(event(external_id="of another file")))
        return real(*args, **settings)

    folder.put("a.ndjson", NDJSON)
    monkeypatch.setattr(folder.fs, step, replace_and_call)
    if knows_conditions:
        with pytest.raises(AccountError, match=r"a\.ndjson: it was changed while it was read"):
            folder.run().refuse_faults()
        assert folder.names() == ["a.ndjson"]
        assert folder.run().counts["accepted"] == 1
    else:
        assert folder.run().counts["files"] == 1
    assert folder.events() == [*GOOD, *["of another file"] * knows_conditions]
    assert folder.names() == []


def test_a_store_that_does_not_delete_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    if folder.url.startswith("file"):
        pytest.skip("a disk renames")
    folder.put("a.ndjson", NDJSON)
    with monkeypatch.context() as patch:
        for step in ("rm_file", "call_s3"):
            patch.setattr(folder.fs, step, lambda *_, **__: None, raising=False)
        with pytest.raises(AccountError, match="it is done, and does not go away"):
            folder.run().refuse_faults()
    assert folder.run().counts["files"] == 1
    assert folder.events() == GOOD


def test_two_runs_at_the_same_time_take_turns(folder: Folder) -> None:
    folder.put("a.ndjson", NDJSON)
    results: list[Any] = []
    runs = [Thread(target=lambda: results.append(folder.run().counts)) for _ in range(2)]
    with psycopg.connect(folder.instance.info.dsn, autocommit=True) as other:
        other.execute(statement("execution/imports_lock"))
        for each in runs:
            each.start()
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        until("both runs waiting", lambda: other.execute(waiting).fetchone() == (2,), 10)
    for each in runs:
        each.join()
    assert folder.events() == GOOD
    assert sorted(map(len, results)) == [0, 3], "the second finds that the file has gone"


def test_a_run_that_was_taken_for_dead_does_not_go_on(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its session has lost the lock, as behind a pool of connections; the guard of each set holds it up."""
    folder.put("a.ndjson", NDJSON)
    calls = iter(range(100))

    def push_while_another_run_does(*args: Any) -> Any:
        if next(calls) == 2:
            monkeypatch.setattr(importing, "push", push)
            folder.instance.execute("update message_center.imported_file set records = records + 4")
        return push(*args)

    monkeypatch.setattr(importing, "push", push_while_another_run_does)
    with pytest.raises(AccountError, match="another run has gone on with it"):
        folder.run().refuse_faults()
    assert folder.events() == [n for n in GOOD if int(n) < 8]
