select message_center.remove_caller(%s)
