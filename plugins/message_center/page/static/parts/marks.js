// Small things that say how something stands: a shape and a word with each colour, for who sees no colours.
import { Chakra, h, RouterLink } from "../kit/react.js";
import { moment, STATUS_COLOURS } from "../kit/words.js";

const { Badge, Box, Link, Text } = Chakra;

const MARKS = {
  ok: { sign: "●", colour: "green.solid", word: "in order" },
  warning: { sign: "▲", colour: "orange.solid", word: "warning" },
  alert: { sign: "■", colour: "red.solid", word: "alert" },
  unknown: { sign: "○", colour: "fg.muted", word: "not known" },
};

export function Mark({ state, word }) {
  const mark = MARKS[state] ?? MARKS.unknown;
  return h(Box, { as: "span", color: mark.colour, role: "img", "aria-label": word ?? mark.word }, mark.sign);
}

export function Status({ status }) {
  return h(Badge, { colorPalette: STATUS_COLOURS[status] ?? "gray", variant: "subtle" }, status);
}

/** A link that stays within Airflow. */
export function To({ to, children, ...rest }) {
  return h(Link, { asChild: true, color: "fg.info", ...rest }, h(RouterLink, { to }, children));
}

export function Moment({ time, fallback = "–" }) {
  if (!time) return h(Text, { as: "span", color: "fg.muted" }, fallback);
  return h("time", { dateTime: time, title: time }, moment(time));
}
