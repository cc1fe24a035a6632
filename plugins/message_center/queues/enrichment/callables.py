"""Which event types have a Python callable, and getting hold of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from airflow.sdk.configuration import conf

CONFIGURATION = "[message_center] enrichment_callables"

# A set of events in, as JSON objects of their columns; for each, in the same order, what is to be merged into its ctx.
Enrich = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]


class EnrichmentError(ValueError):
    """A callable that cannot be had, or that answers what it may not."""


def configured_callables() -> dict[str, str]:
    """
    Return ``module:name`` of each event type's callable, from Airflow's configuration.

    :raises EnrichmentError: if the setting is not ``event_type=module:name, …``.
    """
    setting = conf.get("message_center", "enrichment_callables", fallback="")
    found = {}
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        event_type, equals, path = (part.strip() for part in entry.partition("="))
        if not (event_type and equals and ":" in path):
            raise EnrichmentError(f"{CONFIGURATION}: {entry!r} is not of the form event_type=module:name.")
        found[event_type] = path
    return found


def load(path: str) -> Enrich:
    """
    Return the callable ``module:name``.

    :raises EnrichmentError: if there is none.
    """
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise EnrichmentError(
            f"{CONFIGURATION}: {path!r} cannot be imported: {error}. Install it on every worker."
        ) from error
    if not callable(found):
        raise EnrichmentError(f"{CONFIGURATION}: {path!r} is not a callable.")
    return found  # type: ignore[no-any-return]
