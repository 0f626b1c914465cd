// Pieces of the page that are fetched when they are needed, and put over what stood there.
import { morph } from "./morph.js";

/** Show the fragment at an address inside `place`; what is open and focused there stays. Answers its element. */
export async function fill(place, address) {
  const template = document.createElement("template");
  try {
    template.innerHTML = await (await fetch(address)).text();
  } catch {
    template.innerHTML = '<p class="quiet">The local Discord cannot be reached.</p>';
  }
  const fresh = template.content.firstElementChild;
  if (place.firstElementChild?.id && place.firstElementChild.id === fresh.id) morph(place.firstElementChild, fresh);
  else place.replaceChildren(fresh);
  document.dispatchEvent(new Event("patched"));
  return place.firstElementChild;
}
