"""What each component of the local stack finds in its environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from message_center.local.components import COMPONENTS, bare, doors_process, process_of, receiver_process
from message_center.local.paths import DEMO_ACCOUNTS, Paths, Ports, door_login
from message_center.local.settings import NEEDED_SECRETS, SECRETS


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    return Paths(tmp_path_factory.mktemp("state"))


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_a_component_gets_the_secrets_that_it_needs_and_no_other(component: str, paths: Paths) -> None:
    command, environment = process_of(component, paths, Ports())
    needed = NEEDED_SECRETS[component]
    assert environment.keys() & SECRETS == needed
    has = [value for value in paths.secrets.values() if any(value in text for text in environment.values())]
    assert len(has) == len(needed)
    assert not [value for value in paths.secrets.values() if value in " ".join(command)]


def test_what_is_no_part_of_airflow_gets_none_of_the_users_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "postgresql://shop:secret@db/shop")
    monkeypatch.setenv("TZ", "UTC")
    command = bare(["postgres", "-D", "data"])
    assert command[:2] == ["/usr/bin/env", "-i"]
    assert command[-3:] == ["postgres", "-D", "data"]
    assert "TZ=UTC" in command
    assert "secret" not in " ".join(command)


def test_the_doors_get_their_own_logins_and_no_other_secret(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "postgresql://shop:secret@db/shop")
    command, environment = doors_process(paths, Ports())
    told = " ".join(environment.values())
    mine = {f"postgres:{door_login(account)}" for account in DEMO_ACCOUNTS}
    assert {name for name, value in paths.secrets.items() if value in told} == mine
    assert not [value for value in paths.secrets.values() if value in " ".join(command)]
    assert not [name for name in environment if name.startswith("AIRFLOW")]


def test_the_receiver_gets_the_secret_of_webhooks_and_no_other(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "postgresql://shop:secret@db/shop")
    command, environment = receiver_process(paths, Ports())
    told = " ".join(environment.values())
    assert {name for name, value in paths.secrets.items() if value in told} == {"webhook"}
    assert not [value for value in paths.secrets.values() if value in " ".join(command)]
    assert not [name for name in environment if name.startswith("AIRFLOW")]


def test_a_state_of_an_older_version_gets_the_secrets_that_it_lacks(tmp_path: Path) -> None:
    old = Paths(tmp_path).secrets
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({name: value for name, value in old.items() if not name.endswith("_intake")}))
    new = Paths(tmp_path).secrets
    assert new.keys() == old.keys()
    assert new["postgres:airflow"] == old["postgres:airflow"]
    assert Paths(tmp_path).secrets == new, "and keeps them"
    assert file.stat().st_mode & 0o077 == 0
