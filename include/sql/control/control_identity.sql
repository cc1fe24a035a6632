-- Who this control instance is.
select c.identity from message_center.control_instance as c
