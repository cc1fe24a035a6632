import { Chakra, h, useId } from "../kit/react.js";
import { Boundary } from "./states.js";

const { Box, Flex, Heading } = Chakra;

/** A part of a screen under a heading, by which a screen reader finds it. */
export function Section({ title, beside, children }) {
  const id = useId();
  return h(
    Box,
    { as: "section", "aria-labelledby": id },
    h(Flex, { justify: "space-between", align: "center", mb: 2, gap: 4, wrap: "wrap" }, h(Heading, { id, size: "md", as: "h2" }, title), beside),
    h(Boundary, { of: children }, children),
  );
}
