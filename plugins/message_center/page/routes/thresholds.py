"""The thresholds: what they are, and to set them."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from message_center.page import thresholds
from message_center.page.databases import Control, UnknownAccountError, accounts
from message_center.page.routes.forms import Moment, Strict
from message_center.page.security import may_act_on_all, name_of
from message_center.workflows import SUPERVISE

router = APIRouter(prefix="/thresholds")

may_supervise = Depends(may_act_on_all(SUPERVISE))
Reason = Annotated[str, Field(min_length=1, max_length=1000)]
OfAccount = Annotated[str, Query(description="Empty: for all that have none of their own.")]


class ThresholdForm(Strict):
    """The values from which on (empty: never), and why they are set."""

    warning: float | None = None
    alert: float | None = None
    reason: Reason


class ThresholdRow(BaseModel):
    """A threshold; ``account`` is empty for that of all."""

    indicator: str
    account: str
    warning: float | None
    alert: float | None
    lower_is_worse: bool
    changed_at: Moment


@router.get("")
def all_thresholds(control: Control) -> list[ThresholdRow]:
    """Return all thresholds."""
    return [ThresholdRow.model_validate(row) for row in thresholds.thresholds(control)]


class ChangeRow(BaseModel):
    """Who has changed a threshold to what, when and why; ``is_removed``: that of all counts again."""

    changed_at: Moment
    indicator: str
    account: str
    warning: float | None
    alert: float | None
    is_removed: bool
    changed_by: str
    reason: str


@router.put("/{indicator}", dependencies=[may_supervise], status_code=204)
def set_threshold(
    indicator: str, form: ThresholdForm, control: Control, user: GetUserDep, account: OfAccount = ""
) -> None:
    """Set a threshold; the next look goes by it."""
    _known(account)
    wanted = thresholds.Threshold(indicator, account, form.warning, form.alert)
    thresholds.set_threshold(control, wanted, thresholds.Change(name_of(user), form.reason))


@router.get("/{indicator}/changes")
def threshold_changes(indicator: str, control: Control, account: OfAccount = "") -> list[ChangeRow]:
    """Return who has changed an indicator's thresholds, of an account and of all: the latest first."""
    return [ChangeRow.model_validate(row) for row in thresholds.changes(control, indicator, account)]


@router.delete("/{indicator}", dependencies=[may_supervise], status_code=204)
def remove_threshold(
    indicator: str,
    control: Control,
    user: GetUserDep,
    account: Annotated[str, Query()],
    reason: Annotated[Reason, Query()],
) -> None:
    """Let the threshold of all count for an account again."""
    thresholds.remove_threshold(control, indicator, account, thresholds.Change(name_of(user), reason))


def _known(account: str) -> None:
    if account and account not in accounts():
        raise UnknownAccountError(account)
