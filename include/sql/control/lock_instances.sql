-- One registration at a time: two could take the same free identifier. Readers go on reading.
lock table message_center.execution_instance in share row exclusive mode
