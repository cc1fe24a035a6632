-- How far the migrations have come, and which text the functions were made from.
select v.version_num, s.functions_digest
from message_center.alembic_version as v
cross join message_center.schema_state as s
