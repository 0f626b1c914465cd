// Changes an element into another of its kind, touching only what differs: focus, scroll and what is typed stay.

/**
 * `known` becomes as `fresh`. Children are matched by id, else by their place. What the person did stays: the attributes
 * listed in `data-keep` and in KEPT, and the values of fields.
 */
export function morph(known, fresh) {
  if (known.nodeName !== fresh.nodeName || known.id !== fresh.id) {
    known.replaceWith(fresh);
    return;
  }
  matchAttributes(known, fresh);
  matchChildren(known, fresh);
}

const KEPT = ["open", "aria-expanded", "tabindex", "data-keep"];

function matchAttributes(known, fresh) {
  const kept = new Set([...KEPT, ...(known.dataset.keep ?? "").split(" ")]);
  for (const { name } of [...known.attributes]) {
    if (!kept.has(name) && !fresh.hasAttribute(name)) known.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!kept.has(name) && known.getAttribute(name) !== value) known.setAttribute(name, value);
  }
}

function matchChildren(known, fresh) {
  let place = known.firstChild;
  for (const child of [...fresh.childNodes]) {
    const twin = child.id ? known.querySelector(`:scope > #${CSS.escape(child.id)}`) : null;
    if (twin) {
      if (twin === place) place = place.nextSibling;
      else known.insertBefore(twin, place);
      morph(twin, child);
    } else if (place && !place.id && !child.id && place.nodeName === child.nodeName) {
      const next = place.nextSibling;
      if (place.nodeType === Node.ELEMENT_NODE) morph(place, child);
      else if (place.data !== child.data) place.data = child.data;
      place = next;
    } else {
      known.insertBefore(child, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}
