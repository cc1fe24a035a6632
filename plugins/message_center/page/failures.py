"""What the page says when something is wrong: a problem and a remedy, never a trace and never a value."""

from __future__ import annotations

import logging

import psycopg
from fastapi import FastAPI, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import errors

from message_center.accounts.account import AccountError
from message_center.errors import one_line
from message_center.events.errors import AskedError, UnknownThingError
from message_center.instances.hooks import ANSWER_SECONDS
from message_center.page.databases import UnknownAccountError
from message_center.workflows import ARCHIVING

log = logging.getLogger(__name__)

UPDATES = f"Let {ARCHIVING.name} of the account run once: its first task brings the database up to date"


def handle_failures(app: FastAPI) -> None:
    """Have each kind of failure answered in the same form: ``detail`` and ``remedy``."""
    app.add_exception_handler(AccountError, _account)
    app.add_exception_handler(psycopg.Error, _database)
    app.add_exception_handler(RequestValidationError, _request)
    app.add_exception_handler(AskedError, _asked)


def failure(code: int, detail: str, remedy: str) -> JSONResponse:
    """Return an answer that says what is wrong, and what to do."""
    return JSONResponse({"detail": detail, "remedy": remedy}, code)


def _account(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AccountError)
    is_unknown = isinstance(error, UnknownAccountError)
    code = status.HTTP_404_NOT_FOUND if is_unknown else status.HTTP_503_SERVICE_UNAVAILABLE
    return failure(code, f"Account {error.account!r}: {error.problem}.", f"{error.remedy}.")


def told(error: psycopg.Error) -> tuple[str, str]:
    """Return what went wrong with a database, and what to do."""
    match error:
        case errors.QueryCanceled():
            return f"The database took longer than {ANSWER_SECONDS} s", "Ask for less: a shorter period, one account"
        case errors.UndefinedFunction() | errors.UndefinedTable() | errors.UndefinedColumn():
            return "The database has not been brought up to date yet", UPDATES
        case errors.InsufficientPrivilege():
            return one_line(error.diag.message_primary), "Let the connection sign in as the owner of the database"
        case psycopg.OperationalError():
            return f"The database cannot be asked: {one_line(error)}", "Try again; if it stays so, look at its server"
    return one_line(error.diag.message_primary or error), "Correct what was asked for"


def _database(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, psycopg.Error)
    detail, remedy = told(error)
    log.warning("%s %s: %s", request.method, request.url.path, detail)
    is_theirs = isinstance(error, psycopg.OperationalError | psycopg.ProgrammingError)
    code = status.HTTP_503_SERVICE_UNAVAILABLE if is_theirs else status.HTTP_422_UNPROCESSABLE_CONTENT
    return failure(code, f"{detail}.", f"{remedy}.")


def _asked(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AskedError)
    is_unknown = isinstance(error, UnknownThingError)
    code = status.HTTP_404_NOT_FOUND if is_unknown else status.HTTP_422_UNPROCESSABLE_CONTENT
    return failure(code, error.problem, error.remedy)


def _request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors())
    return failure(status.HTTP_422_UNPROCESSABLE_CONTENT, f"The request is not understood: {faults}.", "Correct it.")
