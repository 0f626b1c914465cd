// What can be done with a message besides using its components: spoilers, large pictures, votes, dismissing, old times.
import { now } from "./clock.js";

const TOGETHER_S = 7 * 60; // messages of one author within this stand under one name
const UNITS = [["second", 1, 60], ["minute", 60, 60], ["hour", 3600, 24], ["day", 86400, 30], ["month", 30.44 * 86400, 12], ["year", 365.25 * 86400, Infinity]];
const TICK_MS = 1000;

export function start(page) {
  document.addEventListener("click", (event) => act(page, event));
  document.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("[data-spoiler]")) {
      event.preventDefault();
      show(event.target);
    }
  });
  document.addEventListener("patched", group);
  const large = document.getElementById("large");
  large.addEventListener("click", () => large.close());
  setInterval(() => tell(page.seat.locale), TICK_MS);
  group();
}

function act(page, event) {
  const target = event.target;
  const spoiler = target.closest("[data-spoiler]");
  if (spoiler && !spoiler.classList.contains("is-shown")) {
    event.preventDefault();
    show(spoiler);
    return;
  }
  const picture = target.closest("[data-enlarge]");
  if (picture && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    enlarge(picture);
  }
  const message = target.closest("[data-message]")?.dataset.message;
  if (target.closest("[data-dismiss]")) page.send("/playground/dismiss", { ...page.seat, message, reply: message ? undefined : target.closest("[data-reply]").dataset.reply });
  const answer = target.closest("[data-vote]");
  if (answer) vote(page, message, answer);
}

function show(spoiler) {
  spoiler.classList.add("is-shown");
  for (const name of ["role", "tabindex", "aria-label"]) spoiler.removeAttribute(name);
  spoiler.querySelector("[inert]")?.removeAttribute("inert");
}

function enlarge(link) {
  const large = document.getElementById("large");
  const picture = link.querySelector("img").cloneNode();
  picture.removeAttribute("width");
  picture.removeAttribute("height");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button";
  button.ariaLabel = "Close";
  button.innerHTML = '<svg class="icon" aria-hidden="true"><use href="/page/static/icons.svg#close"></use></svg>';
  large.replaceChildren(button, picture);
  large.showModal();
}

function vote(page, message, answer) {
  const poll = answer.closest("[data-poll]");
  const id = Number(answer.dataset.vote);
  const mine = [...poll.querySelectorAll('[data-vote][aria-pressed="true"]')].map((one) => Number(one.dataset.vote));
  const takesMany = poll.dataset.many === "true";
  let answers = [];
  if (id) answers = mine.includes(id) ? mine.filter((one) => one !== id) : takesMany ? [...mine, id] : [id];
  page.send("/playground/votes", { ...page.seat, message, answers });
}

/** Put what one author says in a row under one name, and a line between two days, as at Discord. */
function group() {
  let before = null;
  for (const message of document.querySelectorAll("#messages > li")) {
    const { author, at, day, alone } = message.dataset;
    if (!author) continue;
    const follows = before?.author === author && at - before.at < TOGETHER_S && before.day === day;
    message.classList.toggle("is-continued", follows && alone === undefined);
    message.classList.toggle("starts-day", before?.day !== day);
    before = message.dataset;
  }
}

/** Count on the times that are told from now. */
function tell(locale) {
  const from = now();
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
  for (const element of document.querySelectorAll('time[data-style="R"]')) {
    const seconds = (Date.parse(element.dateTime) - from) / 1000;
    const [unit, length] = UNITS.find(([, each, most]) => Math.round(Math.abs(seconds) / each) < most);
    const count = Math.round(Math.abs(seconds) / length);
    const told = words.format(seconds < 0 ? -count : count, unit);
    if (element.textContent !== told) element.textContent = told;
  }
}
