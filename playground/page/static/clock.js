// Lets the clock of the time panel run between what the server says, at the pace that it says.

export function start() {
  let from = null;
  setInterval(() => {
    const clock = document.querySelector("#time .clock");
    if (!clock?.checkVisibility()) return;
    const { now, rate } = clock.dataset;
    if (from?.now !== now || from.rate !== rate) from = { now, rate, heard: performance.now() };
    const shown = new Date(1000 * now + (performance.now() - from.heard) * rate);
    for (const time of clock.querySelectorAll("time")) time.textContent = written(shown, time.dataset.zone);
  }, 200);
}

function written(date, timeZone) {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone }).format(date);
}
