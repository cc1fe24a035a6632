-- One publication at a time: their numbers follow each other without a gap. Readers go on reading.
lock table message_center.publication in share row exclusive mode
