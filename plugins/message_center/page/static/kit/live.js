// What a screen reader is told while a screen stays: that it loads, and what was found.
import { useEffect, useState } from "./react.js";

let tell = () => {};

/** Has a text read out. */
export const say = (text) => tell(text);

/** The text that is to be read out now: for the one region of the page that is there from its beginning. */
export function useSaid() {
  const [text, setText] = useState("");
  useEffect(() => {
    tell = setText;
    return () => {
      tell = () => {};
    };
  }, []);
  return text;
}
