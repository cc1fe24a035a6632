import { Chakra, h } from "../kit/react.js";
import { Scrolled } from "./scrolled.js";

const { Box, Table } = Chakra;

function Head({ columns }) {
  const cells = columns.map(({ key, header, align, isQuiet }) =>
    h(Table.ColumnHeader, { key, scope: "col", textAlign: align ?? "start", whiteSpace: "nowrap" }, isQuiet ? h(Box, { as: "span", srOnly: true }, header) : header),
  );
  return h(Table.Header, null, h(Table.Row, null, cells));
}

function Cell({ column, row, isName }) {
  const attributes = { textAlign: column.align ?? "start", verticalAlign: "top" };
  if (isName) Object.assign(attributes, { as: "th", scope: "row", fontWeight: "normal" });
  return h(Table.Cell, attributes, column.cell(row));
}

/**
 * A table that a screen reader can tell of.
 *
 * @param caption what it is a table of; only heard, since a heading says it to those who see
 * @param columns {key, header, cell: row => node, align, isQuiet: whether its header is only heard}
 * @param keyOf row => its key
 * @param name the key of the column that names a row to a screen reader; the first one
 */
export function DataTable({ caption, columns, rows, keyOf, name = columns[0].key }) {
  return h(
    Scrolled,
    { label: caption },
    h(
      Table.Root,
      { size: "sm" },
      h(Table.Caption, { srOnly: true }, caption),
      h(Head, { columns }),
      h(
        Table.Body,
        null,
        rows.map((row) =>
          h(
            Table.Row,
            { key: keyOf(row) },
            columns.map((column) => h(Cell, { key: column.key, column, row, isName: column.key === name })),
          ),
        ),
      ),
    ),
  );
}
