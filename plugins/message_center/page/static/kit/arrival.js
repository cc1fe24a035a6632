// Who comes back from the sign-in finds again what stood behind the "#": see arrival.js beside this folder.
import "../arrival.js";
import { useEffect, useNavigate, useState } from "./react.js";

/** What is to be put back at this address; it is forgotten with that. */
function kept() {
  const [address, hash] = JSON.parse(sessionStorage.getItem("message-center") ?? "[]");
  if (!hash || location.hash || address !== location.pathname + location.search) return "";
  sessionStorage.removeItem("message-center");
  return hash;
}

/** Whether the address is whole: until then nothing is asked. */
export function useWholeAddress() {
  const navigate = useNavigate();
  const [hash] = useState(kept);
  const [isWhole, setWhole] = useState(!hash);
  useEffect(() => {
    if (isWhole) return;
    navigate({ search: location.search, hash }, { replace: true });
    setWhole(true);
  }, []);
  return isWhole;
}
