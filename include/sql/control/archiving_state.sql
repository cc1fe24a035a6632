-- Whether an account's instance is registered, and whether its archiving succeeded within a cadence.
select i.account is not null as is_registered,
    coalesce(h.last_success > clock_timestamp() - %(cadence)s::interval, false) as is_archived,
    h.last_success, h.last_error
from (values (%(account)s)) as wanted (account)
left join message_center.execution_instance as i using (account)
left join message_center.workflow_heartbeat as h on h.account = wanted.account and h.workflow = 'mcSynch'
