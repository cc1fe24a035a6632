-- Search by address, whatever its case, and by the sender's own id: a few pages are read instead of all. A B-tree would
-- slow each routing by a third or more, since an event's row is written anew; these cost next to nothing, and no value
-- is too long for them.
create index event_email on message_center.event
    using brin (lower(email) text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);
create index event_mobile_phone on message_center.event
    using brin (mobile_phone text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);
create index event_registration_token on message_center.event
    using brin (registration_token text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);
create index event_external_id on message_center.event
    using brin (external_id text_bloom_ops (n_distinct_per_range = 2000))
    with (pages_per_range = 64, autosummarize = on);
