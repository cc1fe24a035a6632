-- By the very function that routes: whether the condition holds for the sample.
select coalesce(jsonb_path_match(%(event)s, %(condition)s::jsonpath), false)
