import { Chakra, h } from "../kit/react.js";
import { Boundary } from "./states.js";
import { Scrolled } from "./scrolled.js";

const { Box, Table } = Chakra;

function Head({ columns }) {
  const cells = columns.map(({ key, header, align, isQuiet }) =>
    h(Table.ColumnHeader, { key, scope: "col", textAlign: align ?? "start", whiteSpace: "nowrap" }, isQuiet ? h(Box, { as: "span", srOnly: true }, header) : header),
  );
  return h(Table.Header, null, h(Table.Row, null, cells));
}

const Content = ({ column, row }) => column.cell(row);

function Cell({ column, row, isName }) {
  const attributes = { textAlign: column.align ?? "start", verticalAlign: "top" };
  if (isName) Object.assign(attributes, { as: "th", scope: "row", fontWeight: "normal" });
  return h(Table.Cell, attributes, h(Boundary, { of: row, isSmall: true }, h(Content, { column, row })));
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
      // On a phone it is scrolled: squeezed, a cell would have a word a line.
      { size: "sm", minW: { base: "44rem", md: "auto" } },
      h(Table.Caption, { srOnly: true }, caption),
      h(Head, { columns }),
      h(
        Table.Body,
        null,
        rows.map((row, at) =>
          h(
            Table.Row,
            { key: keyOf(row) ?? at },
            columns.map((column) => h(Cell, { key: column.key, column, row, isName: column.key === name })),
          ),
        ),
      ),
    ),
  );
}
