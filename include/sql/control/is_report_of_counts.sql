-- Whether a report is made from counts.
select archive.is_report_of_counts(%(filter)s, %(accounts)s, %(step)s)
