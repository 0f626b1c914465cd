// Starts the page: what every part shares, and then each part in turn.
import * as actions from "./actions.js";
import * as cards from "./popovers.js";
import * as clock from "./clock.js";
import * as components from "./components.js";
import * as composer from "./composer.js";
import * as faults from "./faults.js";
import * as feed from "./live_updates.js";
import * as forms from "./modals.js";
import * as inspector from "./inspector.js";
import * as keys from "./keys.js";
import * as log from "./log.js";
import * as menus from "./menus.js";
import * as messages from "./messages.js";
import * as views from "./views.js";

const PARTS = [views, actions, cards, keys, messages, log, clock, composer, menus, components, forms, faults, inspector, feed]; // the feed is last, so that nothing it tells is missed

const seat = JSON.parse(document.getElementById("seat").textContent);
const listeners = new Map();

const page = {
  seat,

  /** The query that names this seat, with more parts where asked, for addresses below /page. */
  query: (more = {}) => "?" + new URLSearchParams({ ...seat, ...more }),

  /** Send `body` as JSON, by POST unless told otherwise; the answer, or null after its sentence was shown. */
  async send(path, body = {}, method = "POST") {
    let response;
    try {
      response = await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    } catch {
      page.tell("The local Discord cannot be reached.", "error");
      return null;
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    page.tell(answer.error ?? `The local Discord answered ${response.status}.`, "error");
    return null;
  },

  /** Show a sentence for a while; `tone` is info or error. */
  tell(sentence, tone = "info") {
    const toast = document.createElement("p");
    toast.className = `toast is-${tone}`;
    toast.textContent = sentence;
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), 4000 + 40 * sentence.length);
  },

  /** Call `hear(frame)` for every frame of that kind from the server. */
  on(kind, hear) {
    listeners.set(kind, [...(listeners.get(kind) ?? []), hear]);
  },

  /** Hand a frame to whoever listens for its kind. */
  hear(frame) {
    for (const hear of listeners.get(frame.kind) ?? []) hear(frame);
  },
};

for (const part of PARTS) part.start(page);
