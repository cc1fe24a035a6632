-- Who may do what with this instance, and nothing else; docs/roles.md says it to people. Functions with a role are the
-- entry points for others: roles/entry_points.sql has them run as the database's owner. Those without one are for the
-- workflows, which sign in as that owner. What is in no line is called by our functions only.
create or replace function message_center.rights() returns table (kind text, name text, roles text[])
language sql immutable
begin atomic
    values
        ('function', 'message_center.push_events', array['pusher', 'operator']),

        ('function', 'message_center.claim_deliveries', array['engine']),
        ('function', 'message_center.log_deliveries', array['engine']),
        ('function', 'message_center.hold_claims', array['engine']),
        ('function', 'message_center.renew_claims', array['engine']),
        ('function', 'message_center.begin_waiting', array['engine']),
        ('function', 'message_center.end_waiting', array['engine']),
        ('function', 'message_center.stopped_event_types', array['engine']),
        ('function', 'message_center.record_heartbeat', array['engine']),
        ('function', 'message_center.begin_window', array['engine']),
        ('function', 'message_center.note_counts', array['engine']),
        ('table', 'message_center.message_template', array['engine', 'operator', 'reader']),

        ('function', 'message_center.stop_event_type', array['operator']),
        ('function', 'message_center.resume_event_type', array['operator']),
        ('function', 'message_center.quarantine_address', array['operator']),
        ('function', 'message_center.release_address', array['operator']),
        ('function', 'message_center.erase_person', array['operator']),

        ('table', 'message_center.instance', array['operator', 'reader']),
        ('table', 'message_center.event', array['operator', 'reader']),
        ('table', 'message_center.event_type', array['operator', 'reader']),
        ('table', 'message_center.enrichment_request', array['operator', 'reader']),
        ('table', 'message_center.delivery', array['operator', 'reader']),
        ('table', 'message_center.delivery_log', array['operator', 'reader']),
        ('table', 'message_center.delivery_log_message', array['operator', 'reader']),
        ('table', 'message_center.quarantine', array['operator', 'reader']),
        ('table', 'message_center.tracking_url', array['operator', 'reader']),
        ('table', 'message_center.tracking_log', array['operator', 'reader']),
        ('table', 'message_center.workflow_heartbeat', array['operator', 'reader']),
        ('table', 'message_center.statistic', array['operator', 'reader']),
        ('function', 'message_center.indicators', array['operator', 'reader']),
        ('function', 'message_center.curve', array['operator', 'reader']),

        ('function', 'message_center.route_events', '{}'),
        ('function', 'message_center.expire_events', '{}'),
        ('function', 'message_center.queue_now', '{}'),
        ('function', 'message_center.sample_queue', '{}'),
        ('function', 'message_center.sample_idle_queues', '{}'),
        ('function', 'message_center.compact_statistics', '{}'),
        ('function', 'message_center.ignore_stopped_events', '{}'),
        ('function', 'message_center.claim_enrichments', '{}'),
        ('function', 'message_center.finish_enrichments', '{}'),
        ('function', 'message_center.update_event_statuses', '{}'),
        ('function', 'message_center.save_status_watermark', '{}'),
        ('function', 'message_center.deploy_templates', '{}'),
        ('function', 'message_center.purge_events', '{}'),
        ('function', 'message_center.purge_delivery_logs', '{}'),
        ('function', 'message_center.purge_tracking_logs', '{}'),
        ('function', 'message_center.purge_statistics', '{}'),
        ('function', 'message_center.register_instance', '{}'),
        ('function', 'message_center.rebase_after_restore', '{}'),
        ('function', 'message_center.database_identity', '{}'),
        ('function', 'message_center.rights', '{}');
end;
