"""The params of manageCallers: what the form and the API refuse makes no run."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

SECRET = f"mc_{'a' * 16}_{'b' * 43}"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("secret_conn_id", SECRET),  # it would show in the run, in its log and in its XComs
        ("secret_conn_id", f"password {SECRET}"),
        ("max_events_per_second", 0),
        ("max_events_per_second", 2**31),
        ("overlap_hours", 1e12),
        ("event_types", [""]),
    ],
)
def test_what_cannot_be_makes_no_run(dags: dict[str, Any], name: str, given: Any) -> None:
    param = dags["manageCallers"].params.get_param(name)
    with pytest.raises(ParamValidationError):
        param.resolve(given)


@pytest.mark.parametrize(
    ("name", "given"), [("secret_conn_id", "shop_secret"), ("secret_conn_id", None), ("event_types", ["order"])]
)
def test_what_can_be_does(dags: dict[str, Any], name: str, given: Any) -> None:
    assert dags["manageCallers"].params.get_param(name).resolve(given) == given
