// Form fields, each tied to its label.
import { Chakra, h } from "../kit/react.js";

const { Field, Input, NativeSelect, Textarea } = Chakra;

function Labelled({ label, help, children, ...rest }) {
  return h(
    Field.Root,
    { gap: 1, width: "auto", ...rest },
    h(Field.Label, { fontSize: "xs", color: "fg.muted" }, label),
    children,
    help && h(Field.HelperText, null, help),
  );
}

export function TextField({ label, value, onChange, help, width = "14rem", type = "text", isLong, ...rest }) {
  const attributes = { value: value ?? "", onChange: (event) => onChange(event.target.value), size: "sm", ...rest };
  const control = isLong ? h(Textarea, { rows: 2, ...attributes }) : h(Input, { type, ...attributes });
  return h(Labelled, { label, help, width }, control);
}

/** @param options [value, words] pairs; the first one is what an empty value means */
export function SelectField({ label, value, onChange, options, width = "11rem", ...rest }) {
  return h(
    Labelled,
    { label, width },
    h(
      NativeSelect.Root,
      { size: "sm" },
      h(
        NativeSelect.Field,
        { value: value ?? "", onChange: (event) => onChange(event.target.value), ...rest },
        options.map(([each, words]) => h("option", { key: each, value: each }, words)),
      ),
      h(NativeSelect.Indicator),
    ),
  );
}
