"""Inflicts one fault after the other on the system under load, and accounts for every event in the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone

from faults import accounts, recovery
from faults.accounts import Account
from faults.fault import Fault, Scene
from faults.load import Load
from faults.recovery import Watch
from faults.system import Settings, System
from support.stack import BROKEN, Running

RECOVERY_SECONDS = 240.0  # after which it is given up
WORKED_OFF_SECONDS = 120.0
SETTLED_SECONDS = 420.0  # a killed engine's lease ends after five minutes
ARCHIVED_SECONDS = 300.0

Say = Callable[[str], None]


@dataclass
class Result:
    """
    What came of a fault.

    :ivar recovery: seconds; ``None`` if it did not recover in :data:`RECOVERY_SECONDS`.
    :ivar load_average: of the machine, over the last minute, when it had recovered.
    :ivar wrong: what is not as it should be, besides its events.
    :ivar skipped: why it was not inflicted.
    """

    fault: Fault
    load: Load | None = None
    recovery: float | None = None
    load_average: float = 0.0
    skipped: str = ""
    wrong: list[str] = field(default_factory=list)
    account: Account = field(default_factory=Account)

    @property
    def remarks(self) -> list[str]:
        """Return what is not as it should be, in words."""
        return [*self.wrong, *self.account.remarks]

    def is_kept(self, slack: float = 1) -> bool:
        """
        Whether every promise was kept.

        :param slack: how many times the promised time the recovery may take.
        """
        if self.skipped:
            return True
        in_time = self.recovery is not None and self.recovery <= slack * self.fault.promised
        account = self.account
        is_complete = account.pushed > 0 and not account.lost and not account.stray and not self.remarks
        return in_time and is_complete and account.doubled <= self.fault.doubled


def run(faults: Sequence[Fault], settings: Settings, running: Running, say: Say) -> list[Result]:
    """
    Run the faults one by one.

    :param running: the stack, perhaps still starting; it is good for nothing else afterwards.
    :param say: told in words what is going on.
    """
    with ExitStack() as resources:
        say("Starting the stack, its databases and its workflows …")
        system = System(settings, running, resources).set_up()
        results = [suffer(fault, system, say) for fault in faults]
        say("Waiting until everything is final …")
        settle(system)
        books = accounts.read(system)
        for result in results:
            if result.load:
                result.account = accounts.account_for(result.load, books)
                result.wrong += result.fault.verify(system)
    return results


def suffer(fault: Fault, system: System, say: Say) -> Result:
    """Inflict one fault under load, and wait until the system works again and has nothing left to do."""
    if reason := fault.impossible(system):
        say(f"{fault.name}: skipped: {reason}")
        return Result(fault, skipped=reason)
    load = system.load(fault.name)
    result = Result(fault, load)
    try:
        result.recovery = _recovery(fault, system, load, say)
    except BROKEN as error:
        result.wrong.append(f"{type(error).__name__}: {error}")
    result.load_average = os.getloadavg()[0]
    say(f"{fault.name}: " + ("not recovered" if result.recovery is None else f"recovered in {result.recovery:.1f} s"))
    recovery.wait_until_worked_off(system, recovery.WAITING, WORKED_OFF_SECONDS)
    return result


def _recovery(fault: Fault, system: System, load: Load, say: Say) -> float | None:
    first = recovery.last_id(system)
    load.start()
    try:
        recovery.wait_until_healthy(system)
        say(f"{fault.name} …")
        recovered = fault.inflict(Scene(system, load))
        watch = Watch(system, first, datetime.now(timezone.utc))
        return recovery.wait_for_recovery(watch, recovered, max(RECOVERY_SECONDS, fault.promised))
    finally:
        load.stop()


def settle(system: System) -> None:
    """Wait until every event is final, and bring the archive up to date."""
    recovery.wait_until_worked_off(system, recovery.UNFINISHED, SETTLED_SECONDS)
    # updateEventStatus has its last copy behind it when the archive is brought.
    time.sleep(1)
    run_id = system.archive()
    system.patiently("archived", lambda: system.archived(run_id), ARCHIVED_SECONDS)
