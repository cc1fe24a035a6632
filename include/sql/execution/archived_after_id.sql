-- How far the archive has been looked through for an act.
select archived_after_id from message_center.operator_act where act = %(act)s
