"""The model test: whatever the interleaving, the domain page holds."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import MessageCenter
from model.world import World

# Three hundred examples in all, the same ones on every run. For others, and more of them:
# MODEL_SEED=7 MODEL_EXAMPLES=10000 pytest -n 8 tests/model
SHARDS = 10
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "30"))
SEED = int(os.environ.get("MODEL_SEED", "0"))


@pytest.fixture
def world(execution_uri: str, control_uri: str) -> Iterator[World]:
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
