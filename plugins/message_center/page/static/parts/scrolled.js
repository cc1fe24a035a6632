import { Chakra, h, useEffect, useRef, useState } from "../kit/react.js";

const { Box } = Chakra;

/** What may be wider than the screen; then, and only then, the keyboard stops there to scroll it. */
export function Scrolled({ label, children, ...rest }) {
  const box = useRef(null);
  const [isWider, setWider] = useState(false);
  useEffect(() => {
    const look = () => setWider(box.current.scrollWidth > box.current.clientWidth + 1);
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    look();
    return () => observer.disconnect();
  }, [children]);
  const stop = isWider ? { tabIndex: 0, role: "group", "aria-label": `${label}, wider than the screen` } : {};
  return h(Box, { ref: box, overflowX: "auto", ...stop, ...rest }, children);
}
