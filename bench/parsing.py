"""
How long the DAG processor takes for the DAG files, by the number of accounts.

As a program, this is the DAG processor's part: it reads a registry of accounts a line, as a JSON string, and answers
the seconds. Each file is parsed as Airflow does it: in a fork of a process that has imported Airflow.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from bench.curve import Chart, Curve, Growth
from bench.sizes import Sizes
from support.process import REPOSITORY

DAGS = REPOSITORY / "dags"


def curves(sizes: Sizes, cleanup: ExitStack) -> list[Curve]:
    """
    Return what is drawn.

    :param cleanup: ends the program when all is measured.
    """
    few, many = sizes.accounts[0], sizes.accounts[-1]
    program: list[subprocess.Popen[str]] = []

    def parse(accounts: int) -> dict[str, float]:
        if not program:
            program.append(cleanup.enter_context(started()))
        return {"all DAG files": 1000 * asked(program[0], accounts)}

    return [
        Curve(
            title="Parsing the DAG files, by the number of accounts",
            of="accounts",
            sizes=sizes.accounts,
            point=parse,
            charts=(Chart("parsing", "Parsing the DAG files", "ms", ("all DAG files",)),),
            growth=(Growth(f"parse time, {few:,} account / {many:,} accounts", "all DAG files", 1 / 5, is_time=True),),
            repetitions=sizes.curve_repetitions,
            warm_up=few,
            notes=(
                "Every file in a process of its own, forked from one that has imported Airflow, as the DAG processor "
                "does; the sum over the files. The promise, at most 5 × the time of one "
                "account for 100, is a ratio of 0.2 here.",
            ),
        )
    ]


def started() -> subprocess.Popen[str]:
    """Start the program; its context ends it."""
    return Program([sys.executable, "-m", "bench.parsing"], cwd=REPOSITORY)


class Program(subprocess.Popen[str]):
    """A program that is asked line by line, and ends with its input."""

    def __init__(self, command: list[str], cwd: Path) -> None:
        super().__init__(command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def asked(program: subprocess.Popen[str], accounts: int) -> float:
    """Ask the program for the seconds with so many accounts."""
    from message_center.accounts.account import Account
    from message_center.accounts.registry import Registry

    assert program.stdin
    assert program.stdout
    registry = Registry([Account(f"mcBench{n}") for n in range(accounts)])
    print(json.dumps(registry.to_json()), file=program.stdin, flush=True)
    answer = program.stdout.readline()
    assert answer, f"the program ended: {program.wait()}"
    return float(answer)


def main(questions: IO[str], answers: IO[str]) -> None:
    """Answer until the input ends."""
    # What the DAG processor has imported when it forks: itself, and the bundle, but no other module of ours.
    importlib.import_module("airflow.dag_processing.manager")
    importlib.import_module("message_center.accounts.bundle")
    from airflow.dag_processing.processor import _pre_import_airflow_modules

    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"
    files = sorted(DAGS.glob("*.py"))
    for file in files:
        _pre_import_airflow_modules(str(file), None)  # type: ignore[arg-type]
    for question in questions:
        os.environ["AIRFLOW_VAR_MESSAGE_CENTER_ACCOUNTS"] = json.loads(question)
        print(sum(map(parse_in_a_fork, files)), file=answers, flush=True)


def parse_in_a_fork(file: Path) -> float:
    """Parse and serialize one file; seconds, the fork included."""
    started = time.perf_counter()
    child = os.fork()
    if not child:
        os._exit(0 if parse(file) else 1)
    _, status = os.waitpid(child, 0)
    seconds = time.perf_counter() - started
    assert status == 0, f"{file} was not parsed"
    return seconds


def parse(file: Path) -> bool:
    """Do what the DAG processor's child does; whether it found no fault."""
    import structlog
    from airflow.dag_processing.processor import DagFileParseRequest, _parse_file

    request = DagFileParseRequest(file=str(file), bundle_path=DAGS, bundle_name="message-center")
    found = _parse_file(request, structlog.get_logger())
    return found is not None and not found.import_errors


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
