select indicator, account, warning, alert, lower_is_worse, changed_at
from message_center.threshold
order by indicator, account
