// Buttons and forms that say themselves what they send: data-post, data-put or data-delete, and data-body.

const METHODS = { post: "POST", put: "PUT", delete: "DELETE" };

export function start(page) {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("button:is([data-post], [data-put], [data-delete])");
    if (button) await send(page, button, JSON.parse(button.dataset.body ?? "{}"));
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form:is([data-post], [data-put])");
    if (!form) return;
    event.preventDefault();
    const done = await send(page, form, values(form));
    if (done && "resets" in form.dataset) form.reset();
  });
  document.addEventListener("change", ({ target }) => {
    if ("submit" in target.dataset) target.form.requestSubmit();
  });
}

function send(page, element, body) {
  const way = Object.keys(METHODS).find((name) => name in element.dataset);
  return page.send(element.dataset[way], body, METHODS[way]);
}

/** What a form holds: numbers as numbers, everything else as text. */
function values(form) {
  const fields = [...form.elements].filter((field) => field.name);
  return Object.fromEntries(fields.map((field) => [field.name, field.type === "number" ? field.valueAsNumber : field.value]));
}
