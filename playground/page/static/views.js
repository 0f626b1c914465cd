// Which columns are shown: panels beside the messages on a desktop, one view at a time on a phone; tabs; the look.

const PANELS = "panels"; // where the choice is kept, as are theme and tab

export function start() {
  const known = localStorage.getItem(PANELS);
  showPanels(known === null ? ["members"] : known.split(" ").filter(Boolean));

  document.addEventListener("click", ({ target }) => {
    const view = target.closest("[data-view-to]");
    const panel = target.closest("[data-panel-to]");
    const tab = target.closest('[role="tab"]');
    if (view) go(view.dataset.viewTo);
    if (panel) toggle(panel.dataset.panelTo);
    if (tab) select(tab);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.('[role="tab"]')) alongTabs(event);
    if (event.key === "Escape" && isPhone() && !document.querySelector(":popover-open, dialog[open]")) go("chat");
  });
  document.getElementById("persona").addEventListener("toggle", ({ newState, target }) => {
    if (newState === "open") target.querySelector("[aria-current]")?.focus();
  });
  for (const choice of document.querySelectorAll('[name="theme"]')) {
    choice.checked = choice.value === (localStorage.getItem("theme") ?? "");
    choice.addEventListener("change", () => choose(choice.value));
  }
  const tab = document.getElementById(localStorage.getItem("tab"));
  if (tab) select(tab);
}

const isPhone = () => matchMedia("(max-width: 760px)").matches;

function toggle(name) {
  if (isPhone()) {
    go(name);
    return;
  }
  const shown = document.body.dataset.panels.split(" ").filter(Boolean);
  const isWide = matchMedia("(min-width: 1500px)").matches;
  const others = isWide ? shown.filter((one) => one !== name) : [];
  const panels = shown.includes(name) ? others : [...others, name];
  localStorage.setItem(PANELS, panels.join(" "));
  showPanels(panels);
}

/** Bring a panel to sight, with one of its tabs in front. */
export function reveal(name, tab) {
  select(document.getElementById(tab));
  if (isPhone() || !document.body.dataset.panels.split(" ").includes(name)) toggle(name);
}

function showPanels(names) {
  document.body.dataset.panels = names.join(" ");
  for (const button of document.querySelectorAll("[data-panel-to]")) {
    button.setAttribute("aria-expanded", names.includes(button.dataset.panelTo));
  }
}

function go(view) {
  document.body.dataset.view = view;
  const column = { rooms: "#rooms", chat: "#log", members: "#members", tools: "#tools" }[view];
  document.querySelector(`${column} :is(button, a):not([tabindex="-1"])`)?.focus({ preventScroll: true });
  if (view === "chat") document.getElementById("log").focus({ preventScroll: true });
}

function select(tab) {
  for (const one of tab.parentElement.children) {
    const isChosen = one === tab;
    one.setAttribute("aria-selected", isChosen);
    one.tabIndex = isChosen ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = !isChosen;
  }
  localStorage.setItem("tab", tab.id);
}

function alongTabs(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...event.target.parentElement.children];
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  select(next);
  next.focus();
}

function choose(theme) {
  if (theme) {
    localStorage.setItem("theme", theme);
    document.documentElement.dataset.theme = theme;
  } else {
    localStorage.removeItem("theme");
    delete document.documentElement.dataset.theme;
  }
}
