// The commands that whoever sits here may use: fetched, found by what is typed, and read out of a whole line.
import { make } from "./elements.js";

export const TYPES = {
  string: 3, integer: 4, boolean: 5, user: 6, channel: 7, role: 8, mentionable: 9, number: 10, attachment: 11,
};
export const ENTITIES = { 6: "user", 7: "channel", 8: "role", 9: "mentionable" };

const CLOSING = { '"': '"', "“": "”", "「": "」" };

let shared = null;

/** The commands of this page; there is one list for whoever asks. */
export function commandsOf(page) {
  shared ??= new Commands(page);
  return shared;
}

/** The list as the server gives it, kept fresh while the page is open. */
class Commands {
  #page;
  #known = null;

  constructor(page) {
    this.#page = page;
    page.on("commands", () => {
      this.#known = null;
    });
  }

  /** `{app, chat, user, message}`. */
  async all() {
    this.#known ??= fetch(`/page/commands${this.#page.query()}`).then((response) => response.json());
    return this.#known.catch(() => {
      this.#known = null;
      return { app: { name: "" }, chat: [], user: [], message: [] };
    });
  }
}

/** The commands that may be meant by what stands after the slash, the likeliest first. */
export function matching(entries, text) {
  const wanted = fold(text);
  const ranked = entries.map((entry) => [rank(entry, wanted), entry]).filter(([place]) => place < 3);
  return ranked.sort(([one], [other]) => one - other).map(([, entry]) => entry);
}

function rank(entry, wanted) {
  const names = [fold(entry.called), fold(entry.name)];
  if (names.some((name) => name.startsWith(wanted))) return 0;
  if (names.some((name) => name.split(/[ _-]/).some((word) => word.startsWith(wanted)))) return 1;
  return names.some((name) => name.includes(wanted)) ? 2 : 3;
}

/** What stands in an entry of the list of commands. */
export function drawn(entry, app) {
  return [
    make("img", { src: app.picture, alt: "", width: 32, height: 32 }),
    make(
      "span",
      { class: "what" },
      make("span", { class: "name" }, `/${entry.called}`, entry.options.map((option) => [" ", make("span", { class: "takes" }, option.called)])),
      make("small", {}, entry.description),
    ),
    make("small", { class: "source" }, app.name),
  ];
}

/**
 * A line that begins with a whole command, such as "/streak month:2026-10 user:@mina": `{entry, words}` with what was
 * written by option, in the order written, or null when it is none. A space after the name makes it whole.
 */
export function read(entries, line) {
  const text = line.replace(/^\//, "");
  const called = entries
    .map((entry) => [[entry.called, entry.name].find((name) => begins(text, name)), entry])
    .filter(([name]) => name)
    .sort(([one], [other]) => other.length - one.length)[0];
  if (!called) return null;
  const [name, entry] = called;
  const { leading, words } = split(text.slice(name.length), entry);
  const alone = leading && entry.options.length ? [[entry.options[0], leading]] : [];
  return { entry, words: [...alone, ...words] };
}

function begins(text, name) {
  return fold(text.slice(0, name.length)) === fold(name) && /^\s/.test(text.slice(name.length));
}

/** What was written by option, as `words`, and what stands before the first of them. */
export function split(text, entry) {
  const names = new Map(entry.options.flatMap((option) => [[fold(option.called), option], [fold(option.name), option]]));
  const marks = [...hideQuotes(text).matchAll(/(?<=^|\s)([^\s:"“「]+):/g)].filter(([, name]) => names.has(fold(name)));
  const words = marks.map((mark, place) => {
    const end = marks[place + 1]?.index ?? text.length;
    return [names.get(fold(mark[1])), unquoted(text.slice(mark.index + mark[0].length, end).trim())];
  });
  return { leading: unquoted(text.slice(0, marks[0]?.index ?? text.length).trim()), words };
}

/** The text with everything inside quotes blanked, so that names in it are not taken for options. */
function hideQuotes(text) {
  let closing = "";
  let before = " ";
  const hidden = [...text].map((sign) => {
    const isInside = closing !== "";
    if (isInside) closing = sign === closing ? "" : closing;
    else closing = before === ":" || before === " " ? (CLOSING[sign] ?? "") : "";
    before = sign;
    return isInside ? "_".repeat(sign.length) : sign;
  });
  return closing ? text : hidden.join("");
}

function unquoted(text) {
  return text.length > 1 && CLOSING[text[0]] === text.at(-1) ? text.slice(1, -1) : text;
}

/** A name without what people do not type. */
export function fold(name) {
  return name.normalize("NFKC").trim().toLowerCase();
}
