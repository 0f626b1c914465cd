// Menus on people and messages: by right click, by long press, and by the keyboard; with the app's own commands in them.
import { interact } from "./user_actions.js";
import { commandsOf } from "./commands.js";
import { icon, make } from "./elements.js";
import { closePanel, closePanelOf, isPhone, openPanel } from "./panels.js";

const LONG_MS = 500; // as long as a finger has to stay
const STILL_PX = 10; // as far as it may move meanwhile
const PLACES = "[data-user], [data-message]";

export function start(page) {
  const menus = new Menus(page);
  document.addEventListener("contextmenu", (event) => {
    const place = event.target.closest(PLACES);
    if (!place || event.target.closest("a[href], img[data-enlarge], input, textarea, .panel")) return;
    event.preventDefault();
    menus.open(place, event.button === 2 ? pointOf(event) : place);
  });
  document.addEventListener("keydown", (event) => {
    const asks = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
    const place = asks && document.activeElement?.closest(PLACES);
    if (!place) return;
    event.preventDefault();
    menus.open(place, document.activeElement);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-menu]");
    if (button && !closePanelOf(button)) menus.open(button.closest(PLACES), button);
  });
  longPresses(menus);
}

/** A finger that stays opens the menu; what it would have clicked is left alone. */
function longPresses(menus) {
  let waiting = null;
  let at = null;
  let isOpened = false;
  const stop = () => clearTimeout(waiting);
  document.addEventListener("pointerdown", (event) => {
    stop();
    isOpened = false;
    const place = event.pointerType === "touch" && !event.target.closest(".panel") && event.target.closest(PLACES);
    if (!place) return;
    at = pointOf(event);
    waiting = setTimeout(() => {
      isOpened = true;
      menus.open(place, at);
    }, LONG_MS);
  });
  document.addEventListener("pointermove", (event) => {
    if (at && Math.hypot(event.clientX - at.left, event.clientY - at.top) > STILL_PX) stop();
  });
  for (const name of ["pointerup", "pointercancel", "scroll", "contextmenu"]) document.addEventListener(name, stop, true);
  document.addEventListener("touchend", (event) => isOpened && event.preventDefault(), { passive: false });
}

function pointOf({ clientX, clientY }) {
  return new DOMRect(clientX, clientY, 0, 0);
}

class Menus {
  #page;
  #commands;

  constructor(page) {
    this.#page = page;
    this.#commands = commandsOf(page);
  }

  async open(place, at) {
    const isUser = "user" in place.dataset;
    const back = document.activeElement;
    const known = await this.#commands.all();
    const items = isUser ? this.#onUser(place, known) : this.#onMessage(place, known);
    const label = isUser ? "What to do with this person" : "What to do with this message";
    closeMenus(); // a phone may ask twice: for the long press, and for what it takes for a right click
    openMenu(items, { at, label, back });
  }

  #onUser(place, { app, user: commands }) {
    const id = place.dataset.user;
    const card = place.dataset.card ? { label: "Profile", icon: "person", run: () => place.click() } : null;
    const name = nameIn(place);
    return [
      card,
      { label: "Mention", icon: "at", run: () => tell("mention", { kind: "user", id, name, detail: "" }) },
      this.#apps(app, commands, id),
      { label: "Copy User ID", icon: "identity", run: () => this.#copy(id, "user ID") },
    ];
  }

  #onMessage(place, { app, message: commands }) {
    const id = place.dataset.message;
    const author = nameIn(place.querySelector(".head [data-user]"));
    const text = place.querySelector("[data-content]")?.innerText.trim();
    const dismiss = place.querySelector("[data-dismiss]");
    return [
      dismiss ? null : { label: "Reply", icon: "reply", run: () => tell("reply", { id, author }) },
      text ? { label: "Copy Text", icon: "copy", run: () => this.#copy(text, "text") } : null,
      this.#apps(app, commands, id),
      { label: "Copy Message ID", icon: "identity", run: () => this.#copy(id, "message ID") },
      dismiss ? { label: "Dismiss Message", icon: "close", run: () => dismiss.click() } : null,
    ];
  }

  #apps(app, commands, target) {
    if (!commands.length) return null;
    const items = commands.map((command) => ({
      label: command.called,
      picture: app.picture,
      run: async () => {
        const { error } = await interact(this.#page, { command: command.id, target });
        if (error) this.#page.tell(error, "error");
      },
    }));
    return { label: "Apps", icon: "apps", items };
  }

  async #copy(text, what) {
    await navigator.clipboard.writeText(text);
    this.#page.tell(`The ${what} is copied.`);
  }
}

function nameIn(element) {
  return (element?.querySelector("bdi") ?? element)?.textContent.trim().replace(/^@/, "") ?? "";
}

function tell(kind, detail) {
  document.dispatchEvent(new CustomEvent(kind, { detail }));
}

/** Show items; one with items of its own opens beside, on a phone they stand below. */
function openMenu(items, { at, label, back, parent = null }) {
  const shown = items.filter(Boolean).flatMap((item) => (item.items && isPhone() ? [{ heading: item.label }, ...item.items] : [item]));
  const menu = make("div", { role: "menu", "aria-label": label, tabindex: -1 });
  menu.append(...shown.map((item) => (item.heading ? make("div", { class: "heading", role: "presentation" }, item.heading) : entry(item, menu, back))));
  menu.addEventListener("keydown", (event) => move(event, menu, parent));
  const closed = () => (parent?.isConnected ? parent : back)?.focus({ preventScroll: true });
  openPanel(menu, { at, host: parent?.closest("[role=menu]") ?? document.body, beside: Boolean(parent), closed });
  menu.querySelector("[role=menuitem]").focus({ focusVisible: true, preventScroll: true });
}

function entry(item, menu, back) {
  const drawing = item.picture ? make("img", { src: item.picture, alt: "", width: 20, height: 20 }) : null;
  const end = item.items ? icon("right") : item.icon ? icon(item.icon) : null;
  const button = make("button", { type: "button", role: "menuitem", tabindex: -1, class: "entry", "aria-haspopup": item.items ? "menu" : null }, drawing, make("span", { class: "name" }, item.label), end);
  const openFurther = () => {
    if (button.ariaExpanded === "true") return;
    button.setAttribute("aria-expanded", "true");
    openMenu(item.items, { at: button, label: item.label, back, parent: button });
  };
  button.addEventListener("click", () => {
    if (item.items) {
      openFurther();
      return;
    }
    closeMenus();
    item.run();
  });
  button.addEventListener("pointerenter", ({ pointerType }) => {
    if (pointerType !== "mouse") return;
    button.focus();
    for (const other of menu.querySelectorAll(":scope > [role=menu]")) close(other, menu);
    if (item.items) openFurther();
  });
  return button;
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

function move(event, menu, parent) {
  const items = [...menu.querySelectorAll(":scope > [role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  if (at < 0) return;
  event.stopPropagation();
  if (event.key in STEPS) {
    event.preventDefault();
    const step = STEPS[event.key];
    const next = Math.abs(step) === 1 ? (at + step + items.length) % items.length : step < 0 ? 0 : items.length - 1;
    items[next].focus();
  } else if (event.key === "ArrowRight" && items[at].ariaHasPopup) {
    event.preventDefault();
    items[at].click();
  } else if (event.key === "ArrowLeft" && parent) {
    event.preventDefault();
    close(menu, parent.closest("[role=menu]"));
  } else if (event.key === "Tab") {
    event.preventDefault();
    closeMenus();
  } else if (event.key.length === 1) {
    const later = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    later.find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }
}

function close(menu, above) {
  for (const item of above.querySelectorAll(":scope > [aria-expanded]")) item.setAttribute("aria-expanded", "false");
  closePanel(menu);
}

function closeMenus() {
  closePanel(document.querySelector("[role=menu]")); // the first one holds all others
}
