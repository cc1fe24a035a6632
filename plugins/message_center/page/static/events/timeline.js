import { place } from "../kit/places.js";
import { Chakra, h } from "../kit/react.js";
import { Moment, To } from "../parts/marks.js";
import { Boundary } from "../parts/states.js";

const { Box, HStack, Stack, Text } = Chakra;

const RED = "red.solid";
const ORANGE = "orange.solid";
const GREEN = "green.solid";

// Where a line tells of something that went well or wrong; all others are just told.
const COLOURS = { tried: ORANGE, stopped: ORANGE, quarantine: ORANGE, open: GREEN, click: GREEN };

function colourOf({ what, text }) {
  if (what !== "ended") return COLOURS[what] ?? "border.emphasized";
  if (text.startsWith("Sent")) return GREEN;
  return text.startsWith("Delivery failed") ? RED : ORANGE;
}

function Line({ line, account }) {
  const { at, text, reason, remedy, event_id: other } = line;
  return h(
    HStack,
    { as: "li", align: "start", columnGap: 4, rowGap: 0, position: "relative", pb: 4, flexWrap: { base: "wrap", md: "nowrap" } },
    h(Box, { w: { base: "100%", md: "13.5rem" }, flexShrink: 0, color: "fg.muted", fontSize: "sm", textAlign: { base: "start", md: "end" } }, at ? h(Moment, { time: at }) : "now"),
    h(Box, { w: "10px", h: "10px", mt: "6px", rounded: "full", flexShrink: 0, bg: colourOf(line), "aria-hidden": true }),
    h(
      Stack,
      { gap: 0, flex: 1, minW: 0, overflowWrap: "anywhere" },
      h(Text, { fontWeight: "medium" }, text, other && " ", other && h(To, { to: place.event(other, account) }, other)),
      reason && h(Text, { color: "fg.muted", fontSize: "sm" }, reason),
      remedy && h(Text, { fontSize: "sm", borderStartWidth: 3, borderColor: "fg.info", ps: 2, mt: 1 }, remedy),
    ),
  );
}

/** The story of an event, the oldest line first. */
export function Timeline({ lines, account }) {
  return h(Box, { as: "ol", listStyleType: "none" }, lines.map((line, at) => h(Boundary, { key: at, of: line, isSmall: true }, h(Line, { line, account }))));
}
