"""
What other machines ask: ``/metrics`` for Prometheus and ``/mcPing`` for load balancers.

They cannot sign in to Airflow: a bearer token lets them in, ``[message_center] metrics_token``; without one nobody is.
Most load balancers send no token: ``[message_center] ping_without_token`` opens ``/mcPing``, and nothing else.
"""

from __future__ import annotations

import logging
import secrets
from typing import Annotated

import psycopg
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import APIRouter, Depends, Header, HTTPException, Response, status
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from message_center.accounts.registry import read_registry
from message_center.errors import one_line
from message_center.instances.hooks import ANSWER_TIMEOUTS, ControlInstanceHook, ExecutionInstanceHook
from message_center.supervision.metrics import exposition
from message_center.supervision.ping import most_pending, ping

log = logging.getLogger(__name__)


def bearer(authorization: Annotated[str, Header()] = "") -> None:
    """
    Let in who has the token.

    :raises HTTPException: 401 without it, and 403 where none is set.
    """
    token = conf.get("message_center", "metrics_token", fallback="")
    if not token:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Set [message_center] metrics_token to let machines ask")
    if not secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "A bearer token is wanted", {"WWW-Authenticate": "Bearer"})


def pinger(authorization: Annotated[str, Header()] = "") -> None:
    """
    Let in who has the token, or everybody where that is configured.

    :raises HTTPException: as for ``bearer``.
    """
    if not conf.getboolean("message_center", "ping_without_token", fallback=False):
        bearer(authorization)


router = APIRouter()


@router.get("/metrics", dependencies=[Depends(bearer)])
def metrics() -> Response:
    """Return the indicators of all instances."""
    try:
        with ControlInstanceHook().connect(ANSWER_TIMEOUTS) as control:
            return Response(exposition(control), media_type=CONTENT_TYPE_LATEST)
    except (psycopg.Error, AirflowNotFoundException) as error:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, f"No control instance: {one_line(error)}") from error


@router.get("/mcPing", response_class=PlainTextResponse, dependencies=[Depends(pinger)])
def mc_ping(account: str) -> PlainTextResponse:
    """Say whether an account's instance can take more: 200 and ``Ok``, or 503 and ``Error``."""
    if account not in {each.account for each in read_registry().accounts if each.enabled}:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such account")
    try:
        with ControlInstanceHook().connect(ANSWER_TIMEOUTS) as control:
            most = most_pending(control, account)
        with ExecutionInstanceHook(account).connect(ANSWER_TIMEOUTS) as execution:
            answer = ping(execution, most)
    except (psycopg.Error, AirflowNotFoundException) as error:
        # Hosts and logins are for the log: whoever pings may be anybody.
        log.warning("mcPing of %s: %s", account, one_line(error))
        return PlainTextResponse("Error\nIts database cannot be asked\n", status.HTTP_503_SERVICE_UNAVAILABLE)
    return PlainTextResponse(answer.text, 200 if answer.is_ok else status.HTTP_503_SERVICE_UNAVAILABLE)
