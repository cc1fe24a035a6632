-- Who pushed an event, and the sender's trace.
alter table archive.event
    add column caller text,
    add column traceparent text;
