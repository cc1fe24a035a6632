"""
Who may ask, and who may act: a mounted app inherits none of Airflow's permissions, so each route names its own.

Reading needs what Airflow's list of plugins needs; an act needs the right to edit the DAG that does such things.
"""

from __future__ import annotations

from collections.abc import Callable

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag, requires_access_view
from fastapi import Request

from message_center.workflows import RT_EVENTS_PROCESSING, Workflow

reader = requires_access_view(AccessView.PLUGINS)
"""The dependency of every route: 401 for nobody, 403 for who may not see plugins."""


def may_act(workflow: Workflow) -> Callable[..., None]:
    """
    Return the dependency of an act on an account: 403 for who may not edit the account's DAG of this workflow.

    The account is the route's ``account``, in its path or its query.
    """

    def may_edit(account: str, request: Request, user: GetUserDep) -> None:
        refuse_others(request, user, workflow, account)

    return may_edit


def may_act_on_all(workflow: Workflow) -> Callable[..., None]:
    """Return the dependency of an act on all accounts: 403 for who may not edit the one DAG of this workflow."""

    def may_edit(request: Request, user: GetUserDep) -> None:
        requires_access_dag("PUT", None, workflow.name)(request, user)

    return may_edit


def refuse_others(request: Request, user: GetUserDep, workflow: Workflow, account: str) -> None:
    """
    Refuse who may not edit an account's DAG: for acts on accounts that only the body names.

    :raises fastapi.HTTPException: 403.
    """
    requires_access_dag("PUT", None, workflow.dag_id(account))(request, user)


def may_read_content(account: str, request: Request, user: GetUserDep) -> None:
    """
    Refuse who may not see what an account's events hold: messages and data. The right is that to the XComs of a DAG.

    :raises fastapi.HTTPException: 403.
    """
    requires_access_dag("GET", DagAccessEntity.XCOM, RT_EVENTS_PROCESSING.dag_id(account))(request, user)


def name_of(user: GetUserDep) -> str:
    """Return the name under which what a user does is recorded."""
    return user.get_name()
