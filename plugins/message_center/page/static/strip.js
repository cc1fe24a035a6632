// The health of all instances, on Airflow's home page.
import { place } from "./kit/places.js";
import { Chakra, h } from "./kit/react.js";
import { plural } from "./kit/words.js";
import { Mark, To } from "./parts/marks.js";
import { Boundary } from "./parts/states.js";
import { byState, ORDER, useInstances } from "./screens/instances.js";

const { Box, HStack, Text, Wrap } = Chakra;

const WORDS = { alert: ["needs somebody", "need somebody"], warning: ["with warnings", "with warnings"], ok: ["in order", "in order"] };

const told = (state, count) => `${plural(count, "instance")} ${WORDS[state][count === 1 ? 0 : 1]}`;

function Instance({ instance }) {
  const [first] = instance.findings;
  return h(
    HStack,
    { gap: 1, title: first && `${first.problem}. ${first.remedy}.` },
    h(Mark, { state: instance.state }),
    h(To, { to: place.instance(instance.account) }, instance.account),
    first && h(Text, { color: "fg.muted", fontSize: "sm", lineClamp: 1 }, first.problem),
  );
}

function Strip() {
  const { answer, failure } = useInstances();
  const instances = (answer?.instances ?? []).filter((each) => each.enabled);
  if (failure && !answer) return h(Text, { color: "fg.muted" }, `Message Center: ${failure.message}`);
  if (!instances.length) return null;
  const bad = instances.filter((each) => each.state !== "ok").sort(byState);
  const counts = ORDER.map((state) => [state, instances.filter((each) => each.state === state).length]).filter(([, count]) => count);
  return h(
    Box,
    { as: "section", "aria-label": "Message Center", borderWidth: 1, rounded: "md", p: 3, my: 3 },
    h(
      Wrap,
      { gap: 4, align: "center" },
      h(To, { to: place.instances(), fontWeight: "semibold" }, "Message Center"),
      counts.map(([state, count]) => h(HStack, { key: state, gap: 1 }, h(Mark, { state }), h(Text, null, told(state, count)))),
      bad.slice(0, 4).map((instance) => h(Boundary, { key: instance.account, of: instance, isSmall: true }, h(Instance, { instance }))),
    ),
  );
}

globalThis["Message Center health"] = Strip;
