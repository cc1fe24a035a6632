"""The model test: whatever the interleaving, the domain page holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from message_center.webhooks import receiver
from message_center.webhooks import work as telling
from model.listeners import Line
from model.machine import MessageCenter
from model.world import World

# Three hundred examples in all, the same ones on every run. For others, and more of them:
# MODEL_SEED=7 MODEL_EXAMPLES=10000 pytest -n 8 tests/model
SHARDS = 10
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "30"))
SEED = int(os.environ.get("MODEL_SEED", "0"))


# Small sets, so that each bound is met, and no waits: what is open to a listener is answered when it likes.
TELLING = {
    **{"MAX_ROWS": 5, "MAX_WAITING": 10, "IN_HAND": 8, "LOW": 4, "LOAD_SECONDS": 3600.0},
    **dict.fromkeys(("LOOK_SECONDS", "TURN_SECONDS", "ANSWER_WAIT_SECONDS", "FORGET_SECONDS", "FINISH_SECONDS"), 0.0),
}


@pytest.fixture
def world(execution_uri: str, control_uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(receiver, "Line", Line)
    for name, value in TELLING.items():
        monkeypatch.setattr(telling, name, value)
    world = World(execution_uri, control_uri)
    yield world
    world.close()


@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_the_interleaving_the_domain_page_holds(world: World, shard: int) -> None:
    machine = type("MessageCenterOnPostgres", (MessageCenter,), {"world": world})
    run_state_machine_as_test(
        seed(SEED + shard)(machine),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
