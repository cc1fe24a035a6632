"""The application: all doors, and what they have in common."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from message_center import __version__
from message_center.intake import campaign, openapi, rest
from message_center.intake.access_log import AccessLog, Lines
from message_center.intake.direct import DirectCalls
from message_center.intake.doors import Doors
from message_center.intake.paths import Respelt
from message_center.intake.problems import JSON, ProblemError
from message_center.intake.pushing import dumped
from message_center.intake.settings import Settings
from message_center.intake.soap import probes, router
from message_center.intake.soap.sessions import Sessions

log = logging.getLogger(__name__)


def make_app(settings: Settings) -> FastAPI:
    """Return the doors to some instances; they are reached while the application runs."""
    doors, lines = Doors(settings), Lines()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with doors.open():
            yield
        lines.write()

    app = FastAPI(
        title="Message Center: intake",
        version=__version__,
        description="Push events, and know what became of them.",
        lifespan=lifespan,
        redoc_url=None,
        # A redirect would name the address that a proxy is at, in plain HTTP; few callers follow one with a body.
        redirect_slashes=False,
    )
    app.state.doors, app.state.sessions = doors, Sessions()
    for door in (rest, campaign, router, probes):
        app.include_router(door.router)
    app.add_api_route("/health", health, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_exception_handler(ProblemError, tell)
    app.add_exception_handler(RequestValidationError, tell_invalid)
    app.add_exception_handler(HTTPException, tell_http)
    app.add_exception_handler(Exception, tell_fault)
    app.router.default = Respelt(DirectCalls(app.router, app.router.routes, tell), app.router.not_found)
    app.add_middleware(DirectCalls, routes=app.router.routes, tell=tell)
    app.add_middleware(AccessLog, lines=lines)
    _describe_security(app)
    return app


async def health(request: Request) -> Response:
    """Say which instances can be reached: for load balancers, so without any secret."""
    doors: Doors = request.app.state.doors
    known = {instance.account: instance.is_known for instance in doors.instances}
    # One that is away is no reason to take the others' doors out of the balance.
    return Response(dumped({"instances": known}), 200 if any(known.values()) else 503, media_type="application/json")


def _describe_security(app: FastAPI) -> None:
    make = app.openapi

    def described() -> dict[str, Any]:
        document = make()
        document.setdefault("components", {})["securitySchemes"] = openapi.SCHEMES
        return document

    app.openapi = described  # type: ignore[method-assign]


async def tell(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, ProblemError)
    return Response(dumped(problem.body), problem.status, dict(problem.headers), JSON)


async def tell_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Where it is wrong, and nothing of what was sent.
    places = [".".join(map(str, each["loc"])) for each in error.errors()]
    if any(place.startswith("path") for place in places):
        return await tell(request, ProblemError(404, "No such place", remedy="See /docs for what there is."))
    return await tell(request, ProblemError(400, "Wrong parameters", ", ".join(places), "See /docs."))


async def tell_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = ProblemError(error.status_code, str(error.detail), remedy="See /docs for what there is.")
    response = await tell(request, problem)
    response.headers.update(error.headers or {})
    return response


async def tell_fault(request: Request, error: Exception) -> Response:
    problem = ProblemError(500, "This is a fault of ours", remedy="Send the same again; tell us.")
    response = router.tell_fault(problem) if request.scope["path"] == router.ROUTER else await tell(request, problem)
    # uvicorn ends it, and whoever has its next call on it should know.
    response.headers["Connection"] = "close"
    return response
