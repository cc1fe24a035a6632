select t.alert
from message_center.threshold_of(%(account)s, 'pending') as t
