select message_center.finish_enrichments(%(results)s)
