"""
The schemas of both sides.

``include/sql/<side>/schema`` is the present state, by subject, and what an empty database is made from. On a database
that exists, the revisions that it lacks change tables and types, and the functions and views are applied again whenever
their text has changed. So a change to

- a function or view is made in ``schema/functions`` and nowhere else. One that goes, or gets another signature, is
  dropped by a revision besides.
- a table or type is made in ``schema/tables`` and by a revision: ``<side>/NNNN_<what>.py``, which runs
  ``include/sql/<side>/migrations/NNNN_<what>.sql``. New columns go to the end of their table.

``tests/sql/test_schema.py`` says so where one of the two is forgotten.
"""

from message_center.migrations.roles import provide_roles
from message_center.migrations.runner import SchemaError, migrate, recognise

__all__ = ["SchemaError", "migrate", "provide_roles", "recognise"]
