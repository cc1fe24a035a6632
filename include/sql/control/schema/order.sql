-- The control side's schema in the order in which its parts need each other, and nothing else. A new file gets a line here.
\ir tables/schema_state.sql
\ir tables/execution_instance.sql
\ir tables/archive_watermark.sql
\ir tables/workflow_heartbeat.sql
\ir tables/archive.sql
\ir tables/event_filter.sql
\ir tables/set_aside_row.sql
\ir tables/statistic.sql
\ir tables/publication.sql
\ir tables/archived_message_template.sql
\ir functions/current_template.sql
\ir functions/statistics.sql
\ir functions/erasure.sql
\ir functions/search.sql
\ir functions/reports.sql
\ir functions/rights.sql
