-- Who may do what with this instance, and nothing else; docs/roles.md says it to people. Functions with a role are the
-- entry points for others: roles/entry_points.sql has them run as the database's owner. Those without one are for the
-- workflows, which sign in as that owner. What is in no line is called by our functions only.
create or replace function message_center.rights() returns table (kind text, name text, roles text[])
language sql immutable
begin atomic
    values
        ('function', 'message_center.push_events', array['pusher', 'operator']),
        ('table', 'message_center.message_template', array['engine', 'operator', 'reader']),
        ('function', 'message_center.count_events', array['operator', 'reader']),
        ('function', 'message_center.find_events', array['operator', 'reader']),
        ('function', 'message_center.present_events', array['operator', 'reader']),
        ('function', 'message_center.refused_events', array['operator', 'reader']),
        ('function', 'message_center.indicators', array['operator', 'reader']),
        ('function', 'message_center.curve', array['operator', 'reader'])
    union all
    -- What operators do.
    select 'function', 'message_center.' || done.name, array['operator']
    from unnest(array[
        'set_caller', 'add_caller_key', 'remove_caller', 'stop_event_type', 'resume_event_type', 'quarantine_address',
        'release_address', 'erase_person', 'replay_events', 'replay_archived_events', 'cancel_events',
        'reschedule_events', 'quarantine_addresses', 'release_addresses', 'resume_webhook', 'replay_webhook'
    ]) as done (name)
    union all
    -- What an engine delivers with.
    select 'function', 'message_center.' || delivers.name, array['engine']
    from unnest(array[
        'claim_deliveries', 'log_deliveries', 'hold_claims', 'renew_claims', 'held_claims', 'let_go_claims',
        'begin_waiting', 'end_waiting', 'stopped_event_types', 'record_heartbeat', 'begin_window', 'note_counts'
    ]) as delivers (name)
    union all
    -- What the doors do, on behalf of their callers.
    select 'function', 'message_center.' || opened.name, array['door']
    from unnest(array[
        'push_events_of', 'push_keyed_call', 'caller_keys', 'open_session', 'event_of', 'events_by_external_id',
        'events_by_address', 'pending_events', 'act_on_event_of'
    ]) as opened (name)
    union all
    -- What people look at.
    select 'table', 'message_center.' || looked_at.name, array['operator', 'reader']
    from unnest(array[
        'caller', 'instance', 'event', 'event_type', 'enrichment_request', 'delivery', 'delivery_log',
        'delivery_log_message', 'quarantine', 'tracking_url', 'tracking_log', 'workflow_heartbeat',
        'operator_act', 'operator_act_event', 'statistic', 'webhook', 'webhook_message', 'imported_file'
    ]) as looked_at (name)
    union all
    -- What the workflows call, and nobody else.
    select 'function', 'message_center.' || called.name, '{}'
    from unnest(array[
        'route_events', 'expire_events', 'queue_now', 'sample_queue', 'sample_idle_queues', 'compact_statistics',
        'ignore_stopped_events', 'claim_enrichments', 'finish_enrichments', 'update_event_statuses',
        'save_status_watermark', 'set_webhooks', 'read_changes', 'next_webhook_messages', 'log_webhook_messages',
        'forget_webhook_messages', 'deploy_templates', 'purge_events', 'purge_delivery_logs', 'purge_tracking_logs',
        'purge_statistics', 'purge_acts', 'purge_act_events', 'register_instance', 'belong_to', 'rebase_after_restore',
        'database_identity', 'rights'
    ]) as called (name);
end;
