import { Chakra, h } from "../kit/react.js";

const { Button, HStack } = Chakra;

/** From page to page of a search; each has an address of its own. */
export function Pages({ current, next, change }) {
  if (!current && !next) return null;
  const button = (words, place) => h(Button, { size: "sm", variant: "outline", onClick: () => change({ place }) }, words);
  return h(HStack, { as: "nav", "aria-label": "Pages", mt: 3 }, current && button("Newest", ""), next && button("Older", next));
}
