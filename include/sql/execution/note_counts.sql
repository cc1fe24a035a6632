-- What a step has done, in its transaction.
select message_center.note_counts(%(counts)s::jsonb)
