-- By age alone, as what they were about.
with gone as (
    delete from archive.operator_act
    where account = %(account)s and begun_at < clock_timestamp() - %(kept)s::interval
    returning 1
)
select count(*) from gone
