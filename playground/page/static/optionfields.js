// One option of a command as a field in the message box: what it takes, what it suggests, what is wrong with it.
import { Latest, freeName, interact, search } from "./user_actions.js";
import { ENTITIES, TYPES, fold } from "./commands.js";
import { icon, make } from "./elements.js";

const CHANNELS = { 0: "text", 2: "voice", 4: "category", 13: "stage" };
const PAUSE_MS = 120; // after the last key, before anybody is asked

let fields = 0;

/** The field for an option; `partly()` answers the command as far as it is filled, for completion by the app. */
export function fieldOf(page, option, partly) {
  if (option.type === TYPES.attachment) return new FileField(option);
  if (option.type in ENTITIES) return new EntityField(page, option);
  if (option.type === TYPES.boolean) return new ChoiceField(option, [["True", true], ["False", false]]);
  if (option.choices) return new ChoiceField(option, option.choices.map(({ called, value }) => [called, value]));
  if (option.completes) return new CompletedField(page, option, partly);
  return new WrittenField(option);
}

/** Text and numbers, as they are typed. */
class WrittenField {
  error = null;

  constructor(option) {
    fields += 1;
    this.option = option;
    this.input = this.control(`option-${fields}`);
    this.element = make(
      "span",
      { class: "option", "data-option": option.name },
      make("label", { for: this.input.id }, option.called, option.required ? make("span", { class: "spoken" }, ", required") : null),
      this.input,
    );
    this.input.addEventListener("input", () => this.fail(null));
  }

  control(id) {
    const isNumber = this.option.type === TYPES.number;
    const mode = isNumber ? "decimal" : this.option.type === TYPES.integer ? "numeric" : "text";
    return make("input", { id, type: "text", inputmode: mode, size: 1, autocomplete: "off", "aria-describedby": "hint", "aria-required": this.option.required ? "true" : null });
  }

  get isEmpty() {
    return this.input.value === "";
  }

  /** What was typed elsewhere is put in here. */
  write(text) {
    this.input.value = text;
  }

  /** Whether there is anything to choose from. */
  get hasList() {
    return false;
  }

  /** Groups for the list, or null where there is nothing to choose from. */
  async suggest() {
    return null;
  }

  /** Whether choosing this would change anything. */
  lacks() {
    return false;
  }

  /** `{value}` to send, `{}` when nothing is in it, `{error}` when it cannot be sent so. */
  async read() {
    if (this.isEmpty) return this.option.required ? { error: "This option is required. Specify a value." } : {};
    return this.check(this.input.value);
  }

  check(text) {
    if (this.option.type === TYPES.string) return this.#checkLength(text);
    const value = Number(text.trim().replace(",", "."));
    if (!Number.isFinite(value)) return { error: "Input a valid number." };
    if (this.option.type === TYPES.integer && !Number.isSafeInteger(value)) return { error: "Input a valid integer." };
    const { min_value: least = -Infinity, max_value: most = Infinity } = this.option;
    if (value < least) return { error: `Must be ${least} or more.` };
    return value > most ? { error: `Must be ${most} or less.` } : { value };
  }

  #checkLength(text) {
    const { min_length: least = 0, max_length: most = 6000 } = this.option;
    const length = [...text].length;
    if (length < least) return { error: `Must be ${least} or more in length.` };
    return length > most ? { error: `Must be ${most} or fewer in length.` } : { value: text };
  }

  /** Show what is wrong, or nothing. */
  fail(error) {
    this.error = error;
    this.element.classList.toggle("is-wrong", Boolean(error));
    if (error) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  /** What it takes, in a few words. */
  get limits() {
    const { min_value: least, max_value: most, min_length: shortest, max_length: longest } = this.option;
    const between = (from, to, what) =>
      from !== undefined && to !== undefined ? `${from} to ${to}${what}` : from !== undefined ? `${from}${what} or more` : to !== undefined ? `up to ${to}${what}` : "";
    return between(least, most, "") || between(shortest, longest, " characters");
  }
}

/** What is chosen from a list; `picked` holds while the text is still its own. */
class PickedField extends WrittenField {
  #picked = null;

  get hasList() {
    return true;
  }

  get picked() {
    return this.#picked?.text === this.input.value ? this.#picked : null;
  }

  take(item) {
    this.#picked = { text: item.text, value: item.value };
    this.input.value = item.text;
    this.fail(null);
  }

  lacks(item) {
    return this.picked?.value !== item.value;
  }
}

class ChoiceField extends PickedField {
  #choices;

  constructor(option, choices) {
    super(option);
    this.#choices = choices;
  }

  async suggest() {
    const wanted = this.picked ? "" : fold(this.input.value);
    const found = this.#choices.filter(([name]) => fold(name).includes(wanted));
    return [{ items: found.map(([name, value]) => ({ text: name, value, content: make("span", { class: "name" }, name), chosen: this.picked?.value === value })) }];
  }

  check(text) {
    const said = { yes: "true", no: "false" }[fold(text)] ?? fold(text);
    const found = this.#choices.find(([name, value]) => (this.picked ? this.picked.value === value : [fold(name), fold(String(value))].includes(said)));
    if (found) return { value: found[1] };
    return { error: this.option.type === TYPES.boolean ? "Choose true or false." : "Choose one of the options." };
  }
}

class CompletedField extends PickedField {
  #page;
  #partly;
  #latest = new Latest(PAUSE_MS);

  constructor(page, option, partly) {
    super(option);
    this.#page = page;
    this.#partly = partly;
  }

  async suggest() {
    return this.#latest.of(async () => {
      const { name } = this.option;
      const asked = await this.#partly(this);
      const { answer } = await interact(this.#page, { ...asked, options: { ...asked.options, [name]: this.input.value }, focused: name });
      if (!answer?.choices) return [{ label: "Loading options failed", items: [] }];
      const items = answer.choices.map((choice) => ({ text: choice.name, value: choice.value, content: make("span", { class: "name" }, choice.name) }));
      return items.length ? [{ items }] : [{ label: "No options match your search.", items: [] }];
    });
  }

  check(text) {
    return this.picked ? { value: this.picked.value } : super.check(text);
  }
}

class EntityField extends PickedField {
  #page;
  #latest = new Latest(PAUSE_MS / 2);

  constructor(page, option) {
    super(option);
    this.#page = page;
  }

  async suggest() {
    const text = this.picked ? "" : bare(this.input.value);
    return this.#latest.of(async () => {
      const found = await this.#search(text);
      return found.length ? [{ items: found.map(itemOf) }] : [{ label: "No matches.", items: [] }];
    });
  }

  async read() {
    if (!this.isEmpty && !this.picked) await this.#recognise();
    return super.read();
  }

  check() {
    return this.picked ? { value: this.picked.value } : { error: `Input a valid ${ENTITIES[this.option.type]}.` };
  }

  get limits() {
    const types = this.option.channel_types?.map((type) => CHANNELS[type]).filter(Boolean) ?? [];
    return types.length ? `${types.join(" or ")} channels` : "";
  }

  /** What was typed or pasted whole is as good as chosen. */
  async #recognise() {
    const text = bare(this.input.value);
    const found = await this.#search(text);
    const one = found.find(({ id, name, detail }) => [id, fold(name), fold(detail)].includes(fold(text)));
    if (one) this.take(itemOf(one));
  }

  #search(text) {
    return search(this.#page, { kind: ENTITIES[this.option.type], text, types: this.option.channel_types ?? [] });
  }
}

/** A name as people write it, without what only says what kind of thing it is. */
function bare(text) {
  return text.trim().replace(/^<[@#][!&]?(\d+)>$/, "$1").replace(/^[@#]/, "");
}

/** A person, role or channel as an item of a list. */
export function itemOf(entity) {
  const sign = entity.kind === "channel" ? "#" : "@";
  return { text: sign + entity.name.replace(/^@/, ""), value: entity.id, entity, content: entityContent(entity) };
}

/** What stands in an entry about a person, role or channel. */
export function entityContent({ kind, name, detail, picture, icon: drawing, colour }) {
  const portrait = picture ? make("img", { src: picture, alt: "", width: 24, height: 24 }) : icon(drawing);
  if (colour) portrait.style.setProperty("color", colour);
  return [portrait, make("span", { class: "name" }, make("bdi", {}, name)), detail ? make("small", {}, kind === "user" ? `@${detail}` : detail) : null];
}

/** A file, chosen or dropped. */
class FileField extends WrittenField {
  file = null;
  #chooser = make("input", { type: "file", hidden: true });

  constructor(option) {
    super(option);
    const types = (option.file_types ?? []).map((type) => (type.startsWith(".") ? type : `${type}/*`));
    if (types.length) this.#chooser.accept = types.join(",");
    this.element.append(this.#chooser);
    this.element.classList.add("is-file");
    this.input.addEventListener("click", () => this.#chooser.click());
    this.#chooser.addEventListener("change", () => this.put(this.#chooser.files[0] ?? null));
  }

  control(id) {
    return make("button", { id, type: "button", "aria-describedby": "hint" }, "Choose a file");
  }

  get isEmpty() {
    return this.file === null;
  }

  get limits() {
    return this.option.file_types?.join(", ") ?? "";
  }

  put(file) {
    this.file = file;
    const words = file ? `${file.name} (${sizeOf(file)})` : "Choose a file";
    this.input.textContent = words;
    this.input.setAttribute("aria-label", `${this.option.called}: ${words}`);
    this.fail(null);
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  write() {}

  check() {
    return this.file.size > FILE_BYTES_MAX ? { error: TOO_LARGE } : { value: this.file };
  }
}

export const FILE_BYTES_MAX = 10 * 1024 * 1024;
export const TOO_LARGE = "Your files are too powerful: the most is 10 MB for each.";

/** How large a file is, as people say it. */
export function sizeOf({ size }) {
  if (size < 1000) return `${size} B`;
  return size < 1_000_000 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

/** Chosen files under names that differ: the options with names in their place, and the files. */
export function withNames(values) {
  const files = new Map();
  const options = {};
  for (const [name, value] of Object.entries(values)) {
    if (!(value instanceof File)) {
      options[name] = value;
      continue;
    }
    options[name] = freeName(value, files);
    files.set(options[name], value);
  }
  return { options, files };
}
