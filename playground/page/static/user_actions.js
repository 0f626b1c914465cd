// Asks the server for what a person does or types, as whoever sits before the page.

/** Send an interaction; `{answer}` when it was sent, else `{error, field}`. The answer comes as soon as the app has acknowledged. */
export async function interact(page, body) {
  const told = await post("/playground/interactions", { ...page.seat, wait: false, ...body });
  if (told.answer?.modal) document.dispatchEvent(new CustomEvent("form", { detail: told.answer.reply }));
  return told;
}

/** POST as whoever sits here; `{answer}`, or `{error, field}` with a sentence and the field that it is about. */
export async function post(path, body) {
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await response.json();
    return response.ok ? { answer } : { error: answer.error, field: answer.field };
  } catch {
    return { error: "The local Discord cannot be reached." };
  }
}

/** Whether the app has answered an interaction at all. */
export function wasAnswered(answer) {
  return answer.response.type !== null;
}

/** People, roles or channels whose name has `text` in it; `types` are channel types. */
export async function search(page, { kind, text = "", types = [], ids = [] }) {
  const query = { ...page.seat, kind, q: text, types: types.join(","), ids: ids.join(",") };
  const response = await fetch(`/page/entities?${new URLSearchParams(query)}`);
  return response.ok ? (await response.json()).entities : [];
}

/** A file as the server takes it. */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** Files by names that differ, as base64. */
export async function packed(files) {
  const found = {};
  for (const [name, file] of files) found[name] = await base64(file);
  return found;
}

/** A name like the file's that none of `taken` has. */
export function freeName(file, taken) {
  const dot = file.name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [file.name.slice(0, dot), file.name.slice(dot)] : [file.name, ""];
  let name = file.name;
  for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}${ending}`;
  return name;
}

/** Does the latest of what is asked for in quick succession, after a pause, and drops answers that come too late. */
export class Latest {
  #number = 0;

  constructor(pause_ms) {
    this.pause_ms = pause_ms;
  }

  /** The answer of `ask()`, or undefined when something newer was asked meanwhile. */
  async of(ask) {
    this.#number += 1;
    const number = this.#number;
    await new Promise((resolve) => setTimeout(resolve, this.pause_ms));
    if (number !== this.#number) return undefined;
    const answer = await ask();
    return number === this.#number ? answer : undefined;
  }

  /** Let nothing that is under way arrive. */
  forget() {
    this.#number += 1;
  }
}
