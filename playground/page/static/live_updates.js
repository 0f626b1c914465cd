// Follows the server over a websocket and patches the page with what it sends.
import { morph } from "./morph.js";

const PAUSES_MS = [250, 500, 1000, 2000, 4000];
const NOBODY = 4404; // whoever sat here does not exist any more

export function start(page) {
  page.on("put", put);
  page.on("here", () => (document.body.dataset.feed = "here"));
  page.on("remove", ({ id }) => document.getElementById(id)?.remove());
  page.on("gone", () => location.replace("/" + page.query({ channel: "" })));
  page.on("tell", ({ sentence, tone }) => page.tell(sentence, tone));
  follow(page, 0);
}

function follow(page, failures) {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/page/feed${page.query()}`);
  socket.addEventListener("open", () => {
    failures = 0;
  });
  socket.addEventListener("message", ({ data }) => {
    page.hear(JSON.parse(data));
    document.dispatchEvent(new Event("patched"));
  });
  socket.addEventListener("close", ({ code }) => {
    if (code === NOBODY) location.replace("/");
    document.body.dataset.feed = "away";
    setTimeout(() => follow(page, failures + 1), PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]);
  });
}

function put({ id, html, into }) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  const known = document.getElementById(id);
  if (id === "messages") keepEarlier(known, fresh);
  if (known) morph(known, fresh);
  else if (into) insert(document.getElementById(into), fresh);
}

/**
 * The list comes anew whenever the page connects. The earlier messages that were asked for stay in it, unless others
 * would be missing between them and the new list.
 */
function keepEarlier(known, fresh) {
  const oldest = fresh.querySelector(":scope > [data-message]");
  const twin = oldest && known.querySelector(`:scope > #${oldest.id}`);
  const more = fresh.querySelector(":scope > #earlier");
  if (!twin || !more) return;
  const kept = [];
  for (let line = twin.previousElementSibling; line; line = line.previousElementSibling) kept.unshift(line.cloneNode(true));
  more.replaceWith(...kept);
}

/**
 * Put a line where its number belongs: ids rise with time, and lines mostly come at the end. What is older than all that
 * is shown waits until the earlier messages are asked for.
 */
function insert(list, fresh) {
  const number = numberOf(fresh);
  let next = null;
  for (let line = list.lastElementChild; line && numberOf(line) > number; line = line.previousElementSibling) next = line;
  if (next?.previousElementSibling?.id !== "earlier") list.insertBefore(fresh, next);
}

function numberOf(element) {
  return BigInt(element.id.match(/\d+$/)?.[0] ?? 0);
}
