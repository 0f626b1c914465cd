// The messages stay at their end while one reads there; whoever has scrolled up is told how many are new.

const NEAR_PX = 40; // counts as the end

export function start(page) {
  const log = document.getElementById("log");
  const bar = document.getElementById("newer");
  let isAtEnd = true;
  let unread = 0;

  const toEnd = () => {
    log.scrollTop = log.scrollHeight;
    unread = 0;
    show();
  };
  const show = () => {
    bar.hidden = isAtEnd || !unread;
    bar.textContent = `${unread} new ${unread === 1 ? "message" : "messages"} · Jump to the present`;
  };

  let top = 0;
  log.addEventListener("scroll", () => {
    // Only going up leaves the end: what grows meanwhile puts a distance between as well.
    const isNear = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
    isAtEnd = isNear || (isAtEnd && log.scrollTop >= top);
    top = log.scrollTop;
    if (isAtEnd) unread = 0;
    show();
  });
  bar.addEventListener("click", () => {
    isAtEnd = true;
    toEnd();
    log.focus();
  });

  // Whatever makes the list or the window another size: new messages, pictures that arrive, a keyboard that opens.
  const sizes = new ResizeObserver(() => isAtEnd && toEnd());
  sizes.observe(log);
  sizes.observe(document.getElementById("messages"));

  new MutationObserver((changes) => {
    const last = document.getElementById("messages").lastElementChild;
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.nodeName === "LI");
    if (isAtEnd || !added.includes(last)) return;
    unread += added.length;
    show();
  }).observe(document.getElementById("messages"), { childList: true });

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-earlier]");
    if (button) showEarlier(page, log, button);
  });
  toEnd();
}

/** Puts the messages before the first one where the button stands; what one reads stays where it is. */
async function showEarlier(page, log, button) {
  const place = button.closest("li");
  const oldest = () => document.querySelector("#messages > [data-message]");
  const first = oldest();
  button.disabled = true;
  const response = await fetch("/page/messages" + page.query({ before: first?.dataset.message ?? "" })).catch(() => null);
  if (!response?.ok) {
    button.disabled = false;
    page.tell("The earlier messages cannot be reached.", "error");
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  if (oldest() !== first) return; // the list was replaced meanwhile: what came belongs before a message that is not shown
  const fromEnd = log.scrollHeight - log.scrollTop;
  place.replaceWith(...template.content.firstElementChild.children);
  log.scrollTop = log.scrollHeight - fromEnd;
  document.dispatchEvent(new Event("patched"));
}
