import { Chakra, h, useEffect, useState } from "../kit/react.js";
import { SelectField, TextField } from "./fields.js";

const { Button, HStack, Wrap } = Chakra;

function Filter({ field, value, onChange }) {
  const { name, options, ...rest } = field;
  return h(options ? SelectField : TextField, { ...rest, name, options, value, onChange });
}

/**
 * Asks for filters, and tells of them when it is sent: a search costs a database something.
 *
 * @param fields {name, label, options, type}
 * @param filters those that count now
 * @param onSearch is given all of them
 */
export function FilterForm({ fields, filters, onSearch, label }) {
  const [draft, setDraft] = useState(filters);
  const now = JSON.stringify(filters);
  useEffect(() => setDraft(filters), [now]);
  const values = (from) => Object.fromEntries(fields.map(({ name }) => [name, from(name) ?? ""]));
  const search = (event) => {
    event.preventDefault();
    onSearch(values((name) => (draft[name] ?? "").trim()));
  };
  return h(
    "form",
    { onSubmit: search, role: "search", "aria-label": label },
    h(
      Wrap,
      { gap: 3, align: "end", mb: 4 },
      fields.map((field) =>
        h(Filter, {
          key: field.name,
          field,
          value: draft[field.name],
          onChange: (value) => setDraft((old) => ({ ...old, [field.name]: value })),
        }),
      ),
      h(
        HStack,
        null,
        h(Button, { type: "submit", size: "sm" }, "Search"),
        h(Button, { type: "button", size: "sm", variant: "ghost", onClick: () => onSearch(values(() => "")) }, "Clear"),
      ),
    ),
  );
}
