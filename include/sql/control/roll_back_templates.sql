-- Each template as it was after publication `version`; without names, those which that publication brought.
insert into message_center.published_template (publication, internal_name, version)
select distinct on (p.internal_name) %(number)s, p.internal_name, p.version
from message_center.published_template as p
where p.publication <= %(version)s
    -- Not what there is now, because of a number that nothing has yet.
    and %(version)s < %(number)s
    and p.internal_name in (
        select unnest(%(names)s::text[])
        union all
        select q.internal_name
        from message_center.published_template as q
        where q.publication = %(version)s and %(names)s::text[] = '{}'
    )
order by p.internal_name, p.publication desc
