"""The import of a file: each of its records is pushed once, wherever it is cut."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from message_center.files import progress as kept
from message_center.files.errors import FileError
from message_center.files.file import File
from message_center.files.formats import READERS
from message_center.files.opening import opened
from message_center.files.progress import Connection, Progress
from message_center.files.pushing import push
from message_center.files.records import Record, sets
from message_center.intake.instance import Result

if TYPE_CHECKING:
    from hashlib import _Hash as Digest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileImport:
    """
    The import of one file.

    :param queue: that its events go to.
    :param keep: nothing is kept without, in a dry run.
    """

    connection: Connection
    file: File
    queue: str
    keep: bool = True

    def run(self) -> Progress:
        """
        Take in what is left of the file, and put it away.

        :return: how far it has come, over all runs.
        :raises FileError: if the file is bad somewhere; what stands before stays taken in.
        """
        progress, state = self._begin(), self.file.state()
        try:
            progress = self._take_in(progress)
        except _OtherFileError:
            progress = self._take_in(self._begin(instead_of=progress))
        self.file.refuse_change(state)
        if self.keep:
            kept.end(self.connection, progress)
            self.file.put_away(progress.begun_at, kept.rejected_lines(self.connection, progress), state)
            kept.finish(self.connection, progress)
        return progress

    def _begin(self, instead_of: Progress | None = None) -> Progress:
        with self.connection.transaction(force_rollback=not self.keep):
            if instead_of:
                kept.finish(self.connection, instead_of)
            return kept.begin(self.connection, self.file.url)

    def _take_in(self, progress: Progress) -> Progress:
        with opened(self.file) as chunks:
            records = READERS[self.file.format or ""](chunks)
            digest = self._pass(records, progress)
            for part in sets(records):
                for record in part:
                    _add(digest, record)
                progress = self._push(progress, part, digest.digest())
        return progress

    def _pass(self, records: Iterator[Record], progress: Progress) -> Digest:
        """Pass over what is in already, and see that it is still the same."""
        digest, passed = sha256(), 0
        for record in islice(records, progress.records):
            _add(digest, record)
            passed += 1
        is_same = passed == progress.records and progress.digest in (None, digest.digest())
        if not is_same and progress.is_read:
            raise _OtherFileError
        if not is_same:
            raise FileError(
                f"it is another file than the one of which {progress.records} records were taken in", _REMEDY
            )
        return digest

    def _push(self, progress: Progress, part: list[Record], digest: bytes) -> Progress:
        with self.connection.transaction(force_rollback=not self.keep):
            results = self._pushed(part)
            rejected = {
                progress.records + number: record.told(result.reason or "")
                for number, (record, result) in enumerate(zip(part, results, strict=True), 1)
                if result.id is None
            }
            after = progress.after(len(part), len(rejected), digest)
            if self.keep:
                kept.advance(self.connection, progress, after, rejected)
        if rejected and not progress.rejected:
            first = part[min(rejected) - progress.records - 1]
            log.warning("%s: a record is rejected, the first in line %s", self.file.url, first.line)
        return after

    def _pushed(self, part: list[Record]) -> list[Result]:
        pushed = iter(push(self.connection, self.queue, [each.event for each in part if each.event is not None]))
        return [next(pushed) if each.event is not None else Result(None, each.reason) for each in part]


class _OtherFileError(Exception):
    """A file under the name of one that has been put away, which only could not be noted any more."""


def _add(digest: Digest, record: Record) -> None:
    digest.update(record.text.encode())
    digest.update(b"\n")


_REMEDY = "Bring the first one back, or give this one another name"
