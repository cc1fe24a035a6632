"""
What other machines ask: ``/metrics`` for Prometheus and ``/mcPing`` for load balancers.

They cannot sign in to Airflow: a bearer token lets them in, ``[message_center] metrics_token``; without one nobody is.
"""

from __future__ import annotations

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


router = APIRouter(dependencies=[Depends(bearer)])


@router.get("/metrics")
def metrics() -> Response:
    """Return the indicators of all instances."""
    try:
        with ControlInstanceHook().connect(ANSWER_TIMEOUTS) as control:
            return Response(exposition(control), media_type=CONTENT_TYPE_LATEST)
    except (psycopg.Error, AirflowNotFoundException) as error:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, f"No control instance: {one_line(error)}") from error


@router.get("/mcPing", response_class=PlainTextResponse)
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
        return PlainTextResponse(f"Error\n{one_line(error)}\n", status.HTTP_503_SERVICE_UNAVAILABLE)
    return PlainTextResponse(answer.text, 200 if answer.is_ok else status.HTTP_503_SERVICE_UNAVAILABLE)
