"""manageCallers: who may enter, said from Airflow; no secret comes further than to its digest."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.callers import KEEP, REMOVE, manage
from message_center.intake.keys import digest_of, id_of, new_secret

Connection = psycopg.Connection[Any]
KEYS = "select may, event_types, queues, max_events_per_second, digest from message_center.caller_keys() where id = %s"


def asked(**params: Any) -> dict[str, Any]:
    default = {"account": "mctest", "caller": "shop", "action": KEEP, "may": ["push"], "overlap_hours": 24}
    none = dict.fromkeys(("event_types", "queues", "max_events_per_second", "secret_conn_id"))
    return default | none | params


@pytest.fixture
def secret(airflow_connections: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A secret, in a connection."""
    secret = new_secret()
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_SECRET", f'{{"conn_type": "generic", "password": "{secret}"}}')
    monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", Registry([Account("mctest")]).to_json())
    return secret


def test_a_caller_is_let_in_changed_rotated_and_shut_out(
    execution: Connection, secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        result = manage(asked(secret_conn_id=" shop_secret", queues=["rt"], max_events_per_second=9))
    key = [id_of(secret)]
    assert result == {
        "caller": "shop", "may": ["push"], "event_types": None, "queues": ["rt"], "max_events_per_second": 9,
        "keys": [{"id": id_of(secret), "good_until": None}],
    }  # fmt: skip
    assert execution.execute(KEYS, key).fetchall() == [(["push"], None, ["rt"], 9, digest_of(secret))]

    manage(asked(may=["push", "act"], event_types=["invoice_ready"]))
    assert execution.execute(KEYS, key).fetchall()[0][:4] == (["push", "act"], ["invoice_ready"], None, None)

    newer = new_secret()
    monkeypatch.setenv("AIRFLOW_CONN_NEWER", f'{{"conn_type": "generic", "password": "{newer}"}}')
    manage(asked(secret_conn_id="newer", overlap_hours=0))
    assert execution.execute(KEYS, key).fetchall() == []
    assert len(execution.execute(KEYS, [id_of(newer)]).fetchall()) == 1

    manage(asked(action=REMOVE))
    assert execution.execute("select count(*) from message_center.caller").fetchone() == (0,)
    assert not [each for each in (secret, newer) if each in caplog.text]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "has no secret"),
        ({"account": "other"}, "no account 'other'"),
        ({"secret_conn_id": "nothing"}, "no connection 'nothing'"),
        ({"secret_conn_id": "mctest"}, "is no caller's secret"),
        ({"caller": "a b"}, "is no name of a caller. Take"),
        ({"event_types": ["order", "a\0b"]}, "is no event type. Name types"),
        ({"max_events_per_second": 2**31}, "are no limit. Say 1 to"),
        ({"secret_conn_id": "shop_secret", "overlap_hours": 1e12}, "are no overlap. Say 0 to"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_done(
    execution: Connection, secret: str, wrong: dict[str, Any], why: str
) -> None:
    with pytest.raises(AirflowFailException, match=why):
        manage(asked(**wrong))
    assert execution.execute("select count(*) from message_center.caller").fetchone() == (0,)


def test_an_instance_that_is_not_ready_says_what_to_do(execution: Connection, secret: str) -> None:
    execution.execute("drop table message_center.caller cascade")
    with pytest.raises(AirflowFailException, match=r"exist\. Let mcSynch_mctest run: it makes the instance ready\."):
        manage(asked(secret_conn_id="shop_secret"))


def connect(monkeypatch: pytest.MonkeyPatch, conn_id: str, secret: str) -> str:
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({"conn_type": "generic", "password": secret}))
    return conn_id


def test_a_secret_that_was_given_before_is_none_for_anybody_else(
    execution: Connection, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage(asked(secret_conn_id="shop_secret"))
    twin = connect(monkeypatch, "twin", secret[:-1] + ("A" if secret[-1] != "A" else "B"))
    for params, why in (
        ({"caller": "bank"}, "this secret is that of caller 'shop'. Make another"),
        ({"secret_conn_id": twin}, "goes on otherwise. Make another"),
    ):
        with pytest.raises(AirflowFailException, match=why):
            manage(asked(**({"secret_conn_id": "shop_secret"} | params)))
    execution.execute("update message_center.caller_key set expires_at = now()")
    with pytest.raises(AirflowFailException, match=r"is not good any more\. Make another"):
        manage(asked(secret_conn_id="shop_secret"))
    assert execution.execute("select name from message_center.caller").fetchall() == [("shop",)]


def test_a_secret_with_a_line_end_behind_it_is_the_secret(
    execution: Connection, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage(asked(secret_conn_id=connect(monkeypatch, "pasted", f" {secret}\n")))
    assert execution.execute(KEYS, [id_of(secret)]).fetchone() is not None


def test_a_secret_in_the_place_of_the_connections_name_is_not_said_again(secret: str) -> None:
    with pytest.raises(AirflowFailException, match="is a secret itself") as refused:
        manage(asked(secret_conn_id=secret))
    assert secret not in str(refused.value)
