// Opens a card beside what was clicked, keeps it up to date while it is open, and goes back to where one was.
import { morph } from "./morph.js";

const GAP_PX = 8;
const AGAIN_MS = 250; // at most so often an open card is drawn anew

export function start(page) {
  const card = document.getElementById("card");
  let opener = null;
  let address = null;
  let isWaiting = false;

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-card]");
    if (!button) return;
    opener = button;
    address = button.dataset.card;
    card.replaceChildren(await draw(page, address));
    card.showPopover({ source: button });
    stand(card, button);
    button.setAttribute("aria-expanded", "true");
    card.querySelector("button:not(:disabled), a, input:not([type=hidden]), summary")?.focus({ focusVisible: true });
  });

  card.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") return;
    document.querySelectorAll('[data-card][aria-expanded="true"]').forEach((one) => one.setAttribute("aria-expanded", "false"));
    if (!document.activeElement || document.activeElement === document.body) refocus(opener);
    address = null;
  });

  document.addEventListener("patched", () => {
    if (!address || isWaiting) return;
    isWaiting = true;
    setTimeout(async () => {
      isWaiting = false;
      const asked = address;
      if (!asked) return;
      const fresh = await draw(page, asked);
      if (asked === address && card.firstElementChild) morph(card.firstElementChild, fresh);
    }, AGAIN_MS);
  });
}

/** The card as an element; a failure is a sentence in it. */
async function draw(page, address) {
  const template = document.createElement("template");
  try {
    template.innerHTML = await (await fetch(address + page.query())).text();
  } catch {
    template.innerHTML = '<p class="inside">The local Discord cannot be reached.</p>';
  }
  return template.content.firstElementChild;
}

/** Beside the button where there is room; on a phone the style sheet puts it below. */
function stand(card, button) {
  if (matchMedia("(max-width: 760px)").matches) {
    card.style.removeProperty("left");
    card.style.removeProperty("top");
    return;
  }
  const at = button.getBoundingClientRect();
  const [width, height] = [card.offsetWidth, card.offsetHeight];
  const left = at.right + GAP_PX + width < innerWidth ? at.right + GAP_PX : at.left - GAP_PX - width;
  card.style.left = `${Math.max(GAP_PX, left)}px`;
  card.style.top = `${Math.max(GAP_PX, Math.min(at.top, innerHeight - height - GAP_PX))}px`;
}

/** Focus what opened the card, or what stands in its place now. */
function refocus(opener) {
  const twin = opener?.isConnected ? opener : document.querySelector(`[data-card="${opener?.dataset.card}"]`);
  twin?.focus();
}
