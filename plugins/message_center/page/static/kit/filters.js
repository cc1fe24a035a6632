import { useCallback, useLocation, useMemo, useNavigate } from "./react.js";

// What is about a person stands behind the "#": no server and no proxy is told of it, and no log has it.
const ABOUT_PEOPLE = ["address", "part", "external_id"];

const read = (text) => Object.fromEntries(new URLSearchParams(text.replace(/^[?#]/, "")));

/** Filters as they stand in an address: the query, and what comes behind it. */
export function written(filters) {
  const parts = { search: new URLSearchParams(), hash: new URLSearchParams() };
  for (const [name, value] of Object.entries(filters)) {
    if (value === "" || value === undefined || value === null) continue;
    parts[ABOUT_PEOPLE.includes(name) ? "hash" : "search"].set(name, value);
  }
  const { search, hash } = parts;
  return { search: search.size ? `?${search}` : "", hash: hash.size ? `#${hash}` : "" };
}

/**
 * The filters of a screen, kept in its address.
 *
 * @param defaults what counts where the address says nothing
 * @returns the filters, and what changes some of them; an empty value takes one away
 */
export function useFilters(defaults = {}) {
  const { search, hash } = useLocation();
  const navigate = useNavigate();
  const said = useMemo(() => ({ ...read(search), ...read(hash) }), [search, hash]);
  const filters = useMemo(() => ({ ...defaults, ...said }), [said]);
  const change = useCallback(
    (changes, options) => {
      const next = Object.entries({ ...said, ...changes }).filter(([name, value]) => value !== defaults[name]);
      navigate(written(Object.fromEntries(next)), options);
    },
    [said, navigate],
  );
  return [filters, change];
}
