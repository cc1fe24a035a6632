"""The demo as one who sends files: samples are written into an account's folder, and its DAG takes them in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from message_center.local import private
from message_center.local.airflow_api import AirflowApi
from message_center.local.doors import Answer
from message_center.local.samples import Sample
from message_center.sql import statement
from message_center.workflows import IMPORT_EVENTS

QUEUE = "batch"
Connection = psycopg.Connection[tuple[Any, ...]]


def import_path(folder: Path) -> str:
    """Return a folder of this machine as the field of an account has it."""
    return f"file://{folder}"


def takes_files(airflow: AirflowApi, account: str, folder: Path) -> bool:
    """Whether an account has the folder that the local stack made for it: its user may have another one, or none."""
    connection = airflow.connection(account) or {}
    return bool(json.loads(connection.get("extra") or "{}").get("import_path") == import_path(folder))


@dataclass(frozen=True)
class SentFile:
    """
    Samples in a file, which a run of ``importEvents_<account>`` takes in.

    :param name: of the file, without its ending.
    """

    folder: Path
    name: str
    samples: Sequence[Sample]

    def write(self) -> None:
        """Write it as others should: under another name until it is whole."""
        part = self.folder / f"{self.name}.ndjson.part"
        private.write(part, "".join(f"{json.dumps(sample.event)}\n" for sample in self.samples))
        part.rename(part.with_suffix(""))

    def take_in(self, airflow: AirflowApi, account: str) -> str:
        """Start the account's imports, and one of this file now; return its run."""
        dag_id = IMPORT_EVENTS.dag_id(account)
        airflow.pause(dag_id, False)
        return airflow.trigger(dag_id, queue=QUEUE, settled_seconds=0)

    def answers(self, connection: Connection) -> Iterator[Answer]:
        """Yield what became of each sample, once the run is at its end."""
        names = [sample.event["external_id"] for sample in self.samples]
        ids: dict[str, int] = dict(connection.execute(statement("local/ids_by_external_id"), [names]).fetchall())
        reasons = dict(self._rejected())
        for sample, name in zip(self.samples, names, strict=True):
            yield sample, ids.get(name), reasons.get(name)

    def _rejected(self) -> Iterator[tuple[str, str]]:
        for file in self.folder.glob(f"done/*-{self.name}.ndjson.rejected.ndjson"):
            for line in file.read_text().splitlines():
                rejected = json.loads(line)
                yield json.loads(rejected["record"])["external_id"], rejected["reason"]
