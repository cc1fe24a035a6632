-- What became of claimed events.
select message_center.finish_enrichments(%(results)s)
