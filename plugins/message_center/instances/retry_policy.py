"""When a task of ours is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
from airflow.sdk import RetryDecision, RetryPolicy

from message_center.accounts.account import AccountError
from message_center.instances.transient import passes_by_itself

if TYPE_CHECKING:
    from airflow.sdk import Context


class RetryWhatPasses(RetryPolicy):
    """
    The retries of our tasks are for what passes by itself: a task that waits for a person is red at once.

    What no database and no account said is retried: nobody knows.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Decide by the database's error that is behind a task's; see :class:`airflow.sdk.RetryPolicy`."""
        for error in _causes(exception):
            if isinstance(error, psycopg.Error):
                passes = passes_by_itself(error)
                break
        else:
            passes = not isinstance(exception, AccountError)
        return RetryDecision.default() if passes else RetryDecision.fail("It does not pass by itself.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
