import { ask } from "./api.js";
import { useCallback, useEffect, useState } from "./react.js";

const isSeen = () => document.visibilityState === "visible";

/** Calls again every so many seconds, while the tab is looked at, and when it is looked at again. */
export function useRefresh(again, seconds) {
  useEffect(() => {
    if (!seconds) return undefined;
    const look = () => isSeen() && again();
    const timer = setInterval(look, seconds * 1000);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [again, seconds]);
}

/**
 * Keeps the answer of what is asked, and says whether it is waited for or has failed. A failed refresh keeps the answer
 * that there was, beside the failure.
 *
 * @param load what asks, given a signal that ends it
 * @param key what it is that is asked for: another one is another question
 * @param seconds after how many it is asked again; 0 for never
 */
export function useLoaded(load, key, seconds = 0) {
  const [state, setState] = useState({});
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((number) => number + 1), []);
  useEffect(() => {
    const control = new AbortController();
    load(control.signal).then(
      (answer) => setState({ key, answer }),
      (failure) => {
        if (!control.signal.aborted) setState((old) => ({ ...(old.key === key ? old : { key }), failure }));
      },
    );
    return () => control.abort();
  }, [key, round]);
  useRefresh(again, seconds);
  const { answer, failure } = state.key === key ? state : {};
  return { answer, failure, isLoading: !answer && !failure, again };
}

/** The answer of our API. */
export function useAnswer(path, params, seconds) {
  const key = JSON.stringify([path, params]);
  return useLoaded((signal) => ask(path, params, { signal }), key, seconds);
}
