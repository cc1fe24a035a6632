select l.account, date_part('epoch', l.looked_at) as looked_at
from message_center.look as l
order by l.account
