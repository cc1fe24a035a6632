-- Returns the internal names whose live version has changed.
select message_center.deploy_templates(%(event_types)s, %(templates)s)
