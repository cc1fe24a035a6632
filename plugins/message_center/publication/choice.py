"""Which templates a DAG run is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from message_center.queues.enrichment.callables import configured_callables
from message_center.templates.files import TemplateFolder, read_templates
from message_center.templates.problems import TemplateProblemsError

Params = Mapping[str, Any]


def read_folder() -> TemplateFolder:
    """
    Return the templates of this project, all of them checked.

    :raises AirflowFailException: listing every problem.
    """
    try:
        return read_templates(callables=configured_callables())
    except TemplateProblemsError as error:
        raise AirflowFailException(str(error)) from error


def chosen(folder: TemplateFolder, params: Params) -> list[str]:
    """
    Return the internal names of the templates that a run is about: those named, else all that are active.

    :raises AirflowFailException: if one is named that is not there or not active.
    """
    active = [name for name, template in folder.templates.items() if template.active]
    names = params.get("templates") or active
    if wrong := sorted(set(names) - set(active)):
        raise AirflowFailException(f"Not there, or not active in template.yaml: {', '.join(wrong)}.")
    return sorted(names)
