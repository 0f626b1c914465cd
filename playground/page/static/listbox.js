// A list to choose from while the focus stays in a text field: the combobox pattern of ARIA.
import { make } from "./elements.js";

const PAGE = 8; // entries that Page Up and Page Down pass
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };

let lists = 0;

/**
 * Shows groups of items: `{label, picture, items: [{content, chosen, disabled, …}]}`, `content` being what stands in an
 * entry. `pick(item)` is called for the one that somebody clicks; keys are handed in by whoever owns the field.
 */
export class Listbox {
  #field = null;
  #items = [];
  #options = [];
  #active = -1;

  constructor(element, { pick, label, isMultiple = false }) {
    lists += 1;
    this.element = element;
    this.pick = pick;
    element.id ||= `list-${lists}`;
    element.setAttribute("role", "listbox");
    element.setAttribute("aria-label", label);
    if (isMultiple) element.setAttribute("aria-multiselectable", "true");
    element.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the field
    element.addEventListener("mousedown", (event) => event.preventDefault());
    element.addEventListener("click", (event) => this.#click(event));
    element.addEventListener("pointermove", (event) => this.#hover(event));
  }

  /**
   * The field in which somebody types; screen readers hear the active entry there. A text of several lines may not be a
   * combobox: it stays a text box that has a list.
   */
  attach(field) {
    this.release();
    this.#field = field;
    const isBox = field instanceof HTMLTextAreaElement;
    this.element.tabIndex = isBox ? 0 : -1; // what scrolls can be reached, as a combobox's list is through its field
    const words = isBox ? { "aria-haspopup": "listbox" } : { role: "combobox", "aria-expanded": "false" };
    for (const [name, value] of Object.entries({ ...words, "aria-autocomplete": "list", "aria-controls": this.element.id })) field.setAttribute(name, value);
  }

  /** Let go of the field. */
  release() {
    this.hide();
    for (const name of ["role", "aria-haspopup", "aria-autocomplete", "aria-controls", "aria-expanded"]) this.#field?.removeAttribute(name);
    this.#field = null;
  }

  get isOpen() {
    return this.#options.length > 0;
  }

  /** The entry that Enter would take, null when there is none. */
  get active() {
    return this.#items[this.#active] ?? null;
  }

  /** Show groups; `active` is the place of the entry to begin with, -1 for none. */
  show(groups, { active = 0 } = {}) {
    this.#items = groups.flatMap((group) => group.items);
    this.#options = this.#items.map((item, place) => this.#option(item, place));
    let place = 0;
    const drawn = groups.map((group) => {
      const own = this.#options.slice(place, (place += group.items.length));
      if (!group.label) return own;
      const id = `${this.element.id}-group-${place}`;
      const picture = group.picture ? make("img", { src: group.picture, alt: "", width: 16, height: 16 }) : null;
      return make("div", { role: "group", "aria-labelledby": id }, make("div", { class: "heading", id }, picture, group.label), own);
    });
    this.element.replaceChildren(...drawn.flat());
    this.element.hidden = !this.isOpen;
    if (this.#field?.role === "combobox") this.#field.setAttribute("aria-expanded", String(this.isOpen));
    this.activate(Math.min(active, this.#items.length - 1));
  }

  hide() {
    this.show([]);
  }

  /** Take the keys that move in the list; whether this was one. */
  key(event) {
    const step = STEPS[event.key];
    if (!step || !this.isOpen || event.altKey || event.ctrlKey || event.metaKey) return false;
    event.preventDefault();
    const last = this.#items.length - 1;
    const next = this.#active + step;
    const isSmall = Math.abs(step) === 1;
    this.activate(isSmall && next > last ? 0 : isSmall && next < 0 ? last : Math.max(0, Math.min(last, next)));
    return true;
  }

  activate(place) {
    this.#options[this.#active]?.classList.remove("is-active");
    this.#active = place;
    const option = this.#options[place];
    if (option) {
      option.classList.add("is-active");
      option.scrollIntoView({ block: "nearest" });
      this.#field?.setAttribute("aria-activedescendant", option.id);
    } else {
      this.#field?.removeAttribute("aria-activedescendant");
    }
  }

  #option(item, place) {
    const attributes = {
      role: "option",
      class: "entry",
      id: `${this.element.id}-${place}`,
      "data-place": place,
      "aria-selected": String(Boolean(item.chosen)),
      "aria-disabled": item.disabled ? "true" : null,
    };
    return make("div", attributes, item.content);
  }

  #place(event) {
    return Number(event.target.closest("[role=option]")?.dataset.place ?? -1);
  }

  #click(event) {
    const item = this.#items[this.#place(event)];
    if (item && !item.disabled) this.pick(item);
  }

  #hover(event) {
    const place = this.#place(event);
    if (place >= 0 && place !== this.#active && event.pointerType === "mouse") this.activate(place);
  }
}
