-- One import at a time, even when Airflow has taken a run for dead that is not. A session that dies lets go.
select pg_advisory_lock(hashtext('message_center'), hashtext('imports'))
