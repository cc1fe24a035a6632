-- By age alone, as what they were about.
delete from archive.operator_act_event
where account = %(account)s and modified_at < clock_timestamp() - %(kept)s::interval
