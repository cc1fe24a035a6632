-- For the session: everything that our results depend on, whatever the role, the database or the server has it set to.
-- Only what this server knows; what it does not is newer or older than it. The search path may be hostile until then.
select pg_catalog.set_config(p.name, p.value, false)
from (
    values
        -- How values are read and written.
        ('client_encoding', 'UTF8'),
        ('standard_conforming_strings', 'on'),
        ('backslash_quote', 'safe_encoding'),
        ('array_nulls', 'on'),
        ('transform_null_equals', 'off'),
        ('quote_all_identifiers', 'off'),
        ('xmloption', 'content'),
        ('TimeZone', 'UTC'),
        ('DateStyle', 'ISO, MDY'),
        ('IntervalStyle', 'postgres'),
        ('timezone_abbreviations', 'Default'),
        ('bytea_output', 'hex'),
        ('extra_float_digits', '1'),
        -- Which names are found: the server's own first, and nobody's temporary ones before them.
        ('search_path', 'pg_catalog, public, pg_temp'),
        ('check_function_bodies', 'on'),
        -- What a transaction sees, and how long things may take. Read-only is left alone: it is somebody's will.
        ('default_transaction_isolation', 'read committed'),
        ('default_transaction_deferrable', 'off'),
        ('statement_timeout', %(statement_timeout)s),
        ('lock_timeout', %(lock_timeout)s),
        ('idle_in_transaction_session_timeout', '10min'),
        ('idle_session_timeout', '0'),
        ('transaction_timeout', '0'),
        -- Nothing is told to be done that a crash would undo; more than that is the server's choice.
        ('synchronous_commit',
            coalesce(nullif(pg_catalog.current_setting('synchronous_commit'), 'off'), 'on'))
) as p (name, value)
join pg_catalog.pg_settings as known on known.name operator(pg_catalog.=) p.name
