import { useWholeAddress } from "./kit/arrival.js";
import { place, partsOf } from "./kit/places.js";
import { useSaid } from "./kit/live.js";
import { Chakra, h, RouterLink, useEffect, useParams, useRef } from "./kit/react.js";
import { Boundary, Empty } from "./parts/states.js";
import { To } from "./parts/marks.js";
import { Event, EventById } from "./screens/event.js";
import { Events } from "./screens/events.js";
import { Instance } from "./screens/instance.js";
import { Instances } from "./screens/instances.js";
import { Quarantine } from "./screens/quarantine.js";
import { Reports } from "./screens/reports.js";
import { Template } from "./screens/template.js";
import { Templates } from "./screens/templates.js";

const { Box, HStack } = Chakra;

function shownEvents(first, second) {
  if (second) return h(Event, { account: first, id: second });
  return first ? h(EventById, { id: first }) : h(Events);
}

// A screen for each first part of an address; the others name what it shows.
const SCREENS = {
  "": { title: "Instances", to: place.instances(), show: (account) => (account ? h(Instance, { account }) : h(Instances)) },
  events: { title: "Events", to: place.events(), show: shownEvents },
  quarantine: { title: "Quarantine", to: place.quarantine(), show: () => h(Quarantine) },
  templates: { title: "Templates", to: place.templates(), show: (name) => (name ? h(Template, { name }) : h(Templates)) },
  reports: { title: "Reports", to: place.reports(), show: () => h(Reports) },
};

function Navigation({ current }) {
  return h(
    HStack,
    { as: "nav", "aria-label": "Message Center", gap: 5, mb: 4, borderBottomWidth: 1, overflowX: "auto" },
    Object.entries(SCREENS).map(([name, { title, to }]) =>
      h(
        Box,
        {
          key: name,
          asChild: true,
          py: 2,
          borderBottomWidth: 2,
          borderColor: name === current ? "fg.info" : "transparent",
          fontWeight: name === current ? "semibold" : "normal",
          color: name === current ? "fg" : "fg.muted",
        },
        h(RouterLink, { to, "aria-current": name === current ? "page" : undefined }, title),
      ),
    ),
  );
}

// Airflow makes the page anew at each address: what was seen last outlives that.
let seen = null;

// Who goes to another screen hears its name, and goes on from there; not at the first one, which a reader reads anyway.
function useArrival(path) {
  const root = useRef(null);
  useEffect(() => {
    const heading = root.current.querySelector("h1");
    if (!heading) return;
    root.current.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    document.title = `${heading.textContent} - Message Center`;
    if (seen !== null && seen !== path) {
      heading.tabIndex = -1;
      heading.focus();
    }
    seen = path;
  }, [path]);
  return root;
}

function Page() {
  const path = useParams()["*"];
  const [first = "", ...others] = partsOf(path);
  const name = first === "instances" ? "" : first;
  const screen = SCREENS[name];
  const root = useArrival(path);
  const said = useSaid();
  const isWhole = useWholeAddress();
  return h(
    Box,
    { id: "message-center", ref: root, p: 4 },
    h(Box, { role: "status", srOnly: true }, said),
    h(Navigation, { current: name }),
    screen
      ? isWhole && h(Boundary, { of: path }, screen.show(...others))
      : h(Empty, { title: "There is no such page" }, h(To, { to: place.instances() }, "See the instances")),
  );
}

globalThis.Messages = Page;
