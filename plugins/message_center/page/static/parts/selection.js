import { Chakra, h, useEffect, useState } from "../kit/react.js";

const { Checkbox } = Chakra;

export function Tick({ label, checked, onChange }) {
  return h(
    Checkbox.Root,
    { size: "sm", checked, onCheckedChange: (details) => onChange(Boolean(details.checked)) },
    h(Checkbox.HiddenInput, { "aria-label": label }),
    h(Checkbox.Control),
  );
}

/** Which rows are selected, by id; none of them any more when there are other rows. */
export function useSelection(rows) {
  const [ids, setIds] = useState(new Set());
  const shown = rows.map(({ id }) => id).join();
  useEffect(() => setIds(new Set()), [shown]);
  const toggle = (id) =>
    setIds((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return {
    isSelected: (id) => ids.has(id),
    isAll: rows.length > 0 && rows.every(({ id }) => ids.has(id)),
    toggle,
    toggleAll: (isAll) => setIds(new Set(isAll ? rows.map(({ id }) => id) : [])),
  };
}
