"""Transactions that end late or never, sessions that come and go, locks, and time."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from model import work
from model.stage import ANY, Stage, chosen

# What changes the meaning of texts and values, how a plan is made, and what is durable. Not the forms of numbers, in
# which the model itself looks at a session.
HOSTILE = {
    "array_nulls": "off",
    "bytea_output": "escape",
    "datestyle": "SQL, DMY",
    "enable_indexscan": "off",
    "enable_nestloop": "off",
    "intervalstyle": "sql_standard",
    "plan_cache_mode": "force_custom_plan",
    "quote_all_identifiers": "on",
    "search_path": "pg_temp",
    "standard_conforming_strings": "off",
    "synchronous_commit": "off",
    "timezone": "Pacific/Chatham",
    "transform_null_equals": "on",
}
FINISH = ("commit", "commit", "commit", "rollback", "lose", "lose", "crash")


class Troubles(Stage):
    """
    What happens to others, whatever they are doing.

    No rule has a precondition: who waits for whom is a matter of milliseconds, and what hypothesis draws must not
    depend on it. A rule that has nothing to do does nothing.
    """

    @rule(number=ANY, how=st.sampled_from(FINISH))
    def finish(self, number: int, how: str) -> None:
        """Let a transaction that was left open come to an end."""
        if not self.director.held():
            return
        session = chosen(self.director.held(), number)
        if how == "commit":
            self.director.commit(session)
        elif how == "crash":
            self.director.crash(session)
        else:
            self.director.roll_back(session)
        if how == "lose":
            # What a crash comes to for the others, at a tenth of the cost.
            self.director.begin_anew(session)

    @rule(number=ANY, how=st.sampled_from(("cancel", "cancel", "crash")))
    def break_off(self, number: int, how: str) -> None:
        """Break off a statement that waits for others."""
        if not self.director.stuck():
            return
        session = chosen(self.director.stuck(), number)
        if how == "cancel":
            self.director.cancel(session)
        else:
            self.director.crash(session)

    @rule(session=ANY)
    def begin_a_session(self, session: int) -> None:
        """A window ends, and the next one takes over."""
        self.director.begin_anew(self.idle(session))

    @rule(session=ANY, number=ANY)
    def be_hostile(self, session: int, number: int) -> None:
        """A session has a setting that others have not, until it ends."""
        name, value = chosen(sorted(HOSTILE.items()), number)
        self.idle(session).connection.execute("select set_config(%s, %s, false)", [name, value])

    @rule(session=ANY, number=ANY, table=st.sampled_from(("event", "delivery_log")))
    def hold_a_row(self, session: int, number: int, table: str) -> None:
        """Somebody looks at a row in psql, and goes for lunch."""
        ids = sorted(self.picture.events if table == "event" else self.picture.logs)
        if ids:
            id = chosen(ids, number)
            self.director.run(
                self.idle(session), lambda c: work.hold(c, table, id), lambda step: step.check(), hold=True
            )

    @rule()
    def turn_the_gate(self) -> None:
        """Let whoever writes a certain address stand still in mid-statement; or let them go on."""
        if self.world.gate_is_closed:
            self.world.open_gate()
            self.director.go_on()
        elif len(self.director.idle()) > 1:
            self.world.close_gate()

    @rule()
    def let_time_pass(self) -> None:
        """Some hours go by."""
        if not self.director.stuck():
            self.director.tick()
