"""Reports over the archive, as JSON and as CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from message_center.events.filters import EventFilter
from message_center.events.reports import Grouping, Report, Step, as_csv, report
from message_center.page.databases import Control
from message_center.page.routes.forms import Channel, Moment, Queue, Strict

router = APIRouter(prefix="/reports")


class ReportForm(Strict):
    """What a report is about (see :class:`message_center.events.reports.Report`), and whether it is about times."""

    since: Moment
    until: Moment
    step: Step = "day"
    by: Grouping = "type"
    accounts: list[str] = Field(default_factory=list)
    types: list[str] = Field(default_factory=list)
    channel: Channel | None = None
    queue: Queue | None = None
    within_seconds: Annotated[float, Field(gt=0)] = 20.0
    times: bool = True

    @property
    def asked(self) -> Report:
        """The report."""
        wanted = EventFilter(
            types=self.types, channel=self.channel, queue=self.queue, since=self.since, until=self.until
        )
        return Report(wanted, self.step, self.by, self.accounts, self.within_seconds if self.times else None)


class ReportRow(BaseModel):
    """One period of one group: counts, the service level from 0 to 1, and seconds at 50, 95 and 99 per cent."""

    period: Moment
    name: str | None
    events: int
    sent: int
    ignored: int
    failed: int
    not_taken_into_account: int
    expired: int
    pending: int
    in_time: int | None
    service_level: float | None
    processing_seconds: list[float | None] | None
    queue_seconds: list[float | None] | None
    sending_seconds: list[float | None] | None
    is_rounded: bool


Asked = Annotated[ReportForm, Query()]


@router.get("/events")
def event_report(form: Asked, control: Control) -> list[ReportRow]:
    """Return what became of the events of a period, and how long it took."""
    return [ReportRow.model_validate(row) for row in report(control, form.asked)]


@router.get("/events.csv", response_class=PlainTextResponse)
def event_report_as_csv(form: Asked, control: Control) -> PlainTextResponse:
    """Return the same as a file."""
    name = f"events-{form.since:%Y-%m-%d}-{form.until:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(as_csv(report(control, form.asked)), media_type="text/csv", headers=headers)
