"""The app that Airflow's API server mounts: the JSON of the page, and the files that show it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from message_center.page.failures import handle_failures
from message_center.page.routes import (
    event,
    events,
    instances,
    quarantine,
    reports,
    templates,
    thresholds,
    ways_in,
    webhooks,
)
from message_center.page.security import reader
from message_center.supervision import routes as machines

STATIC_FOLDER = Path(__file__).parent / "static"
ROUTERS = (
    instances.router,
    events.router,
    event.router,
    quarantine.router,
    templates.router,
    reports.router,
    thresholds.router,
    webhooks.router,
    ways_in.router,
)


class Files(StaticFiles):
    """The page's files: a browser asks each time whether they have changed, as they do with an upgrade."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app() -> FastAPI:
    """Make the app: nothing but the files is there for people who have not signed in, and machines without a token."""
    app = FastAPI(title="Message Center", docs_url=None, redoc_url=None, openapi_url=None)
    handle_failures(app)
    api = APIRouter(prefix="/api", dependencies=[Depends(reader)])
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    app.include_router(machines.router)
    app.mount("/static", Files(directory=STATIC_FOLDER), name="static")
    return app
