-- How many events an act has taken so far.
select done from message_center.operator_act where act = %(act)s
