// The inspector: follows the newest interaction of whoever sits here, or shows the one that was chosen, and copies.
import { fill } from "./fragments.js";
import { reveal } from "./views.js";

const AGAIN_MS = 120; // at most so often what is shown is drawn anew

export function start(page) {
  const place = document.getElementById("inspector");
  let shown = "newest"; // or the id of an interaction; empty: all of them
  let isWaiting = false;

  const show = async (wanted) => {
    const isOther = wanted !== shown;
    shown = wanted;
    await fill(place, `/page/inspector${wanted && `/${wanted}`}${page.query()}`);
    for (const button of place.querySelectorAll("[data-inspect-newest]")) button.setAttribute("aria-pressed", shown === "newest");
    if (isOther) place.scrollTop = 0;
  };

  const again = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      show(shown);
    }, AGAIN_MS);
  };

  document.addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-inspect]");
    const copied = target.closest("[data-copy]");
    if (chosen) {
      show(chosen.dataset.inspect);
      if (!place.contains(chosen)) reveal("tools", "tab-inspector");
    }
    if (target.closest("[data-inspect-newest]")) show("newest");
    if (target.closest("[data-inspect-all]")) show("");
    if (copied) copy(page, copied.dataset);
  });

  page.on("delivery", ({ id, mine }) => {
    if (shown === "newest" ? mine : shown === "" || shown === id) again();
  });
  page.on("here", () => again());
}

async function copy(page, { copy: address, copied }) {
  let response;
  try {
    response = await fetch(address);
  } catch {
    page.tell("The local Discord cannot be reached.", "error");
    return;
  }
  const text = await response.text();
  if (!response.ok) {
    page.tell(JSON.parse(text).error, "error");
    return;
  }
  if (await put(text)) page.tell(copied);
  else page.tell("The browser did not let the page copy; allow it, or open the page on this machine.", "error");
}

/** Into the clipboard; pages that are not on this machine have only the old way. */
async function put(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  return isDone;
}
