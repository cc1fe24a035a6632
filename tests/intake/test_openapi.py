"""What the OpenAPI document says is so, as a tool that reads it and calls the doors finds it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks

from support.door_process import DoorProcess, door_process
from support.doors import add_caller, bearer, door_login

Connection = psycopg.Connection[Any]
EXAMPLES = max(6, int(os.environ.get("FUZZ_INPUTS", "0")) // 1000)
# What a schema can't say makes an event one that is refused: whether an address is one, for a start. And an array with
# a bad event is answered 200, with a result for each.
LEFT_OUT = ("positive_data_acceptance", "negative_data_rejection")


@pytest.fixture
def process(execution: Connection) -> Iterator[DoorProcess]:
    """Doors that run as an operator runs them."""
    with door_login(execution) as uri, door_process({"mcTest": uri}) as door:
        yield door


def test_every_answer_is_one_that_the_document_has(execution: Connection, process: DoorProcess) -> None:
    load_all_checks()
    excluded = [CHECKS.get_one(name) for name in LEFT_OUT]
    # In capitals, as the tool takes it away to see that nobody comes in without.
    headers = {"Authorization": bearer(add_caller(execution))["authorization"]}
    document = schemathesis.openapi.from_url(f"{process.url}/openapi.json")
    operations: list[Any] = [cast("Any", found).ok() for found in document.get_all_operations()]
    assert len(operations) > 8
    for operation in operations:
        # Cases that the schema allows, and cases that it does not.
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

            @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(generation_mode=mode))
            def calls(case: Any) -> None:
                case.call_and_validate(headers=headers, excluded_checks=excluded)

            # A call without any parameter has no other cases.
            with contextlib.suppress(Unsatisfiable):
                calls()
