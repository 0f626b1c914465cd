// Lists that are one stop of the Tab key: arrows, Home and End go through what is marked data-item, or through all links.

const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export function start() {
  document.addEventListener("keydown", (event) => {
    const list = event.target.closest("[data-roving]");
    if (!list || event.altKey || event.ctrlKey || event.metaKey) return;
    const goal = event.key in STEPS ? along(list, event.target, STEPS[event.key]) : across(event);
    if (!goal) return;
    event.preventDefault();
    goal.focus();
  });
  document.addEventListener("focusin", ({ target }) => {
    const list = target.closest?.("[data-roving]");
    if (list && reachable(list).includes(target)) makeStop(list, target);
  });
  document.addEventListener("patched", ensureStops);
  ensureStops();
}

function items(list) {
  const marked = list.querySelectorAll("[data-item]");
  return [...(marked.length ? marked : list.querySelectorAll("a, button"))];
}

function reachable(list) {
  return [...list.querySelectorAll("a, button")].filter((one) => !one.closest(".bar"));
}

function along(list, from, step) {
  const all = items(list);
  const row = from.closest(".row")?.querySelector("[data-item]") ?? from;
  const at = all.indexOf(row);
  return at < 0 ? null : all[Math.min(Math.max(at + step, 0), all.length - 1)];
}

/** From an item to the buttons beside it, and back. */
function across({ key, target }) {
  const row = target.closest(".row");
  if (!row || (key !== "ArrowRight" && key !== "ArrowLeft")) return null;
  const all = [...row.querySelectorAll("button")];
  return all[all.indexOf(target) + (key === "ArrowRight" ? 1 : -1)] ?? null;
}

function makeStop(list, stop) {
  for (const one of reachable(list)) one.tabIndex = one === stop ? 0 : -1;
}

/** Every list can be reached: by what is current, else by its first item. */
function ensureStops() {
  for (const list of document.querySelectorAll("[data-roving]")) {
    const all = items(list);
    if (all.length && !reachable(list).some((one) => one.tabIndex === 0)) {
      makeStop(list, all.find((one) => one.ariaCurrent) ?? all[0]);
    }
  }
}
