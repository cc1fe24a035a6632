import { useCallback, useMemo, useSearchParams } from "./react.js";

/**
 * The filters of a screen, kept in its address.
 *
 * @param defaults what counts where the address says nothing
 * @returns the filters, and what changes some of them; an empty value takes one away
 */
export function useFilters(defaults = {}) {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const filters = useMemo(() => ({ ...defaults, ...Object.fromEntries(new URLSearchParams(text)) }), [text]);
  const change = useCallback(
    (changes, options) =>
      setParams((old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(changes)) {
          if (value === "" || value === undefined || value === null || value === defaults[name]) next.delete(name);
          else next.set(name, value);
        }
        return next;
      }, options),
    [setParams],
  );
  return [filters, change];
}
