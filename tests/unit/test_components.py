"""What each component of the local stack finds in its environment."""

from __future__ import annotations

import pytest

from message_center.local.components import COMPONENTS, bare, process_of
from message_center.local.paths import Paths, Ports
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
