import { Chakra, h } from "../kit/react.js";
import { Empty } from "../parts/states.js";

const { Box } = Chakra;

const KINDS = { "+": { bg: "green.subtle", label: "added" }, "-": { bg: "red.subtle", label: "removed" }, "@": { color: "fg.muted" } };

const isHeading = (line) => line.startsWith("+++") || line.startsWith("---");

/** A unified diff, line by line. */
export function Diff({ text }) {
  if (!text) return h(Empty, { title: "These versions are the same" });
  return h(
    Box,
    { as: "pre", fontSize: "xs", borderWidth: 1, rounded: "md", overflowX: "auto", tabIndex: 0, role: "region", "aria-label": "Difference" },
    text.split("\n").map((line, at) => {
      const kind = isHeading(line) ? { color: "fg.muted" } : (KINDS[line[0]] ?? {});
      const element = kind.label === "added" ? "ins" : kind.label === "removed" ? "del" : "div";
      return h(Box, { key: at, as: element, display: "block", px: 3, textDecoration: "none", bg: kind.bg, color: kind.color, minH: "1.2em" }, line);
    }),
  );
}
