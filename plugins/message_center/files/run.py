"""A run of importEvents_<account>: all files that wait in the account's folder, one after the other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from message_center import dry_runs
from message_center.accounts.account import Account, AccountError
from message_center.errors import one_line
from message_center.files.errors import FileError
from message_center.files.file import File
from message_center.files.folder import files_in, has_settled
from message_center.files.formats import READERS
from message_center.files.importing import FileImport
from message_center.files.names import DONE, PACKED, rejected_url
from message_center.instances.belonging import owned_as_far_as_known, read_instance
from message_center.instances.cursors import without_values
from message_center.instances.hooks import ExecutionInstanceHook, connected
from message_center.instances.transient import passes_by_itself
from message_center.sql import statement
from message_center.workflows import ARCHIVING

log = logging.getLogger(__name__)

SETTLED_SECONDS = 30
MAX_TOLD = 20
ENDINGS = f"{', '.join(READERS)}, nor in one of these and {PACKED}"


@dataclass
class Imported:
    """
    What a run did: numbers of files and records, and what is wrong with files that could not be taken in.

    :ivar rejected_in: the files in which there is what was rejected.
    :ivar interruption: what may well pass by itself, and stopped a file.
    """

    account: str
    counts: Counter[str] = field(default_factory=Counter)
    rejected_in: list[str] = field(default_factory=list)
    faults: list[FileError] = field(default_factory=list)
    interruption: psycopg.Error | None = None

    def result(self, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the result of the run; ``None`` if it found nothing."""
        places = {"rejected_in": self.rejected_in[:MAX_TOLD]} if self.rejected_in else {}
        return dry_runs.result(params, {**self.counts, **places}) if self.counts else None

    def refuse_faults(self) -> None:
        """
        Fail, if there is a file that could not be taken in.

        :raises psycopg.Error: if that may pass by itself: the task is tried again, and goes on with it.
        :raises AccountError: naming them, with what to do.
        """
        if self.interruption:
            raise self.interruption
        if self.faults:
            told, more = self.faults[:MAX_TOLD], len(self.faults[MAX_TOLD:])
            problems = [fault.problem for fault in told] + [f"and {more} files more, which the log names"] * bool(more)
            remedies = dict.fromkeys(fault.remedy for fault in told)
            raise AccountError(self.account, "; ".join(problems), ". ".join(remedies))


def import_events(account: Account, params: Mapping[str, Any]) -> Imported:
    """
    Take in the files that wait. One that is bad stops no other.

    :param params: of the DAG run: ``path``, ``queue``, ``settled_seconds``, ``dry_run``.
    :raises AccountError: if the folder or the instance cannot be reached.
    """
    imported = Imported(account.account)
    files = _waiting(account, params, imported)
    if files:
        name = account.account
        with owned_as_far_as_known(connected(ExecutionInstanceHook(name), name), name) as execution:
            _refuse_unready(account, execution)
            execution.execute(statement("execution/imports_lock"))
            for file in files:
                _import(execution, file, params, imported)
    return imported


def _waiting(account: Account, params: Mapping[str, Any], imported: Imported) -> list[File]:
    """Return the files that are ours, whole and wait."""
    url = _folder(account, params)
    try:
        found = files_in(url, account.import_path or "")
    except FileError as error:
        raise AccountError(account.account, f"{url}: {error.problem}", error.remedy) from error
    ours = [file for file in found if file.format]
    if others := [file.url for file in found if file.is_of_no_format]:
        imported.counts["left_alone"] = len(others)
        told = ", ".join(others[:MAX_TOLD])
        log.warning("%s files are left alone: their names end in none of %s: %s", len(others), ENDINGS, told)
    waiting = [file for file in ours if has_settled(file, params.get("settled_seconds", SETTLED_SECONDS))]
    if young := len(ours) - len(waiting):
        log.info("%s: %s files are left for the next run: they may still be written to", url, young)
        imported.counts["left_for_the_next_run"] = young
    return waiting


def _folder(account: Account, params: Mapping[str, Any]) -> str:
    """Return the URL of the folder: the account's, or one in it. Whoever may start a run may not read all of a disk."""
    own = account.import_path or ""
    url, whole = str(params.get("path") or own).rstrip("/"), own.rstrip("/")
    # And no other way to write the same folder: its files are known by their URLs.
    if not f"{url}/".startswith(f"{whole}/") or {"..", ".", ""} & {*url[len(whole) :].split("/")[1:]}:
        raise AccountError(account.account, f"{url} is not in the account's folder", f"Name a folder in {own}")
    if url.endswith(f"/{DONE}"):
        remedy = "Move what is to be taken in once more out of it"
        raise AccountError(account.account, f"{url} has what was taken in already", remedy)
    return url


def _refuse_unready(account: Account, execution: psycopg.Connection) -> None:
    (is_ready,) = execution.execute(statement("execution/imports_are_known")).fetchone() or (False,)
    if not is_ready or read_instance(execution).instance_identifier is None:
        remedy = f"Let {ARCHIVING.dag_id(account.account)} run first"
        raise AccountError(account.account, "its database is not made ready for this version yet", remedy)


def _import(execution: psycopg.Connection, file: File, params: Mapping[str, Any], imported: Imported) -> None:
    queue = params.get("queue") or "batch"
    try:
        file.refuse_link()
        file.refuse_rejected()
        # While it waited for its turn, another run may have taken it in.
        if not file.exists():
            return
        is_dry = dry_runs.is_dry(params)
        progress = FileImport(execution, file, queue, keep=not is_dry).run()
    except psycopg.Error as error:
        if execution.closed:
            raise
        if passes_by_itself(error):
            # A statement that takes too long, say: the files behind it are not to wait for it, run after run.
            log.warning("%s is tried again later: %s", file.url, without_values(error))
            imported.interruption = imported.interruption or error
            return
        imported.faults.append(_fault(file, error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are taken in
        imported.faults.append(_fault(file, error))
    else:
        imported.counts.update(files=1, **progress.counts)
        told = ", ".join(f"{number} {name}" for name, number in progress.counts.items())
        log.info(dry_runs.sentence(params, f"{file.url}: {told}"))
        if progress.rejected and not is_dry:
            imported.rejected_in.append(rejected_url(file.url, progress.begun_at))
            log.warning("What was rejected of it is in %s", imported.rejected_in[-1])
        return
    log.error("%s", imported.faults[-1])
    imported.counts["failed"] += 1


def _fault(file: File, error: Exception) -> FileError:
    """Return what is wrong with a file."""
    if isinstance(error, FileError):
        return FileError(f"{file.url}: {error.problem}", error.remedy)
    if isinstance(error, FileNotFoundError):
        return FileError(f"{file.url}: it went away while it was taken in", "Leave a file alone until it is in done/")
    log.error("%s cannot be taken in", file.url, exc_info=error)
    if isinstance(error, psycopg.Error):
        return FileError(f"{file.url}: {type(error).__name__}: {without_values(error)}", _REMEDY_THERE)
    return FileError(f"{file.url}: {type(error).__name__}: {one_line(error)}", _REMEDY)


_REMEDY = "See that it can be read, and its folder written to"
_REMEDY_THERE = "See that the instance takes it: what refuses it may be a trigger of your own"
