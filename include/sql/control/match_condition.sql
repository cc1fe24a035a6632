select coalesce(jsonb_path_match(%(event)s, %(condition)s::jsonpath), false)
