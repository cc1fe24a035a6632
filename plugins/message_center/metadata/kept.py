"""How long the runs of our DAGs are kept, unless it is set otherwise."""

from __future__ import annotations

KEPT_DAYS_OPTION, KEPT_DAYS = "runs_kept_days", 7
