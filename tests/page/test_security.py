"""Nothing of the page is open: who has not signed in sees its files alone, and who may only look changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Mount

from message_center.page.app import create_app
from message_center.page.plugin import URL_PREFIX
from message_center.page.security import may_act, may_act_on_all, reader
from message_center.supervision.routes import bearer, pinger
from support.airflow_app import Role

Person = Callable[[Role | None], TestClient]

ALL_ROUTES = [route for route in create_app().routes if isinstance(route, APIRoute)]
# What has a token of its own: see tests/sql/test_metrics.py.
MACHINES = [route for route in ALL_ROUTES if route.path in {"/metrics", "/mcPing"}]
ROUTES = [route for route in ALL_ROUTES if route not in MACHINES]
NOBODY, FORBIDDEN = 401, 403
# Names of this form stand for whatever a path wants; the account is none that is there.
VALUES = {"account": "nobody"}


def asked(route: APIRoute) -> Iterator[tuple[str, str]]:
    """Yield each method of a route, and a path that it takes."""
    path = re.sub(r"{(\w+)(:\w+)?}", lambda match: VALUES.get(match[1], "1"), route.path)
    for method in sorted(route.methods):
        yield method, f"{URL_PREFIX}{path}?account=nobody"


def is_act(route: APIRoute) -> bool:
    """Tell what changes something from what is asked by POST, so that no address stands in a log of URLs."""
    return bool(route.methods - {"GET", "HEAD"}) and "reading" not in route.tags


REQUESTS = [request for route in ROUTES for request in asked(route)]
ACTS = [request for route in ROUTES if is_act(route) for request in asked(route)]


def calls(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from calls(each)


def test_no_route_is_open() -> None:
    open_ones = [route.path for route in ROUTES if reader not in calls(route.dependant)]
    assert (open_ones, bool(ROUTES)) == ([], True)


def test_machines_have_a_token_of_their_own(person: Person) -> None:
    assert all({bearer, pinger} & {*calls(route.dependant)} for route in MACHINES)
    for route in MACHINES:
        for method, path in asked(route):
            assert person("viewer").request(method, path).status_code in {NOBODY, FORBIDDEN}


def test_each_act_names_its_right() -> None:
    acts = [route for route in ROUTES if is_act(route)]
    free = [route.path for route in acts if not any(is_right(call) for call in calls(route.dependant))]
    assert free == []


def is_right(call: object) -> bool:
    return getattr(call, "__qualname__", "").startswith((f"{may_act.__name__}.", f"{may_act_on_all.__name__}."))


def test_nothing_but_files_lies_beside_the_routes() -> None:
    others = [route for route in create_app().routes if not isinstance(route, APIRoute)]
    assert [(type(route), getattr(route, "path", "")) for route in others] == [(Mount, "/static")]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_nobody_is_told_to_sign_in(person: Person, method: str, path: str) -> None:
    assert person(None).request(method, path).status_code == NOBODY


@pytest.mark.parametrize(("method", "path"), [request for request in REQUESTS if request not in ACTS])
def test_a_viewer_may_look(person: Person, method: str, path: str) -> None:
    assert person("viewer").request(method, path).status_code not in {NOBODY, FORBIDDEN}


@pytest.mark.parametrize(("method", "path"), ACTS)
def test_only_who_may_edit_the_dag_may_act(person: Person, method: str, path: str) -> None:
    assert person("viewer").request(method, path).status_code == FORBIDDEN
    assert person("user").request(method, path).status_code not in {NOBODY, FORBIDDEN}


def test_a_session_of_the_browser_does_as_well(person: Person) -> None:
    token = person("viewer").headers["Authorization"].removeprefix("Bearer ")
    browser = person(None)
    browser.cookies.set("_token", token)
    assert browser.get(f"{URL_PREFIX}/api/instances").status_code == 200


def test_the_files_are_there_for_all_and_are_asked_for_anew(person: Person) -> None:
    answer = person(None).get(f"{URL_PREFIX}/static/page.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert "javascript" in answer.headers["content-type"]
