"""Archiving: our stream, Airflow's own GenericTransfer, dlt, and psql by hand, from and to the same databases."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import dlt
import sqlalchemy
from airflow.providers.common.sql.operators.generic_transfer import GenericTransfer
from dlt.sources.sql_database import sql_table

from bench.archive import Pair, by_hand, fresh_pair, our_rate
from bench.comparison import Comparison, Ratio, Side
from bench.harness import Server
from bench.sizes import Sizes

TRANSFER_ROWS_AT_ONCE = 10_000
DLT_ROWS_AT_ONCE = 50_000

# What the archive takes of an event; statuses and queues are text there.
COLUMNS = [
    *("id", "queue", "status", "status_reason", "type", "wished_channel", "email", "mobile_phone"),
    *("registration_token", "external_id", "origin", "language", "country", "email_format", "ctx", "scheduled"),
    *("expiration", "idempotency_key", "replay_of", "created_at", "process_requested_on", "error_count"),
    *("enriched_at", "template_id", "processed_at", "modified_at", "modified_xid"),
]
AS_TEXT = {"queue", "status", "ctx", "modified_xid"}


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""

    def side(work: Callable[[Pair, int], float]) -> Side:
        def rate(rows: int) -> float:
            with fresh_pair(server, "backlog", "no_archive", rows) as pair:
                return work(pair, rows)

        return rate

    sides = {
        "message center, archive_stream": side(our_rate),
        "GenericTransfer": side(transfer_rate),
        "dlt, append": side(lambda pair, rows: dlt_rate(pair, rows, "append")),
        "dlt, upsert": side(lambda pair, rows: dlt_rate(pair, rows, {"disposition": "merge", "strategy": "upsert"})),
        "psql, by hand": side(lambda pair, rows: rows / by_hand(pair)),
    }
    ours, *others = sides
    return [
        Comparison(
            title="Archiving events beside peers",
            unit="rows/s",
            amount=sizes.peer_archive_rows,
            sides=sides,
            ratios=tuple(Ratio(f"cold archive / {other}", ours, other) for other in others),
            warm_up=500,
            notes=notes(),
        )
    ]


def notes() -> dict[str, str]:
    """Say what each side is, and what it does more or less than ours."""
    database = f"SQLAlchemy {version('sqlalchemy')}"
    return {
        "message center, archive_stream": "upserts by id, keeps a watermark; columns unknown to control go to JSON",
        "GenericTransfer": f"apache-airflow-providers-common-sql {version('apache-airflow-providers-common-sql')}; "
        f"get_records, then executemany in transactions of {TRANSFER_ROWS_AT_ONCE:,} rows (its default is 1,000), "
        "replace=True (ON CONFLICT DO UPDATE). All rows are held in memory; it keeps no watermark",
        "dlt, append": f"{version('dlt')}, {database}, sql_table with backend pyarrow {version('pyarrow')} and CSV, "
        "which is loaded by COPY (its fast loading for PostgreSQL). Appends to a table of its own without any index; "
        "its load packages can be taken up again after a crash. Measured from its second run on, as the first makes "
        "its tables",
        "dlt, upsert": "the same with the merge disposition, strategy upsert, by id: what our archive does",
    }


def transfer_rate(pair: Pair, rows: int) -> float:
    """Let GenericTransfer bring everything; rows per second."""
    for conn_id, database in (("BENCH_EXECUTION", pair.execution), ("BENCH_CONTROL", pair.control)):
        os.environ[f"AIRFLOW_CONN_{conn_id}"] = json.dumps(
            {
                "conn_type": "postgres",
                "host": database.info.host,
                "login": database.info.user,
                "schema": database.info.dbname,
                "port": database.info.port,
            }
        )
    read = ", ".join(f"{name}::text" if name in AS_TEXT else name for name in COLUMNS)
    transfer = GenericTransfer(
        task_id="transfer",
        sql=f"select {read}, 'mcBench', clock_timestamp() from message_center.event",
        source_conn_id="bench_execution",
        destination_conn_id="bench_control",
        destination_table="archive.event",
        insert_args={
            "target_fields": [*COLUMNS, "account", "archived_at"],
            "commit_every": TRANSFER_ROWS_AT_ONCE,
            "executemany": True,
            "replace": True,
            "replace_index": "id",
        },
    )
    started = time.perf_counter()
    transfer.execute({})
    seconds = time.perf_counter() - started
    expect(pair, "archive.event", rows)
    return rows / seconds


def dlt_rate(pair: Pair, rows: int, disposition: Any) -> float:
    """Let dlt bring everything; rows per second."""
    source, target = (dlt_uri(pair.execution.info), dlt_uri(pair.control.info))
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "archive", destination=dlt.destinations.postgres(target), dataset_name="dlt_archive", pipelines_dir=folder
        )
        options = {"write_disposition": disposition, "primary_key": "id", "loader_file_format": "csv"}
        # Start-up: it reads the columns, and makes its tables.
        pipeline.run(events(source, lambda query, *_: query.where(sqlalchemy.false())), **options)
        started = time.perf_counter()
        pipeline.run(events(source), **options)
        seconds = time.perf_counter() - started
    expect(pair, "dlt_archive.event", rows)
    return rows / seconds


def events(uri: str, query: Any = None) -> Any:
    """Return dlt's resource of the events."""
    return sql_table(
        sqlalchemy.create_engine(uri),
        table="event",
        schema="message_center",
        backend="pyarrow",
        chunk_size=DLT_ROWS_AT_ONCE,
        included_columns=COLUMNS,
        query_adapter_callback=query,
    )


def dlt_uri(info: Any) -> str:
    # The host of the query is the one that counts; dlt wants one before it, and a password.
    return f"postgresql://{info.user}:none@localhost/{info.dbname}?host={info.host}"


def expect(pair: Pair, table: str, rows: int) -> None:
    """Check that the work was done."""
    found = pair.control.execute(f"select count(*) from {table}").fetchone()
    assert found == (rows,), f"{found} of {rows} rows"
