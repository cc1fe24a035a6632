"""The model test: whatever the interleaving, the domain page holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import MessageCenter
from model.world import World

PROFILES = {
    # The same examples on every run, within two minutes on two cores.
    "ci": settings(max_examples=int(os.environ.get("N", 100)), stateful_step_count=40, derandomize=True, database=None),
    # For a night: other examples each time.
    "long": settings(max_examples=100_000, stateful_step_count=80),
}


@pytest.fixture
def world(execution_uri: str, control_uri: str) -> Iterator[World]:
    world = World(execution_uri, control_uri)
    yield world
    world.close()


def test_whatever_the_interleaving_the_domain_page_holds(world: World) -> None:
    profile = PROFILES[os.environ.get("MODEL_PROFILE", "ci")]
    machine = type("MessageCenterOnPostgres", (MessageCenter,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            profile,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
