"""The thresholds: what they are, and to set them."""

from __future__ import annotations

import logging
from typing import Annotated

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from message_center.page import thresholds
from message_center.page.databases import Control, UnknownAccountError, accounts
from message_center.page.routes.forms import Moment, Strict
from message_center.page.security import may_act_on_all, name_of
from message_center.workflows import SUPERVISE

log = logging.getLogger(__name__)

router = APIRouter(prefix="/thresholds")

may_supervise = Depends(may_act_on_all(SUPERVISE))
OfAccount = Annotated[str, Query(description="Empty: for all that have none of their own.")]


class ThresholdForm(Strict):
    """The values from which on; empty: never."""

    warning: float | None = None
    alert: float | None = None


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


@router.put("/{indicator}", dependencies=[may_supervise], status_code=204)
def set_threshold(
    indicator: str, form: ThresholdForm, control: Control, user: GetUserDep, account: OfAccount = ""
) -> None:
    """Set a threshold; the next look goes by it."""
    _known(account)
    thresholds.set_threshold(control, thresholds.Threshold(indicator, account, form.warning, form.alert))
    log.info("%s set %s of %s: %s", name_of(user), indicator, account or "all accounts", form)


@router.delete("/{indicator}", dependencies=[may_supervise], status_code=204)
def remove_threshold(indicator: str, control: Control, user: GetUserDep, account: Annotated[str, Query()]) -> None:
    """Let the threshold of all count for an account again."""
    thresholds.remove_threshold(control, indicator, account)
    log.info("%s took back %s of %s", name_of(user), indicator, account)


def _known(account: str) -> None:
    if account and account not in accounts():
        raise UnknownAccountError(account)
