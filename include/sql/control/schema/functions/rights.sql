-- Who may do what with the control instance: see include/sql/execution/schema/functions/rights.sql.
create or replace function message_center.rights() returns table (kind text, name text, roles text[])
language sql immutable
begin atomic
    values
        ('function', 'archive.erase_person', array['operator']),
        ('function', 'archive.find_events', array['operator', 'reader']),
        ('function', 'archive.event_report', array['operator', 'reader']),
        ('function', 'archive.event_counts', array['operator', 'reader']),
        ('function', 'archive.counted_report', array['operator', 'reader']),
        ('function', 'archive.is_report_of_counts', array['operator', 'reader']),
        ('function', 'archive.replayable_ids', array['operator', 'reader']),

        ('function', 'archive.curve', array['operator', 'reader']),
        ('function', 'message_center.indicators', array['operator', 'reader']),
        ('function', 'message_center.indicator_levels', array['operator', 'reader']),

        ('table', 'archive.event', array['operator', 'reader']),
        ('table', 'archive.delivery_log', array['operator', 'reader']),
        ('table', 'archive.delivery_log_message', array['operator', 'reader']),
        ('table', 'archive.message_template', array['operator', 'reader']),
        ('table', 'archive.operator_act', array['operator', 'reader']),
        ('table', 'archive.operator_act_event', array['operator', 'reader']),
        ('table', 'archive.quarantine', array['operator', 'reader']),
        ('table', 'archive.set_aside_row', array['operator', 'reader']),
        ('table', 'archive.statistic', array['operator', 'reader']),
        ('table', 'archive.statistic_day', array['operator', 'reader']),
        ('table', 'archive.tracking_log', array['operator', 'reader']),
        ('table', 'archive.tracking_url', array['operator', 'reader']),
        ('table', 'message_center.archive_watermark', array['operator', 'reader']),
        ('table', 'message_center.current_template', array['operator', 'reader']),
        ('table', 'message_center.event_type', array['operator', 'reader']),
        ('table', 'message_center.execution_instance', array['operator', 'reader']),
        ('table', 'message_center.publication', array['operator', 'reader']),
        ('table', 'message_center.published_template', array['operator', 'reader']),
        ('table', 'message_center.template_version', array['operator', 'reader']),
        ('table', 'message_center.indicator_status', array['operator', 'reader']),
        ('table', 'message_center.look', array['operator', 'reader']),
        ('table', 'message_center.threshold', array['operator', 'reader']),
        ('table', 'message_center.threshold_change', array['operator', 'reader']),
        ('table', 'message_center.workflow_heartbeat', array['operator', 'reader']),

        ('function', 'archive.count_blocks', '{}'),
        ('function', 'archive.block_of', '{}'),
        ('function', 'archive.without_address', '{}'),
        ('function', 'archive.act_filter_without', '{}'),
        ('function', 'archive.erase_mentions', '{}'),
        ('function', 'archive.add_histograms', '{}'),
        ('function', 'message_center.judge_indicators', '{}'),
        ('function', 'message_center.threshold_of', '{}'),
        ('function', 'archive.percentile_ms', '{}'),
        ('function', 'message_center.rights', '{}');
end;
