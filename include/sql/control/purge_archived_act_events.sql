-- By age alone, as what they were about.
with gone as (
    delete from archive.operator_act_event
    where account = %(account)s and modified_at < clock_timestamp() - %(kept)s::interval
    returning 1
)
select count(*) from gone
