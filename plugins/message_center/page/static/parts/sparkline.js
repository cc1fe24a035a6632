import { Chakra, h } from "../kit/react.js";

const { Box } = Chakra;
const WIDTH = 96;
const HEIGHT = 22;

function path(values) {
  const highest = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  return values.map((value, at) => `${(at * step).toFixed(1)},${(HEIGHT - 1 - (value / highest) * (HEIGHT - 2)).toFixed(1)}`).join(" ");
}

/** A curve the size of a word. */
export function Sparkline({ values, label, colour = "blue.solid" }) {
  if (!values?.length) return null;
  return h(
    Box,
    { as: "svg", color: colour, width: `${WIDTH}px`, height: `${HEIGHT}px`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    h("polyline", { points: path(values), fill: "none", stroke: "currentColor", strokeWidth: 1.5 }),
  );
}
