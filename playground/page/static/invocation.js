// A command that is being put together in the message box: its name, a field for each option, and what is still missing.
import { interact, packed } from "./user_actions.js";
import { split } from "./commands.js";
import { make } from "./elements.js";
import { fieldOf, withNames } from "./optionfields.js";

export class Invocation {
  #page;
  #list;
  #hint;
  #ways;
  #fields = [];
  #current = null; // the field in focus, or the tail
  #hasChosen = false; // whether somebody went through the list of further options

  /**
   * `list` and `hint` stand above the box. `ways.leave(text)` goes back to writing with that text, `ways.sent()` says
   * that the command is on its way.
   */
  constructor(page, entry, { element, list, hint, ...ways }) {
    this.#page = page;
    this.#list = list;
    this.#hint = hint;
    this.#ways = ways;
    this.entry = entry;
    this.element = element;
    this.tail = make("input", { type: "text", class: "tail", size: 1, autocomplete: "off", "aria-label": "More options", "aria-describedby": "hint" });
    element.setAttribute("aria-label", `Command /${entry.called}`);
    this.show();
  }

  /** Put it into the box, as it was left. */
  show() {
    this.element.replaceChildren(make("span", { class: "called" }, `/${this.entry.called}`), ...this.#fields.map((field) => field.element), this.tail);
    for (const option of this.entry.options) if (option.required && !this.#has(option)) this.#add(option);
    this.#sayWhatIsLeft();
  }

  /** Fill in what was pasted and go to where something is missing, or what was typed and stay where one types. */
  fill(words, { isTyped = false } = {}) {
    for (const [option, text] of words) this.#fieldFor(option).write(text);
    if (isTyped && words.length) this.#show(this.#fieldFor(words.at(-1)[0]));
    else this.#goOn();
  }

  /** Take files that were dropped or pasted; the ones for which there is no place are handed back. */
  takeFiles(files) {
    const places = [...this.#fields, ...this.#left.map((option) => ({ option }))].filter(({ option }) => option.type === 11);
    const empty = places.filter((place) => place.isEmpty ?? true);
    const taken = files.slice(0, empty.length);
    taken.forEach((file, place) => this.#fieldFor(empty[place].option).put(file));
    return files.slice(taken.length);
  }

  /** Whether an event belongs to it; then it is dealt with. */
  async focus(target) {
    this.#current = this.#fields.find((field) => field.input === target) ?? (target === this.tail ? this.tail : null);
    if (!this.#current) return;
    this.#hasChosen = false;
    this.#list.pick = (item) => this.#take(item);
    if (this.#current === this.tail || this.#current.hasList) this.#list.attach(target);
    else this.#list.release();
    await this.#refresh();
  }

  async input({ target, inputType }) {
    const isPasted = inputType === "insertFromPaste";
    const field = this.#current;
    if (target === this.tail) {
      const { leading, words } = split(this.tail.value, this.entry);
      if (words.length) {
        this.tail.value = "";
        this.fill(leading ? [[this.entry.options[0], leading], ...words] : words, { isTyped: !isPasted });
        return;
      }
    } else if (field?.input === target && target.value !== undefined && this.#splitOff(field, { isTyped: !isPasted })) {
      return;
    }
    await this.#refresh();
  }

  key(event) {
    if (event.isComposing) return;
    if (this.#list.key(event)) {
      this.#hasChosen = true;
      return;
    }
    const { target } = event;
    const isText = target instanceof HTMLInputElement;
    const isEmpty = isText ? target.value === "" : (this.#current?.isEmpty ?? true);
    const isAtStart = !isText || (target.selectionStart === 0 && target.selectionEnd === 0);
    const isAtEnd = !isText || target.selectionStart === target.value.length;
    if (event.key === "Enter" && (isText || event.ctrlKey)) this.#enter(event);
    else if (event.key === "Tab" && !event.shiftKey) this.#tab(event);
    else if (event.key === "Escape") this.#escape(event);
    else if (event.key === "Backspace" && isEmpty) this.#back(event);
    else if (event.key === "Backspace" && !isText) this.#empty(event);
    else if (event.key === "ArrowLeft" && isAtStart) this.#move(event, -1);
    else if (event.key === "ArrowRight" && isAtEnd) this.#move(event, 1);
  }

  async submit() {
    const values = {};
    const wrong = [];
    for (const field of this.#fields) {
      const { value, error = null } = await field.read();
      field.fail(error);
      if (error) wrong.push(field);
      else if (value !== undefined) values[field.option.name] = value;
    }
    if (wrong.length) {
      this.#show(wrong[0]);
      return;
    }
    if (this.tail.value.trim()) {
      this.#explain(this.entry.called, "", `/${this.entry.called} has no option ${this.tail.value.trim()}.`);
      this.tail.focus();
      return;
    }
    const { options, files } = withNames(values);
    this.#ways.sent(interact(this.#page, { ...this.#path, options, files: await packed(files) }));
  }

  /** Show what the server found wrong. */
  fail(error, name) {
    const field = this.#fields.find(({ option }) => option.name === name);
    field?.fail(error);
    if (field) this.#show(field);
    else this.#explain(`/${this.entry.called}`, "", error);
  }

  get #path() {
    return { command: this.entry.id, path: this.entry.path };
  }

  /** The options without a field. */
  get #left() {
    return this.entry.options.filter((option) => !this.#has(option));
  }

  #has(option) {
    return this.#fields.some((field) => field.option === option);
  }

  #add(option) {
    const field = fieldOf(this.#page, option, (focused) => this.#partly(focused));
    this.#fields.push(field);
    this.tail.before(field.element);
    this.#sayWhatIsLeft();
    return field;
  }

  #fieldFor(option) {
    return this.#fields.find((field) => field.option === option) ?? this.#add(option);
  }

  #remove(field) {
    this.#fields = this.#fields.filter((one) => one !== field);
    field.element.remove();
    this.#sayWhatIsLeft();
  }

  #sayWhatIsLeft() {
    const count = this.#left.length;
    this.tail.placeholder = count ? `+${count} optional` : "";
    this.tail.style.minWidth = `${this.tail.placeholder.length + 1}ch`;
  }

  /** The command as far as it is filled, for completion of one field. */
  async #partly(focused) {
    const options = {};
    for (const field of this.#fields) {
      if (field === focused || field.isEmpty) continue;
      const { value } = await field.read();
      if (value !== undefined && !(value instanceof File)) options[field.option.name] = value;
    }
    return { ...this.#path, options };
  }

  async #refresh() {
    const field = this.#current;
    if (field === this.tail) {
      this.#explain(`/${this.entry.called}`, this.entry.description, null);
      this.#list.show(this.#further(), { active: this.tail.value ? 0 : -1 });
      return;
    }
    this.#explain(field.option.called, field.option.description, field.error, field.limits);
    const groups = await field.suggest();
    if (groups === undefined || this.#current !== field || document.activeElement !== field.input) return;
    this.#list.show(groups ?? []);
    this.#explain(field.option.called, field.option.description, field.error, field.limits, groups?.find(({ items }) => !items.length)?.label);
  }

  /** The options that may be added, by what is typed at the end. */
  #further() {
    const wanted = this.tail.value.trim().toLowerCase();
    const found = this.#left.filter(({ called, name }) => called.includes(wanted) || name.includes(wanted));
    const items = found.map((option) => ({ option, content: [make("span", { class: "name" }, option.called), make("small", {}, option.description)] }));
    return items.length ? [{ label: "Optional", items }] : [];
  }

  #explain(name, description, error, limits = "", note = "") {
    this.#hint.hidden = false;
    this.#hint.replaceChildren(
      make("b", {}, name),
      " ",
      error ? make("span", { class: "error" }, error) : make("span", {}, note || description),
      ...(limits && !error ? [" ", make("small", {}, limits)] : []),
    );
  }

  #take(item) {
    if (this.#current === this.tail) {
      this.tail.value = "";
      this.#add(item.option).input.focus();
      return;
    }
    this.#current.take(item);
    this.#goOn();
  }

  /** To the first field that needs something, else to the end. */
  #goOn() {
    this.#show(this.#fields.find((field) => field.isEmpty) ?? { input: this.tail });
  }

  #show(field) {
    if (document.activeElement === field.input) this.focus(field.input);
    else field.input.focus();
  }

  #enter(event) {
    event.preventDefault();
    const { active } = this.#list;
    const takes = this.#current === this.tail ? this.#hasChosen || this.tail.value : active && this.#current?.lacks(active);
    if (active && takes) this.#take(active);
    else this.submit();
  }

  #tab(event) {
    const { active } = this.#list;
    const item = active ?? (this.#current === this.tail ? this.#further()[0]?.items[0] : null);
    if (!item || (this.#current !== this.tail && !this.#current.lacks(item))) return;
    event.preventDefault();
    this.#take(item);
  }

  #escape(event) {
    event.stopPropagation();
    if (this.#list.isOpen) this.#list.hide();
    else this.#ways.leave("");
  }

  #back(event) {
    event.preventDefault();
    const place = this.#fields.indexOf(this.#current);
    const before = place < 0 ? this.#fields.at(-1) : this.#fields[place - 1];
    if (place >= 0 && !this.#current.option.required) this.#remove(this.#current);
    if (before) before.input.focus();
    else if (place < 0 || this.#fields.indexOf(this.#current) >= 0) this.#ways.leave(`/${this.entry.called}`);
    else this.tail.focus();
  }

  #empty(event) {
    event.preventDefault();
    this.#current?.put?.(null);
  }

  #move(event, step) {
    const all = [...this.#fields.map(({ input }) => input), this.tail];
    const next = all[all.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  /** "2026-10 user:" in a field begins the next one; the field's own name at its beginning only says which it is. */
  #splitOff(field, { isTyped }) {
    if ([field.option.called, field.option.name].some((name) => field.input.value === `${name}:`)) {
      field.write("");
      return false;
    }
    const { leading, words } = split(` ${field.input.value}`, this.entry);
    const others = words.filter(([option]) => option !== field.option);
    if (!others.length || others.length !== words.length) return false;
    field.write(leading);
    this.fill(others, { isTyped });
    return true;
  }
}
