// Panels that open beside something, or at a point: menus and lists to choose from. On a phone they rise from below.

const GAP_PX = 4;
const EDGE_PX = 8;

const opened = []; // the innermost is last

export const isPhone = () => matchMedia("(max-width: 760px)").matches;

/**
 * Open a panel until somebody is done with it, clicks beside it or presses Escape; `closed` hears whether it was Escape.
 * `at` is an element or a rectangle; `host` holds the panel: another panel, or a form beside which all else is inert.
 * The browser's own closing of popovers is too quick for menus, which open while the button is still down.
 */
export function openPanel(panel, { at, host = document.body, beside = false, closed = () => {} }) {
  if (!opened.length) listen("addEventListener");
  panel.classList.add("panel");
  panel.popover = "manual";
  host.append(panel);
  opened.push({ panel, at, closed });
  panel.showPopover();
  place(panel, at, beside);
}

/** Close a panel with everything that was opened out of it. */
export function closePanel(panel, { isEscape = false } = {}) {
  const from = opened.findIndex((one) => one.panel === panel);
  if (from < 0) return;
  const gone = opened.splice(from).reverse();
  if (!opened.length) listen("removeEventListener");
  for (const one of gone) {
    one.panel.remove();
    one.closed({ isEscape });
  }
}

/** Close the panel that an element has opened; whether there was one. */
export function closePanelOf(element) {
  const one = opened.find(({ at }) => at === element);
  if (one) closePanel(one.panel);
  return Boolean(one);
}

function listen(way) {
  document[way]("pointerdown", leave, true);
  document[way]("keydown", escape, true);
}

function leave({ target }) {
  while (opened.length) {
    const { panel, at } = opened.at(-1);
    if (panel.contains(target) || (at instanceof Element && at.contains(target))) return;
    closePanel(panel);
  }
}

function escape(event) {
  if (event.key !== "Escape" || event.isComposing) return;
  event.preventDefault();
  event.stopPropagation();
  closePanel(opened.at(-1).panel, { isEscape: true });
}

/** Where there is room: below or above, or to a side of what it belongs to. */
export function place(panel, at, beside = false) {
  panel.classList.toggle("is-sheet", isPhone());
  if (isPhone()) {
    panel.style.removeProperty("left");
    panel.style.removeProperty("top");
    panel.style.removeProperty("max-height");
    return;
  }
  const room = at instanceof Element ? at.getBoundingClientRect() : at;
  const above = room.top - GAP_PX - EDGE_PX;
  const below = innerHeight - EDGE_PX - room.bottom - GAP_PX;
  if (!beside) panel.style.maxHeight = `min(480px, ${Math.max(above, below)}px)`;
  const [width, height] = [panel.offsetWidth, panel.offsetHeight];
  const isRightToLeft = getComputedStyle(panel).direction === "rtl";
  let [left, top] = [isRightToLeft ? room.right - width : room.left, room.bottom + GAP_PX];
  if (beside) {
    [left, top] = [room.right + GAP_PX, room.top];
    if (left + width > innerWidth - EDGE_PX) left = room.left - GAP_PX - width;
  } else if (height > below && above > below) {
    top = room.top - GAP_PX - height;
  }
  panel.style.left = `${Math.max(EDGE_PX, Math.min(left, innerWidth - width - EDGE_PX))}px`;
  panel.style.top = `${Math.max(EDGE_PX, Math.min(top, innerHeight - height - EDGE_PX))}px`;
}
