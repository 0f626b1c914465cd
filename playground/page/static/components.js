// Buttons and menus below messages, and the menus in forms: pressed, chosen from, and sent.
import { Latest, interact, search } from "./user_actions.js";
import { fold } from "./commands.js";
import { icon, make } from "./elements.js";
import { Listbox } from "./listbox.js";
import { itemOf } from "./optionfields.js";
import { closePanel, closePanelOf, openPanel, place } from "./panels.js";

const KINDS = { 5: "user", 6: "role", 7: "mentionable", 8: "channel" };
const FEW = 10; // options among which nobody needs to search
const PAUSE_MS = 120; // after the last key, before the server is asked

export function start(page) {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-press]");
    if (button) use(page, button, { component: button.dataset.press });
    const select = target.closest("[data-select]");
    if (select && !closePanelOf(select)) new Choice(page, select).open();
  });
}

/** Send what was done with a part of a message; it shows that it is under way until the app has answered. */
async function use(page, part, body) {
  if (part.ariaBusy === "true") return;
  const message = part.closest("[data-message]").dataset.message;
  part.classList.add("is-pending");
  part.setAttribute("aria-busy", "true");
  const { error } = await interact(page, { ...body, message });
  part.classList.remove("is-pending");
  part.removeAttribute("aria-busy");
  if (error) page.tell(error, "error");
}

/**
 * What is chosen in a menu: a form keeps it in a hidden list beside the button, a message says what it came with, and
 * keeps what was chosen since until it is drawn anew.
 */
export function chosenIn(select) {
  const kept = keptBeside(select);
  if (kept) return [...kept.selectedOptions].map((option) => ({ value: option.value, text: option.label || option.value }));
  if (select.dataset.kept) return JSON.parse(select.dataset.kept);
  const options = JSON.parse(select.dataset.options ?? "[]").filter((option) => option.default).map(itemOfOption);
  const presets = (select.dataset.defaults ?? "").split(",").filter(Boolean);
  return [...options, ...presets.map((id) => ({ value: id, text: null }))];
}

/** Say in a menu what is chosen, and keep it where the menu is part of a form. */
export function showChosen(select, items) {
  const kept = keptBeside(select);
  if (kept) kept.replaceChildren(...items.map((item) => new Option(item.text, item.value, true, true)));
  else select.dataset.kept = JSON.stringify(items.map(({ value, text }) => ({ value, text })));
  const words = select.querySelector(".select-words");
  words.classList.toggle("is-empty", !items.length);
  words.textContent = items.length ? items.map((item) => item.text).join(", ") : select.dataset.placeholder;
}

/** Whether two choices are the same, in whatever order. */
export function isSame(some, others) {
  const values = others.map((item) => item.value);
  return some.length === others.length && some.every((item) => values.includes(item.value));
}

function keptBeside(select) {
  return select.parentElement.querySelector(":scope > select[data-chosen]");
}

/** One opening of a menu. */
class Choice {
  #page;
  #select;
  #list;
  #chosen;
  #latest = new Latest(PAUSE_MS);
  #options;
  #least;
  #most;
  #isSent = false;
  #panel;
  #confirm;

  constructor(page, select) {
    const { kind, options, min, max } = select.dataset;
    this.#page = page;
    this.#select = select;
    this.#options = kind in KINDS ? null : JSON.parse(options ?? "[]").map(itemOfOption);
    this.#least = Number(min);
    this.#most = Math.min(Number(max), this.#options?.length ?? Infinity);
    this.#chosen = [...chosenIn(select)];
  }

  async open() {
    const select = this.#select;
    const label = select.dataset.placeholder;
    const isSmall = this.#options && this.#options.length <= FEW;
    const entries = make("div", { class: "entries" });
    const field = make("input", { type: "text", class: isSmall ? "spoken" : "search", placeholder: "Search", autocomplete: "off", inputmode: isSmall ? "none" : null, "aria-label": label });
    const confirm = this.#isMany ? make("button", { type: "button", class: "button is-wide" }) : null;
    this.#confirm = confirm;
    const panel = make("div", { class: "chooser", role: "dialog", "aria-label": label }, field, entries, confirm);
    this.#panel = panel;
    this.#list = new Listbox(entries, { label, isMultiple: this.#isMany, pick: (item) => this.#pick(item, panel) });
    field.addEventListener("input", () => this.#refresh(field.value));
    field.addEventListener("keydown", (event) => this.#key(event, panel));
    confirm?.addEventListener("click", () => this.#finish(panel));
    panel.style.minWidth = `${select.offsetWidth}px`;
    select.setAttribute("aria-expanded", "true");
    const closed = ({ isEscape }) => {
      select.setAttribute("aria-expanded", "false");
      if (this.#isMany && !isEscape) this.#give();
      if (select.isConnected) select.focus({ preventScroll: true });
    };
    openPanel(panel, { at: select, host: select.closest("dialog") ?? document.body, closed });
    this.#list.attach(field);
    field.focus({ preventScroll: true });
    await Promise.all([this.#nameChosen(), this.#refresh("")]);
  }

  /** What a message came with is known by its ids alone. */
  async #nameChosen() {
    const ids = this.#chosen.filter(({ text }) => text === null).map(({ value }) => value);
    if (!ids.length) return;
    const named = (await search(this.#page, { kind: KINDS[this.#select.dataset.kind], ids })).map(itemOf);
    this.#chosen = this.#chosen.map((item) => named.find(({ value }) => value === item.value) ?? { ...item, text: item.text ?? item.value });
  }

  get #isMany() {
    return this.#most > 1;
  }

  /** Show what has `text` in it; the entry that was chosen `last` stays the active one. */
  async #refresh(text, last = null) {
    const found = this.#options ? this.#matching(text) : await this.#latest.of(() => this.#search(text));
    if (!found) return;
    const groups = this.#grouped(found.map((item) => this.#shown(item)));
    const active = groups.flatMap(({ items }) => items).findIndex((item) => (last ? item.value === last : item.chosen));
    this.#list.show(groups.length ? groups : [{ label: "No matches.", items: [] }], { active: Math.max(active, 0) });
    place(this.#panel, this.#select);
    this.#sayHowMany();
  }

  #grouped(items) {
    const isMixed = KINDS[this.#select.dataset.kind] === "mentionable";
    const of = (kind) => items.filter(({ entity }) => entity.kind === kind);
    const groups = isMixed ? [{ label: "Members", items: of("user") }, { label: "Roles", items: of("role") }] : [{ items }];
    return groups.filter((group) => group.items.length);
  }

  #sayHowMany() {
    if (this.#confirm) this.#confirm.textContent = `Confirm (${this.#chosen.length} of ${this.#most})`;
  }

  #matching(text) {
    const wanted = fold(text);
    return this.#options.filter((item) => fold(item.text).includes(wanted));
  }

  async #search(text) {
    const { kind, types } = this.#select.dataset;
    const found = await search(this.#page, { kind: KINDS[kind], text, types: types?.split(",") ?? [] });
    return found.map(itemOf);
  }

  /** An item with its mark: chosen, or out of reach because nothing more may be. */
  #shown(item) {
    const chosen = this.#chosen.some((one) => one.value === item.value);
    const mark = chosen || this.#isMany ? make("span", { class: this.#isMany ? "tick" : "mark" }, chosen ? icon("check") : null) : null;
    const disabled = !chosen && this.#isMany && this.#chosen.length >= this.#most;
    return { ...item, chosen, disabled, content: [item.content, mark] };
  }

  #pick(item, panel) {
    const isChosen = this.#chosen.some((one) => one.value === item.value);
    if (!this.#isMany) {
      this.#chosen = isChosen && !this.#least ? [] : [item];
      this.#finish(panel);
      return;
    }
    this.#chosen = isChosen ? this.#chosen.filter((one) => one.value !== item.value) : [...this.#chosen, item];
    this.#refresh(panel.querySelector("input").value, item.value);
  }

  #key(event, panel) {
    if (event.isComposing || this.#list.key(event)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (event.ctrlKey) this.#finish(panel);
      else if (this.#list.active && !this.#list.active.disabled) this.#pick(this.#list.active, panel);
    } else if (event.key === "Tab" && !this.#isMany) {
      event.preventDefault();
      closePanel(panel, { isEscape: true });
    }
  }

  #finish(panel) {
    this.#give();
    closePanel(panel);
  }

  /** Take the choice over: a form keeps it, a message sends it. */
  #give() {
    if (this.#isSent) return;
    const values = this.#chosen.map((item) => item.value);
    if (this.#isMany && isSame(this.#chosen, chosenIn(this.#select))) return;
    if (values.length < this.#least) {
      this.#page.tell(`Choose at least ${this.#least}.`, "error");
      return;
    }
    this.#isSent = true;
    showChosen(this.#select, this.#chosen);
    if (this.#select.closest("[data-form]")) this.#select.dispatchEvent(new Event("input", { bubbles: true }));
    else use(this.#page, this.#select, { component: this.#select.dataset.select, values });
  }
}

function itemOfOption({ label, value, description, emoji }) {
  const drawing = emoji?.id ? make("img", { src: `/cdn/emojis/${emoji.id}.webp?size=48`, alt: "", width: 20, height: 20 }) : emoji?.name ? make("span", { class: "emoji" }, emoji.name) : null;
  const what = make("span", { class: "what" }, make("span", { class: "name", dir: "auto" }, label), description ? make("small", { dir: "auto" }, description) : null);
  return { text: label, value, content: [drawing, what] };
}
