"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = (
    "apache-airflow",
    "psycopg",
    "aiosmtplib",
    "aiosmtpd",
    "procrastinate",
    "pgqueuer",
    "asyncpg",
    "apache-airflow-providers-common-sql",
    "apache-airflow-providers-postgres",
    "dlt",
    "pyarrow",
    "sqlalchemy",
)


def machine() -> dict[str, str]:
    """Return cores, memory, CPU, load and the versions of what does the work."""
    return {
        "CPU": f"{cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load average before": load(),
        "Python": platform.python_version(),
        **{name: found for name in PACKAGES if (found := _version(name))},
    }


def load() -> str:
    """Return the load averages over 1, 5 and 15 minutes."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())


def cpu_model() -> str:
    """Return what the system calls its processor."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
