// Lets the clock of the time panel run between what the server says, at the pace that it says.

let from = null;

export function start() {
  document.addEventListener("patched", now);
  setInterval(() => {
    const clock = document.querySelector("#time .clock");
    if (!clock?.checkVisibility()) return;
    const shown = now();
    for (const time of clock.querySelectorAll("time")) time.textContent = written(shown, time.dataset.zone);
  }, 200);
}

/** What the local Discord's clock shows, which may run ahead or fast. */
export function now() {
  const { now: said, rate } = document.querySelector("#time .clock").dataset;
  if (from?.said !== said || from.rate !== rate) from = { said, rate, heard: performance.now() };
  return new Date(1000 * said + (performance.now() - from.heard) * rate);
}

function written(date, timeZone) {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone }).format(date);
}
