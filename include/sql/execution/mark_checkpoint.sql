-- Leave the archive's new mark, and keep the one that control knows: a crash before control has noted the new one
-- must not look like a restore.
update message_center.instance
set previous_checkpoint = %(known)s, checkpoint = %(new)s
