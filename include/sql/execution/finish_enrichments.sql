-- What became of claimed events. Returns the results that were refused.
select position, reason from message_center.finish_enrichments(%(results)s)
