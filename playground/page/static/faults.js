// Switches faults on and off, probes the app, and keeps the panel as the server says it is.
import { fill } from "./fragments.js";

export function start(page) {
  const panel = document.getElementById("faults");
  const tab = document.getElementById("tab-faults");

  const refresh = async () => {
    await fill(panel, "/page/faults" + page.query());
    const count = Number(panel.querySelector("#faulty")?.dataset.on ?? 0);
    document.getElementById("faults-on").textContent = count || "";
    tab.setAttribute("aria-label", count ? `Faults, ${count} on` : "Faults");
    document.body.toggleAttribute("data-faulty", count > 0);
  };

  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target.closest("[data-fault]");
    if (form) page.send("/playground/faults", order(form, event.submitter));
  });

  panel.addEventListener("input", ({ target }) => {
    if (target.name === "calls") relabel(target.form, target.valueAsNumber);
  });

  panel.addEventListener("click", async ({ target }) => {
    const off = target.closest("[data-fault-off]");
    const action = target.closest("[data-gateway]");
    const options = target.closest("[data-options]");
    if (options) unfold(options);
    if (off) page.send("/playground/faults", { kind: off.dataset.faultOff, on: false });
    if (target.closest("[data-probe]")) await probe(page, panel);
    if (action) await steer(page, action.dataset);
  });

  page.on("faults", refresh);
  page.on("here", refresh);
}

/** What the form orders: for so many calls, or until it is switched off. */
function order(form, submitter) {
  const { calls, ms, retry_after_s: wait, scope, route } = form.elements;
  return {
    kind: form.dataset.fault,
    calls: submitter?.value === "on" ? null : calls.valueAsNumber,
    ...(ms && { ms: ms.valueAsNumber }),
    ...(wait && { retry_after_s: wait.valueAsNumber }),
    ...(scope && { scope: scope.value }),
    ...(route && { route: route.value }),
  };
}

function unfold(button) {
  const fields = document.getElementById(button.getAttribute("aria-controls"));
  fields.hidden = !fields.hidden;
  button.setAttribute("aria-expanded", !fields.hidden);
}

function relabel(form, count) {
  const button = form.querySelector('[value="next"]');
  if (!button) return;
  const thing = form.dataset.fault === "twice" ? "interaction" : "call";
  button.textContent = count > 1 ? `Next ${count} ${thing}s` : `Next ${thing}`;
}

async function probe(page, panel) {
  const answer = await page.send("/playground/faults", { kind: "probe" });
  const told = panel.querySelector("#probed");
  if (!answer || !told) return;
  told.textContent = answer.done;
  const [first] = answer.done.split(" ");
  told.className = `state ${{ "Right:": "is-fine", Nearly: "is-near" }[first] ?? "is-over"}`;
  told.hidden = false;
}

async function steer(page, { gateway, guild }) {
  const answer = await page.send("/playground/gateway", { action: gateway, ...(guild && { guild }) });
  if (answer) page.tell(answer.done);
}
