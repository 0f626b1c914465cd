// The box in which one writes: messages with mentions and files, and commands as soon as a slash begins one.
import { Latest, freeName, packed, post, search } from "./user_actions.js";
import { commandsOf, drawn, matching, read } from "./commands.js";
import { icon, make } from "./elements.js";
import { Invocation } from "./invocation.js";
import { Listbox } from "./listbox.js";
import { FILE_BYTES_MAX, TOO_LARGE, itemOf, sizeOf } from "./optionfields.js";

const CONTENT_MAX = 2000; // characters
const FILES_MAX = 10;
const NEAR = 200; // characters before the end at which what is left is shown
const SLOW_MS = 400; // an app that takes longer is waited for in sight
const MENTION = /(?:^|\s)([@#])([^\s@#]{0,32})$/u;

export function start(page) {
  const form = document.getElementById("writing");
  if (form) new Composer(page, form).start();
}

class Composer {
  #page;
  #form;
  #commands;
  #list;
  #invocation = null; // the command that is being put together; null: a message is written
  #files = new Map(); // by name
  #mentions = new Map(); // what stands in the text for whom
  #answered = null; // the message that this one answers
  #looking = new Latest(0);

  constructor(page, form) {
    this.#page = page;
    this.#form = form;
    this.#commands = commandsOf(page);
    for (const name of ["over", "hint", "entries", "replying", "files", "attach", "picked", "text", "command", "left", "send"]) {
      this[name] = document.getElementById(name);
    }
    this.#list = new Listbox(this.entries, { label: "Suggestions", pick: () => {} });
  }

  start() {
    const { text, picked } = this;
    this.#commands.all(); // they are there when the first slash is typed
    text.addEventListener("focus", () => this.#listen());
    text.addEventListener("input", ({ inputType }) => this.#look({ isTyped: inputType !== "insertFromPaste" }));
    text.addEventListener("keydown", (event) => this.#key(event));
    text.addEventListener("paste", (event) => this.#paste(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#invocation) this.#invocation.submit();
      else this.#write();
    });
    this.#form.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.#form.contains(relatedTarget)) this.#close();
    });
    this.command.addEventListener("focusin", ({ target }) => {
      this.#invocation?.focus(target);
      this.#open();
    });
    this.command.addEventListener("input", (event) => {
      this.#invocation?.input(event);
      this.#open();
    });
    this.command.addEventListener("keydown", (event) => this.#invocation?.key(event));
    this.command.addEventListener("pointerdown", (event) => {
      if (event.target !== this.command) return;
      event.preventDefault();
      this.#invocation?.tail.focus();
    });
    this.attach.addEventListener("click", () => picked.click());
    picked.addEventListener("change", () => {
      this.#takeFiles([...picked.files]);
      picked.value = "";
    });
    this.#dropping();
    document.addEventListener("reply", ({ detail }) => this.#answer(detail));
    document.addEventListener("click", ({ target }) => {
      const named = target.closest("[data-command]");
      if (named) this.#name(named.dataset.path);
    });
    document.addEventListener("mention", ({ detail }) => this.#mention(itemOf(detail)));
    document.addEventListener("keydown", (event) => this.#typeAhead(event));
  }

  // Writing

  #listen() {
    this.#list.pick = (item) => this.#pick(item);
    this.#list.attach(this.text);
    this.#look();
  }

  /** What the text asks for: a command, a mention, or nothing. */
  async #look({ isTyped = true } = {}) {
    const { value, selectionStart } = this.text;
    this.#sayWhatIsLeft();
    if (value.startsWith("/")) {
      const { app, chat } = await this.#commands.all();
      if (this.text.value !== value || this.#invocation) return;
      const whole = read(chat, value);
      if (whole) this.#begin(whole.entry, whole.words, { isTyped });
      else this.#suggest(chat, app, value.slice(1));
      return;
    }
    const mention = MENTION.exec(value.slice(0, selectionStart));
    if (!mention) {
      this.#looking.forget();
      this.#close();
      return;
    }
    const kind = mention[1] === "#" ? "channel" : "mentionable";
    const found = await this.#looking.of(() => search(this.#page, { kind, text: mention[2] }));
    if (!found || document.activeElement !== this.text) return;
    this.#explain(null);
    this.#list.show([{ label: kind === "channel" ? "Channels" : "Members and roles", items: found.slice(0, 10).map(itemOf) }]);
    if (found.length) this.#open();
    else this.#close();
  }

  #suggest(chat, app, wanted) {
    if (document.activeElement !== this.text) return;
    const found = matching(chat, wanted);
    const items = found.map((entry) => ({ entry, content: drawn(entry, app) }));
    this.#explain(found.length ? null : "No command is called so; it is sent as a message.");
    this.#list.show(items.length ? [{ label: app.name, picture: app.picture, items }] : []);
    this.#open();
  }

  #pick(item) {
    if (item.entry) this.#begin(item.entry, []);
    else this.#mention(item);
  }

  #mention(item) {
    const { value, selectionStart } = this.text;
    const typed = MENTION.exec(value.slice(0, selectionStart));
    const from = typed ? selectionStart - typed[2].length - 1 : selectionStart;
    const sign = { user: "@", role: "@&", channel: "#" }[item.entity.kind];
    const isEverybody = item.text === "@everyone";
    if (!isEverybody) this.#mentions.set(item.text, `<${sign}${item.value}>`);
    this.text.focus();
    this.text.setRangeText(`${item.text} `, from, selectionStart, "end");
    this.#look();
  }

  #key(event) {
    if (event.isComposing || this.#list.key(event)) return;
    const isOpen = this.#list.isOpen && this.#list.active;
    const sends = event.key === "Enter" && !event.shiftKey && !matchMedia("(pointer: coarse)").matches;
    if (isOpen && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))) {
      event.preventDefault();
      this.#pick(this.#list.active);
    } else if (sends) {
      event.preventDefault();
      this.#finish();
    } else if (event.key === "Escape") {
      if (this.over.hidden && this.#answered) this.#answer(null);
      this.#close();
    }
  }

  /** Send the text; one that begins a command waits for the list that it was typed faster than. */
  async #finish() {
    if (this.text.value.startsWith("/") && this.over.hidden) {
      await this.#look();
      if (this.#list.active) this.#pick(this.#list.active);
      if (this.#invocation) return;
    }
    this.#write();
  }

  async #write() {
    const content = this.#spelled(this.text.value).trim();
    if ((!content && !this.#files.size) || [...content].length > CONTENT_MAX) return;
    const kept = { text: this.text.value, files: this.#files, mentions: this.#mentions, answered: this.#answered };
    const body = { ...this.#page.seat, content, files: await packed(this.#files), reply_to: this.#answered?.id };
    this.#restore({ text: "", files: new Map(), mentions: new Map(), answered: null });
    const { error } = await post("/playground/messages", body);
    if (!error) return;
    this.#page.tell(error, "error");
    if (!this.text.value && !this.#files.size) this.#restore(kept);
  }

  /** The text with ids in the place of names. */
  #spelled(text) {
    const names = [...this.#mentions.keys()].sort((one, other) => other.length - one.length);
    return names.reduce((spelled, name) => spelled.replaceAll(name, this.#mentions.get(name)), text);
  }

  #restore({ text, files, mentions, answered }) {
    this.text.value = text;
    this.#files = files;
    this.#mentions = mentions;
    this.#answer(answered, { focuses: false });
    this.#showFiles();
    this.#sayWhatIsLeft();
    this.#close();
  }

  #answer(message, { focuses = true } = {}) {
    this.#answered = message;
    this.replying.hidden = !message;
    const stop = make("button", { type: "button", class: "icon-button", "aria-label": "Do not answer" }, icon("close"));
    stop.addEventListener("click", () => this.#answer(null));
    this.replying.replaceChildren(...(message ? [make("span", {}, "Replying to ", make("b", {}, message.author)), stop] : []));
    if (focuses) this.text.focus();
  }

  #sayWhatIsLeft() {
    const left = CONTENT_MAX - [...this.#spelled(this.text.value).trim()].length;
    this.left.hidden = left > NEAR;
    this.left.textContent = left;
    this.left.classList.toggle("is-over", left < 0);
    this.send.disabled = left < 0;
    this.#form.classList.toggle("is-empty", !this.text.value && !this.#files.size && !this.#invocation);
  }

  // Commands

  #begin(entry, words, { isTyped = false } = {}) {
    this.#looking.forget();
    const { command: element, hint } = this;
    const ways = { element, hint, list: this.#list, leave: (text) => this.#leave(text), sent: (answer) => this.#sent(answer) };
    this.#enter(new Invocation(this.#page, entry, ways));
    this.#invocation.fill(words, { isTyped });
  }

  /** Begin the command that a message names. */
  #name(path) {
    if (this.#invocation) this.#leave("");
    this.text.focus();
    this.text.value = `/${path} `;
    this.#look();
  }

  #enter(invocation) {
    this.#invocation = invocation;
    this.text.value = "";
    this.text.hidden = true;
    this.command.hidden = false;
    this.#sayWhatIsLeft();
  }

  #leave(text, { focuses = true } = {}) {
    this.#invocation = null;
    this.#list.release();
    this.command.hidden = true;
    this.command.replaceChildren();
    this.text.hidden = false;
    this.text.value = text;
    this.#sayWhatIsLeft();
    this.#close();
    if (focuses) this.text.focus();
  }

  /** The command is on its way: the box is free, and comes back as it was when the server finds a mistake. */
  async #sent(sending) {
    const invocation = this.#invocation;
    this.#leave("");
    const waiting = setTimeout(() => this.#form.setAttribute("data-waiting", `/${invocation.entry.called}`), SLOW_MS);
    const { answer, error, field } = await sending;
    clearTimeout(waiting);
    this.#form.removeAttribute("data-waiting");
    if (answer) return;
    if (!this.#invocation && !this.text.value) {
      this.#enter(invocation);
      invocation.show();
      this.#open();
      invocation.fail(error, field);
    } else {
      this.#page.tell(error, "error");
    }
  }

  // Files

  #paste(event) {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    this.#takeFiles(files);
  }

  #dropping() {
    const chat = this.#form.closest("main");
    const isOver = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    chat.addEventListener("dragover", (event) => {
      if (!isOver(event)) return;
      event.preventDefault();
      this.#form.classList.add("is-target");
    });
    chat.addEventListener("dragleave", (event) => {
      if (!chat.contains(event.relatedTarget)) this.#form.classList.remove("is-target");
    });
    chat.addEventListener("drop", (event) => {
      if (!isOver(event)) return;
      event.preventDefault();
      this.#form.classList.remove("is-target");
      this.#takeFiles([...event.dataTransfer.files]);
    });
  }

  #takeFiles(files) {
    if (this.#invocation) {
      const left = this.#invocation.takeFiles(files);
      if (left.length) this.#page.tell(`/${this.#invocation.entry.called} takes no further file.`, "error");
      return;
    }
    const small = files.filter((file) => file.size <= FILE_BYTES_MAX);
    if (small.length < files.length) this.#page.tell(TOO_LARGE, "error");
    const room = FILES_MAX - this.#files.size;
    if (small.length > room) this.#page.tell(`You can send ${FILES_MAX} files at a time.`, "error");
    for (const file of small.slice(0, room)) this.#files.set(freeName(file, this.#files), file);
    this.#showFiles();
    this.text.focus();
  }

  #showFiles() {
    for (const image of this.files.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.files.hidden = !this.#files.size;
    this.files.replaceChildren(...[...this.#files].map(([name, file]) => this.#drawFile(name, file)));
    this.#sayWhatIsLeft();
  }

  #drawFile(name, file) {
    const remove = make("button", { type: "button", class: "icon-button", "aria-label": `Remove ${name}` }, icon("close"));
    remove.addEventListener("click", () => {
      this.#files.delete(name);
      this.#showFiles();
      this.text.focus();
    });
    const seen = file.type.startsWith("image/") ? make("img", { src: URL.createObjectURL(file), alt: "" }) : icon("file");
    return make("li", {}, seen, make("span", { class: "name" }, name), make("small", {}, sizeOf(file)), remove);
  }

  // What stands above the box

  #explain(words) {
    this.hint.hidden = !words;
    this.hint.replaceChildren(words ?? "");
  }

  #open() {
    this.over.hidden = false;
  }

  #close() {
    this.#list.hide();
    this.over.hidden = true;
  }

  /** Whoever types with nothing in focus means the box. */
  #typeAhead(event) {
    const isNowhere = document.activeElement === document.body || document.activeElement?.id === "log";
    const isSign = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isNowhere || !isSign || this.#invocation || document.querySelector("dialog[open], :popover-open")) return;
    this.text.focus();
  }
}
