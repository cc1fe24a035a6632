"""The registry: accounts from wherever Airflow keeps connections, and nothing secret among them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.models import Connection
from airflow.models.dagbag import DagPriorityParsingRequest
from airflow.models.errors import ParseImportError
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from message_center.accounts.account import Account, AccountError
from message_center.accounts.bundle import find_accounts
from message_center.accounts.registry import Registry
from message_center.metadata.parsing import AGAIN_SECONDS, ERROR_SECONDS, Parsing
from message_center.statuses import STATUSES
from support import dag_bags  # noqa: F401 - sets Airflow's home
from support.process import REPOSITORY

EXECUTION = "message_center_execution"


@pytest.fixture
def session() -> Iterator[Session]:
    """A metadata database with nothing but the tables of connections and of files to parse."""
    engine = create_engine("sqlite://")
    Connection.__table__.create(engine)
    DagPriorityParsingRequest.__table__.create(engine)
    ParseImportError.__table__.create(engine)
    with Session(engine) as session:
        yield session


def add(session: Session, conn_id: str, conn_type: str = EXECUTION, **extra: Any) -> None:
    connection = Connection(
        conn_id=conn_id, conn_type=conn_type, host="db.internal", password="hush", extra=json.dumps(extra)
    )
    session.add(connection)
    session.flush()


def test_connections_of_our_type_are_accounts(session: Session) -> None:
    add(session, "shop", window_seconds=30, smtp_conn_id="mail")
    add(session, "bank", enabled="false", instance_identifier="7")
    add(session, "other", conn_type="postgres")
    assert find_accounts(session, Registry()).accounts == [
        Account("shop", window_seconds=30, smtp_conn_id="mail"),
        Account("bank", enabled=False, instance_identifier=7),
    ]


def test_the_environment_and_named_ids_count_too(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", f"{EXECUTION}://u:hush@db/shop".replace("_", "-"))
    monkeypatch.setenv("AIRFLOW_CONN_MCEXEC1", json.dumps({"conn_type": EXECUTION}))
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", "smtp://localhost")
    monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__ACCOUNT_IDS", "mcExec1, missing")
    assert [account.account for account in find_accounts(session, Registry()).accounts] == ["mcExec1", "shop"]


def test_a_secrets_backend_is_asked_once_for_each_connection(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = Connection.get_connection_from_secrets

    def get(conn_id: str, **kwargs: Any) -> Connection:
        asked.append(conn_id)
        return original(conn_id, **kwargs)

    monkeypatch.setattr(Connection, "get_connection_from_secrets", get)
    for name, conn_type in (("SHOP", EXECUTION), ("ERP", "message_center_webhook")):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps({"conn_type": conn_type}))
    find_accounts(session, Registry())
    assert [asked.count(name) for name in ("shop", "erp")] == [1, 1]


def test_the_environment_hides_the_same_id_in_the_database(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    add(session, "shop", window_seconds=30)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps({"conn_type": EXECUTION, "extra": {"window_seconds": 90}}))
    assert find_accounts(session, Registry()).accounts == [Account("shop", window_seconds=90)]


def test_one_bad_account_is_an_error_and_the_others_stay(session: Session) -> None:
    add(session, "bad:id")
    add(session, "worse", instance_identifier=0)
    add(session, "good")
    registry = find_accounts(session, Registry())
    assert registry.accounts == [Account("good")]
    assert [error.split(": ")[0] for error in registry.errors] == ["Account 'bad:id'", "Account 'worse'"]


def test_an_account_that_worked_goes_on_when_a_field_is_typed_wrong(session: Session) -> None:
    before = Registry([Account("shop", window_seconds=30)])
    add(session, "shop", window_seconds="ten", instance_identifier=0, deliver="maybe")
    registry = find_accounts(session, before)
    assert registry.accounts == before.accounts
    (error,) = registry.errors
    assert "; its window length in seconds is 'ten'" in error
    assert "its instance identifier is 0, not a number from 1 to 127" in error
    assert "deliver is 'maybe'" in error
    assert error.endswith("Until then it works as before.")


def test_no_two_accounts_import_from_one_folder(session: Session) -> None:
    """Each would take in what is the other's, and both what they meet at the same time."""
    folder = "file:///srv/events"
    for name, settings in {"bank": {"enabled": "false"}, "shop": {}, "erp": {}}.items():
        add(session, name, import_path=folder, **settings)
    add(session, "crm", import_path=f"{folder}/")
    add(session, "own", import_path=f"{folder}/own")
    add(session, "none")
    add(session, "either")
    registry = find_accounts(session, Registry())
    paths = {account.account: account.import_path for account in registry.accounts}
    assert paths == {
        "bank": folder, "shop": folder, "erp": None, "crm": None, "own": f"{folder}/own", "none": None, "either": None,
    }  # fmt: skip
    assert registry.errors == [
        f"Account '{name}': its import_path is that of 'shop', too. Give it a folder of its own. Until then it imports "
        "nothing."
        for name in ("erp", "crm")
    ]


def spoil(session: Session, conn_id: str, **columns: str) -> None:
    """Put something into the table that Airflow itself would not have written, or not with the key that it has now."""
    for column, value in columns.items():
        encrypted = {"password": "is_encrypted", "extra": "is_extra_encrypted"}[column]
        session.execute(
            text(f"update connection set {column} = :value, {encrypted} = :is_encrypted where conn_id = :conn_id"),
            {"value": value, "is_encrypted": value not in NO_EXTRAS, "conn_id": conn_id},
        )
    session.expire_all()


NO_EXTRAS = ("[1]", "no JSON")
OF_ANOTHER_KEY = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
UNREADABLE = [{"password": OF_ANOTHER_KEY}, {"extra": OF_ANOTHER_KEY}, *({"extra": each} for each in NO_EXTRAS)]


@pytest.mark.parametrize("columns", UNREADABLE, ids=["password", "extra", "list", "text"])
def test_a_connection_that_cannot_be_read_hides_no_other(session: Session, columns: dict[str, str]) -> None:
    """Of an account that was there its workflows go on: its connection may be good again in a minute."""
    for name in ("first", "shop", "new", "last"):
        add(session, name)
    for name in ("crm", "erp"):
        add_webhook(session, name)
    for name in ("shop", "new", "crm"):
        spoil(session, name, **columns)
    registry = find_accounts(session, Registry([Account("shop", window_seconds=30)]))
    assert {account.account: account.webhooks for account in registry.accounts} == {
        "first": ("erp",), "last": ("erp",), "shop": ("erp",),
    }  # fmt: skip
    assert [error.split(" cannot")[0] for error in registry.errors] == [
        f"Connection '{name}'" for name in ("shop", "new", "crm")
    ]
    assert registry.errors[0].endswith("write them anew in Admin > Connections. Until then it works as before.")


def test_an_account_that_is_named_outlives_a_secrets_backend_that_is_away(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__ACCOUNT_IDS", "bank shop")
    monkeypatch.setenv("AIRFLOW_CONN_BANK", json.dumps({"conn_type": EXECUTION}))
    registry = find_accounts(session, Registry([Account("shop"), Account("gone")]))
    assert [account.account for account in registry.accounts] == ["bank", "shop"]
    assert registry.errors == [
        "Connection 'shop' cannot be read: AirflowNotFoundException. Correct it, or take its id out of "
        "[message_center] account_ids. Until then it works as before."
    ]


@pytest.mark.parametrize(
    "path",
    ["file:///srv/../srv/events", "file:///srv/./events", "file:////srv/events", "FILE:///srv/events", "s3://a@b//c",
     "file:///srv/events/done", "file:///srv/events/done/", "s3://a@b/done", "s3://user:hush@b/events"],
)  # fmt: skip
def test_a_folder_is_written_in_one_way_and_holds_nothing_that_is_done(path: str) -> None:
    """Else two accounts would have one and the same, and one would take in what the other has put away."""
    with pytest.raises(AccountError, match="its import_path is not the URL of a folder") as error:
        Account.from_connection("shop", {"import_path": path})
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("path", ["file:///srv/done/shop", "file:///srv/events/", "s3://a@b", "s3://a@b/", "file:///"])
def test_other_folders_are_folders(path: str) -> None:
    assert Account.from_connection("shop", {"import_path": path}).import_path == path


def test_an_account_whose_connection_is_gone_is_gone(session: Session) -> None:
    assert find_accounts(session, Registry([Account("shop")])) == Registry()


def test_the_registry_holds_no_secret_and_no_host(session: Session) -> None:
    add(session, "shop", password="hush", private_key="hush")
    written = find_accounts(session, Registry()).to_json()
    assert "hush" not in written
    assert "db.internal" not in written
    assert Registry.from_json(written).accounts == [Account("shop")]


@pytest.fixture
def parsing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Parsing, list[float]]:
    """What asks for parses, at a time that the test sets, with a folder of templates of its own."""
    (tmp_path / "include" / "templates" / "welcome").mkdir(parents=True)
    monkeypatch.setattr("message_center.metadata.parsing.project_folder", lambda: tmp_path)
    now = [100.0]
    return Parsing("message-center", REPOSITORY / "dags", clock=lambda: now[0]), now


def asked(session: Session, parsing: Parsing, registry_has_changed: bool = False) -> list[str]:
    """Return the files whose parse a refresh asks for, as the DAG processor takes them."""
    parsing.ask(session, registry_has_changed)
    session.flush()
    requests = list(session.scalars(select(DagPriorityParsingRequest)))
    for request in requests:
        session.delete(request)
    session.flush()
    return sorted(request.relative_fileloc for request in requests)


ALL_FILES = sorted(file.name for file in (REPOSITORY / "dags").glob("*.py"))


def test_files_are_parsed_when_the_registry_changes_and_once_more_and_not_else(
    session: Session, parsing: tuple[Parsing, list[float]]
) -> None:
    """The second parse is the one after which a deleted account's DAGs are away."""
    asks, now = parsing
    assert asked(session, asks) == []
    assert asked(session, asks, registry_has_changed=True) == ALL_FILES
    assert asked(session, asks) == []
    now[0] += AGAIN_SECONDS
    assert asked(session, asks) == ALL_FILES
    now[0] += 10 * AGAIN_SECONDS
    assert asked(session, asks) == []


def test_files_are_parsed_when_there_is_another_template(
    session: Session, parsing: tuple[Parsing, list[float]], tmp_path: Path
) -> None:
    asks, _ = parsing
    assert asked(session, asks) == []
    (tmp_path / "include" / "templates" / "farewell").mkdir()
    assert asked(session, asks) == ALL_FILES
    assert asked(session, asks) == []


def test_a_file_with_an_error_is_tried_again(session: Session, parsing: tuple[Parsing, list[float]]) -> None:
    asks, now = parsing
    session.add(ParseImportError(bundle_name="message-center", filename="windows.py", stacktrace="no API server"))
    session.add(ParseImportError(bundle_name="theirs", filename="archiving.py", stacktrace="theirs"))
    session.flush()
    assert asked(session, asks) == ["windows.py"]
    assert asked(session, asks) == []
    now[0] += ERROR_SECONDS
    assert asked(session, asks) == ["windows.py"]


def test_a_file_that_is_asked_for_already_is_not_asked_for_twice(
    session: Session, parsing: tuple[Parsing, list[float]]
) -> None:
    asks, _ = parsing
    asks.ask(session, registry_has_changed=True)
    session.flush()
    assert asked(session, asks, registry_has_changed=True) == ALL_FILES


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ({"enabled": "maybe"}, "enabled is 'maybe'"),
        ({"window_seconds": 5}, "its window length in seconds is 5, not a number from 20 to 3600"),
        ({"instance_identifier": "one"}, "its instance identifier is 'one', not a number from 1 to 127"),
    ],
)
def test_a_bad_field_names_itself_and_the_remedy(extra: dict[str, Any], problem: str) -> None:
    with pytest.raises(AccountError, match=f"Account 'shop': {problem}") as error:
        Account.from_connection("shop", extra)
    assert "the connection" in str(error.value)


def add_webhook(session: Session, name: str, host: str = "https://erp.example/status", **extra: Any) -> None:
    secret = "whsec_" + "a" * 32
    session.add(
        Connection(
            conn_id=name, conn_type="message_center_webhook", host=host, password=secret, extra=json.dumps(extra)
        )
    )
    session.flush()


def test_webhooks_belong_to_the_account_that_they_name_or_to_all(session: Session) -> None:
    add(session, "shop")
    add(session, "bank")
    add_webhook(session, "erp", account="shop")
    add_webhook(session, "crm")
    found = find_accounts(session, Registry())
    assert {account.account: account.webhooks for account in found.accounts} == {
        "shop": ("crm", "erp"),
        "bank": ("crm",),
    }
    again = Registry.from_json(found.to_json())
    assert {account.account: account.webhooks for account in again.accounts}["shop"] == ("crm", "erp")
    assert "erp.example" not in found.to_json()
    assert "whsec" not in found.to_json()


def test_a_webhook_that_cannot_be_told_says_why_and_takes_no_other_away(session: Session) -> None:
    add(session, "shop")
    add_webhook(session, "good", account="shop")
    add_webhook(session, "plain", "http://erp.example/hush", account="shop")
    add_webhook(session, "typo", account="shopp")
    add_webhook(session, "wish", account="shop", statuses="Sent,Delivered")
    found = find_accounts(session, Registry())
    assert "good" in found.accounts[0].webhooks
    assert sorted(found.errors) == [
        "Webhook 'plain': its URL begins with http. Use https, or set [message_center] webhook_http_is_allowed.",
        "Webhook 'typo': there is no account 'shopp'. Correct the account in its connection.",
        f"Webhook 'wish': statuses has 'Delivered'. Choose from {', '.join(STATUSES)}.",
    ]
