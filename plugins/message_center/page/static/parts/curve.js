import { Chakra, h, useId, useState } from "../kit/react.js";
import { compact } from "../kit/words.js";

const { Box, HStack, Text } = Chakra;

const WIDTH = 560;
const HEIGHT = 150;
const LEFT = 56;
const BOTTOM = 18;
const TOP = 14;
const TICKS = 3;

/** A round number that is not less. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value);
}

function scales(times, values) {
  const [first, last] = [times[0], times[times.length - 1]];
  const highest = roundUp(Math.max(...values, 0));
  return {
    highest,
    x: (time) => LEFT + ((time - first) / Math.max(1, last - first)) * (WIDTH - LEFT - 4),
    y: (value) => TOP + (1 - value / highest) * (HEIGHT - TOP - BOTTOM),
  };
}

// A gap where nothing was noted: no line is drawn across it.
function linePath(points, { x, y }) {
  let command = "M";
  return points
    .map(([time, value]) => {
      if (value === null || value === undefined) {
        command = "M";
        return "";
      }
      const part = `${command}${x(time).toFixed(1)} ${y(value).toFixed(1)}${command === "M" ? "h0" : ""}`;
      command = "L";
      return part;
    })
    .join("");
}

function clock(time, length) {
  const date = new Date(time);
  const options = length > 2 * 86_400_000 ? { day: "2-digit", month: "short" } : { hour: "2-digit", minute: "2-digit" };
  return date.toLocaleString("en-GB", options);
}

function Axes({ times, scale, unit }) {
  const levels = Array.from({ length: TICKS }, (_, at) => (scale.highest * at) / (TICKS - 1));
  const [first, last] = [times[0], times[times.length - 1]];
  const moments = [first, (first + last) / 2, last];
  return h(
    Box,
    { as: "g", color: "fg.muted", fontSize: { base: "17px", md: "10px" } },
    levels.map((level) => h("line", { key: level, x1: LEFT, x2: WIDTH, y1: scale.y(level), y2: scale.y(level), stroke: "currentColor", strokeOpacity: 0.2 })),
    levels.map((level) => h("text", { key: level, x: LEFT - 6, y: scale.y(level) + 3, textAnchor: "end", fill: "currentColor" }, `${compact(level)}${unit}`)),
    moments.map((time, at) =>
      h("text", { key: at, x: scale.x(time), y: HEIGHT - 4, textAnchor: ["start", "middle", "end"][at], fill: "currentColor" }, clock(time, last - first)),
    ),
  );
}

function Thresholds({ thresholds, scale }) {
  return thresholds
    .filter(({ value }) => value <= scale.highest)
    .map(({ value, colour, name }) =>
      h(
        Box,
        { as: "g", key: name, color: colour },
        h("line", { x1: LEFT, x2: WIDTH, y1: scale.y(value), y2: scale.y(value), stroke: "currentColor", strokeDasharray: "4 3" }),
        h("title", null, `${name}: ${compact(value)}`),
      ),
    );
}

function Legend({ series, at, times, unit }) {
  const values = at === null ? null : series.map(({ values }) => values[at]);
  return h(
    HStack,
    { columnGap: 4, rowGap: 0, wrap: "wrap", fontSize: "xs", minH: 5 },
    series.map(({ name, colour }, index) =>
      h(HStack, { key: name, gap: 1 }, h(Box, { bg: colour, w: 3, h: "2px" }), h(Text, { whiteSpace: "nowrap" }, values ? `${name} ${compact(values[index])}${unit}` : name)),
    ),
    at !== null && h(Text, { color: "fg.muted" }, clock(times[at], 0)),
  );
}

/** What a curve says to who does not see it: its top and when that was, and its end. */
function inWords({ name, values }, times, unit) {
  const there = values.filter(Number.isFinite);
  if (!there.length) return `${name}: nothing was noted`;
  const most = Math.max(...there);
  const when = clock(times[values.indexOf(most)], times[times.length - 1] - times[0]);
  return `${name} at most ${compact(most)}${unit}, at ${when}, and ${compact(there[there.length - 1])}${unit} in the end`;
}

/**
 * Curves over time, with thresholds as lines; what the pointer is on is said above them.
 *
 * @param times milliseconds, ascending
 * @param series {name, colour, values}
 * @param thresholds {name, value, colour}
 */
export function Curve({ title, times, series, unit = "", thresholds = [] }) {
  const id = useId();
  const [at, setAt] = useState(null);
  if (!times.length) return h(Text, { color: "fg.muted" }, `${title}: nothing was noted in this period.`);
  const numbers = series.flatMap(({ values }) => values).filter((value) => value !== null && value !== undefined);
  const scale = scales(times, numbers);
  const point = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const nearest = times.reduce((best, time, index) => (Math.abs(scale.x(time) - x) < Math.abs(scale.x(times[best]) - x) ? index : best), 0);
    setAt(nearest);
  };
  const told = series.map((each) => inWords(each, times, unit)).join("; ");
  return h(
    Box,
    { as: "figure", flex: "1 1 24rem", minW: 0 },
    h(Text, { as: "figcaption", id, fontWeight: "medium", fontSize: "sm" }, title),
    h(Legend, { series, at, times, unit }),
    h(
      Box,
      { as: "svg", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: "100%", role: "img", "aria-label": `${title}: ${told}`, onPointerMove: point, onPointerLeave: () => setAt(null) },
      h(Axes, { times, scale, unit }),
      h(Thresholds, { thresholds, scale }),
      series.map(({ name, colour, values }) =>
        h(
          Box,
          { as: "g", key: name, color: colour },
          h("path", { d: linePath(times.map((time, index) => [time, values[index]]), scale), fill: "none", stroke: "currentColor", strokeWidth: 1.5, strokeLinejoin: "round", strokeLinecap: "round" }),
        ),
      ),
      at !== null && h(Box, { as: "g", color: "fg.muted" }, h("line", { x1: scale.x(times[at]), x2: scale.x(times[at]), y1: TOP, y2: HEIGHT - BOTTOM, stroke: "currentColor" })),
    ),
  );
}
