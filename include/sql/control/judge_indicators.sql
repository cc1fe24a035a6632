select message_center.judge_indicators(%(now)s)
