"""What a door answers when it can't do what was asked: why, and what to do. Never what belongs to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON = "application/problem+json"


class ProblemError(Exception):
    """
    A request that a door refuses, in the words of RFC 9457.

    :param status: of HTTP.
    :param title: what kind of problem it is; the same for all of its kind.
    :param detail: what is wrong with this request.
    :param remedy: what the caller can do.
    :param retry_after: after how many seconds the same may succeed.
    """

    def __init__(
        self, status: int, title: str, detail: str = "", remedy: str = "", retry_after: int | None = None
    ) -> None:
        super().__init__(detail or title)
        self.status, self.title, self.detail, self.remedy = status, title, detail, remedy
        self.retry_after = retry_after

    @property
    def body(self) -> dict[str, Any]:
        told = {"title": self.title, "status": self.status, "detail": self.detail, "remedy": self.remedy}
        return {name: value for name, value in told.items() if value}

    @property
    def headers(self) -> Mapping[str, str]:
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after is not None else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


class TooDeepError(ProblemError):
    """An event that is nested so deeply that it is not read."""

    REASON = "the event is nested too deeply"

    def __init__(self) -> None:
        super().__init__(400, "The event is nested too deeply", remedy="Send one that is not.")


def unknown_caller() -> ProblemError:
    # One answer for a key that there is not, one that has expired and a wrong secret.
    return ProblemError(401, "Unknown caller", remedy="Send the caller's secret: Authorization: Bearer mc_…")


def ambiguous() -> ProblemError:
    return ProblemError(
        403,
        "Several instances know this secret",
        "It does not say which one is meant.",
        "Ask an operator to rotate it at all of them but one.",
    )


def forbidden(detail: str) -> ProblemError:
    return ProblemError(
        403, "Not allowed", detail, "Ask an operator of the instance to change what this caller may do."
    )


def unreachable() -> ProblemError:
    return ProblemError(
        503, "The instance cannot be reached", remedy="Send the same again; with an idempotency key.", retry_after=5
    )


def unready() -> ProblemError:
    return ProblemError(
        503,
        "The instance is not ready",
        "It is new, or being upgraded: its log of the doors says what it lacks.",
        "Send the same again; with an idempotency key.",
        30,
    )


def busy(detail: str = "No connection came free in time.") -> ProblemError:
    return ProblemError(503, "The instance is busy", detail, "Send the same again; with an idempotency key.", 2)


def still_under_way() -> ProblemError:
    return ProblemError(
        409, "The call is still under way", "Another call with this Idempotency-Key is.", "Send the same later.", 1
    )


def too_large(limit: int) -> ProblemError:
    return ProblemError(
        413, "The body is too large", f"It has more than {limit} bytes.", "Send several calls, or a stream of NDJSON."
    )
