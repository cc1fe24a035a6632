with written as (
    delete from message_center.rejected_record as r where r.imported_file = %(id)s
)
update message_center.imported_file as i set finished_at = clock_timestamp() where i.id = %(id)s
