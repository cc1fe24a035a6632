// On the way to the sign-in, what is behind the "#" stays in this tab; kit/arrival.js puts it back. There before Airflow's
// own script, for who is not signed in, and with our page, for whose session ends there.
globalThis.navigation?.addEventListener("navigate", (event) => {
  const to = new URL(event.destination.url);
  const [next, ...behind] = (to.searchParams.get("next") ?? "").split("#");
  if (!behind.length || !event.cancelable || event.defaultPrevented) return;
  event.preventDefault();
  sessionStorage.setItem("message-center", JSON.stringify([next, `#${behind.join("#")}`]));
  to.searchParams.set("next", next);
  location.replace(to);
});
