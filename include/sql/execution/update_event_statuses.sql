-- One step of updateEventStatus.
select sent, ignored, failed, expired, more from message_center.copy_statuses(%s)
