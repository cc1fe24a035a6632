// Form fields, each tied to its label.
import { Chakra, h, useId } from "../kit/react.js";

const { Field, Input, NativeSelect, Textarea } = Chakra;

function Labelled({ label, help, id, children, ...rest }) {
  return h(
    Field.Root,
    { ids: { control: id }, gap: 1, width: "auto", ...rest },
    h(Field.Label, { fontSize: "xs", color: "fg.muted" }, label),
    children,
    help && h(Field.HelperText, null, help),
  );
}

export function TextField({ label, value, onChange, help, width = "14rem", type = "text", isLong, ...rest }) {
  const id = useId();
  const attributes = { id, value: value ?? "", onChange: (event) => onChange(event.target.value), size: "sm", ...rest };
  const control = isLong ? h(Textarea, { rows: 2, ...attributes }) : h(Input, { type, ...attributes });
  return h(Labelled, { label, help, id, width }, control);
}

/** @param options [value, words] pairs; the first one is what an empty value means */
export function SelectField({ label, value, onChange, options, width = "11rem", ...rest }) {
  const id = useId();
  return h(
    Labelled,
    { label, id, width },
    h(
      NativeSelect.Root,
      { size: "sm" },
      h(
        NativeSelect.Field,
        { id, value: value ?? "", onChange: (event) => onChange(event.target.value), ...rest },
        options.map(([each, words]) => h("option", { key: each, value: each }, words)),
      ),
      h(NativeSelect.Indicator),
    ),
  );
}
