-- The columns of a table and their types, as both sides' catalogs know them. What is generated comes of the others.
select attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
from pg_attribute as attribute
where attribute.attrelid = %(table)s::regclass
    and attribute.attnum > 0
    and not attribute.attisdropped
    and attribute.attgenerated = ''
order by attribute.attnum
