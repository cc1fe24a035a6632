"""Airflow's own API server in the process of a test: its sign-in, its permissions, and what plugins add to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from airflow.api_fastapi.app import create_app, get_auth_manager, purge_cached_app
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from airflow import settings

Role = Literal["viewer", "user", "admin"]
COOKIE = "_token"


@contextmanager
def airflow_app(metadata: Session) -> Iterator[FastAPI]:
    """Yield the API server's app over a metadata database, with all plugins that are installed."""
    maker = sessionmaker(metadata.get_bind(), autoflush=False, expire_on_commit=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "NonScopedSession", maker)
        patch.setattr(settings, "Session", scoped_session(maker))
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of this test run alone" * 4)
        purge_cached_app()
        yield create_app(apps="core")
    purge_cached_app()


def token_of(role: Role) -> str:
    """Return a token of somebody with a role, such as Airflow gives at the sign-in."""
    return get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=f"the {role}", role=role))


def signed_in(app: FastAPI, role: Role | None, by_cookie: bool = False) -> TestClient:
    """Return a client that has signed in as somebody with a role, or as nobody."""
    client = TestClient(app, raise_server_exceptions=False)
    if role:
        token = token_of(role)
        if by_cookie:
            client.cookies.set(COOKIE, token)
        else:
            client.headers["Authorization"] = f"Bearer {token}"
    return client
