"""What the tasks of the publication DAGs call."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from airflow.sdk.exceptions import AirflowFailException

from message_center import dry_runs
from message_center.accounts.account import AccountError
from message_center.accounts.registry import read_registry
from message_center.errors import one_line
from message_center.instances import deployment
from message_center.instances.belonging import owned
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook, connected
from message_center.publication.choice import chosen, read_folder
from message_center.publication.conditions import condition_problems
from message_center.publication.preflight import find_missing
from message_center.publication.versions import Action, Publication, PublicationError, Request, record
from message_center.queues.enrichment.callables import configured_callables, load

Params = Mapping[str, Any]
Contents = dict[str, dict[str, Any]]
Connection = psycopg.Connection[Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """What a publication keeps of its DAG run."""

    run_id: str
    requested_by: str


def enabled_accounts() -> list[str]:
    """Return the accounts that templates go to."""
    return [account.account for account in read_registry().accounts if account.enabled]


def preflight(params: Params) -> list[str]:
    """
    Refuse to go on unless every technical workflow runs, on control and on every execution instance.

    A dry run is refused where the real one would be.

    :return: what is missing but was overridden.
    :raises AirflowFailException: listing everything that is missing.
    """
    found = find_missing(read_registry(), tuple(configured_callables()))
    missing = [str(each) for each in found if each.refuses]
    if missing and not params.get("override_reason"):
        raise AirflowFailException(_told("Refused: a message template needs all technical workflows to run", missing))
    if missing:
        log.warning(_told("Going on, although not all technical workflows run", missing))
    if behind := [str(each) for each in found if not each.refuses]:
        log.warning(_told("Behind with what was published before", behind))
    return missing


def render(params: Params) -> dict[str, str]:
    """
    Check all templates, and render the chosen ones with their samples.

    :return: the digest of each template's content: what is recorded later must be what was rendered here.
    :raises AirflowFailException: listing every problem, by file and field.
    """
    folder = read_folder()
    for path in configured_callables().values():
        load(path)
    names = chosen(folder, params)
    with ControlInstanceHook().connect() as control:
        problems = list(condition_problems(control, [folder.templates[name] for name in names]))
    if problems:
        raise AirflowFailException(_told("Conditions that cannot be published", problems))
    return {name: digest(folder.content(name)) for name in names}


def digest(content: Mapping[str, Any]) -> str:
    """Return what tells one content of a template from another."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def record_version(
    action: Action, run: Run, params: Params, missing: Sequence[str], digests: Mapping[str, str] | None
) -> dict[str, Any]:
    """
    Record the publication on control; in a dry run, only say what it would be.

    :return: its ``number`` and ``templates``: the version of each, ``None`` when unpublished.
    :raises AirflowFailException: if there is nothing to do, or a file has changed since it was rendered.
    """
    with _recorded(_request(action, run, params, missing, digests), params) as (_, publication):
        named = dry_runs.sentence(params, f"Publication {publication.number}")
        log.info(_told(named, _lines(publication.templates)))
        return dry_runs.result(params, asdict(publication))


def deploy(account: str, action: Action, run: Run, params: Params, publication: Mapping[str, Any]) -> dict[str, Any]:
    """
    Deploy the templates of a publication to one account, all or none.

    :return: ``changed``: the internal names whose live version has changed, or would in a dry run.
    :raises AccountError: if its database cannot be reached, or refuses a template.
    """
    names = list(publication["templates"])
    with (
        connected(ControlInstanceHook(), account) as control,
        owned(connected(ExecutionInstanceHook(account), account), account, control) as execution,
        _explained(account),
    ):
        if not dry_runs.is_dry(params):
            changed = deployment.deploy(account, control, execution, names)
        else:
            request = _request(action, run, params, [], None)
            with _recorded(request, params) as (dry, _), execution.transaction(force_rollback=True):
                changed = deployment.deploy(account, dry, execution, names)
    told = f"changed: {', '.join(changed)}" if changed else "has these versions already"
    log.info(dry_runs.sentence(params, f"{account}: {told}"))
    return dry_runs.result(params, {"changed": changed})


def verify(publication: Mapping[str, Any], params: Params) -> dict[str, Any]:
    """
    Say which instance has which version, of those that are enabled now.

    :return: for each account its live versions of the publication's templates.
    :raises AirflowFailException: unless all have what control wants; says which do, which don't, and what to do.
    """
    if dry_runs.is_dry(params):
        log.info(dry_runs.sentence(params, "there is nothing to verify"))
        return dry_runs.result(params, {})
    with ControlInstanceHook().connect() as control:
        wanted = deployment.current(control, list(publication["templates"]))
    names = {template["internal_name"] for template in wanted}
    live, told, is_wrong = {}, [], False
    for account in enabled_accounts():
        try:
            with ExecutionInstanceHook(account).connect() as execution:
                found = deployment.live_versions(execution)
                problems = deployment.differences(execution, wanted)
        except psycopg.Error as error:
            found, problems = {}, [f"unknown: {one_line(error)}"]
        live[account] = {name: version for name, version in found.items() if name in names}
        told.append(f"{account}: {'; '.join(problems) or 'as published: ' + ', '.join(_lines(live[account]))}")
        is_wrong = is_wrong or bool(problems)
    if is_wrong:
        again = "Trigger the DAG again with the same templates, or clear the failed tasks: that completes it"
        raise AirflowFailException(_told(f"Publication {publication['number']} is not everywhere. {again}", told))
    log.info(_told(f"Publication {publication['number']} is everywhere", told))
    return live


def _request(
    action: Action, run: Run, params: Params, missing: Sequence[str], digests: Mapping[str, str] | None
) -> Request:
    contents: Contents = {}
    event_types = None
    if action == "publish":
        folder = read_folder()
        contents = {name: folder.content(name) for name in chosen(folder, params)}
        event_types = folder.event_types
        changed = [name for name, each in contents.items() if digests and digest(each) != digests.get(name)]
        if changed:
            raise AirflowFailException(f"Changed since it was rendered: {', '.join(changed)}. Trigger the DAG again.")
    is_overridden = bool(missing) and bool(params.get("override_reason"))
    return Request(
        action=action,
        run_id=f"{action} {run.run_id}",
        requested_by=run.requested_by,
        comment=params.get("comment"),
        contents=contents,
        names=params.get("templates") or [],
        version=params.get("version"),
        event_types=event_types,
        override_reason=params["override_reason"] if is_overridden else None,
        missing=missing if is_overridden else None,
    )


@contextmanager
def _explained(account: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise AccountError(
            account,
            f"its database does not take the templates: {one_line(error)}",
            f"{deployment.REMEDY}; nothing of this run is live there",
        ) from error


@contextmanager
def _recorded(request: Request, params: Params) -> Iterator[tuple[Connection, Publication]]:
    """Record a publication, and in a dry run take it back in the end."""
    with ControlInstanceHook().connect() as control, control.transaction(force_rollback=dry_runs.is_dry(params)):
        try:
            publication = record(control, request)
        except PublicationError as error:
            raise AirflowFailException(str(error)) from error
        yield control, publication


def _lines(versions: Mapping[str, int | None]) -> list[str]:
    return [f"{name} {'unpublished' if version is None else version}" for name, version in versions.items()]


def _told(sentence: str, lines: Sequence[str]) -> str:
    return "\n  ".join([f"{sentence}:", *lines])
