"""manageCallers: who may enter, said from Airflow; no secret comes further than to its digest."""

from __future__ import annotations

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
        manage(asked(secret_conn_id="shop_secret", queues=["rt"], max_events_per_second=9))
    key = [id_of(secret)]
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
    ],
)
def test_what_cannot_be_is_refused_and_nothing_done(
    execution: Connection, secret: str, wrong: dict[str, Any], why: str
) -> None:
    with pytest.raises(AirflowFailException, match=why):
        manage(asked(**wrong))
    assert execution.execute("select count(*) from message_center.caller").fetchone() == (0,)
