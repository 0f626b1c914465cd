// Forms that an app opens: shown, checked in Discord's words, sent, and kept as they were left.
import { freeName, interact, packed, wasAnswered } from "./user_actions.js";
import { chosenIn, isSame, showChosen } from "./components.js";
import { FILE_BYTES_MAX, TOO_LARGE } from "./optionfields.js";

const TEXT = 4; // types of components
const CHECKBOX = 23;

const drafts = new Map(); // what was left unsent, by the custom id of the form

export function start(page) {
  const dialog = document.getElementById("form");
  document.addEventListener("form", ({ detail }) => open(page, dialog, detail));
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(page, dialog, event.target);
  });
  dialog.addEventListener("input", ({ target }) => {
    clear(target.closest("[data-field]"));
    count(target);
  });
  let pressed = null; // a text that is selected beyond the edge of the form does not close it
  dialog.addEventListener("pointerdown", ({ target }) => (pressed = target));
  dialog.addEventListener("click", ({ target }) => {
    if (target.closest("[data-close]") || (target === dialog && pressed === dialog)) dialog.close();
  });
  dialog.addEventListener("close", () => {
    const form = dialog.querySelector("[data-form]");
    if (form) drafts.set(form.dataset.form, draftOf(form));
    dialog.replaceChildren();
  });
}

async function open(page, dialog, reply) {
  const response = await fetch(`/page/forms/${reply}${page.query()}`).catch(() => null);
  if (!response?.ok) {
    page.tell("The form that the app opened cannot be shown.", "error");
    return;
  }
  dialog.innerHTML = await response.text();
  const form = dialog.querySelector("[data-form]");
  restore(form, drafts.get(form.dataset.form));
  for (const field of form.querySelectorAll("input, textarea")) count(field);
  dialog.showModal();
  form.querySelector("input:not([type=hidden]), textarea, [data-select]")?.focus();
}

/** What somebody has filled in, by field. */
function draftOf(form) {
  const values = new Map();
  for (const field of form.querySelectorAll("[data-field]")) values.set(field.dataset.field, valueOf(field));
  return values;
}

/** What a field holds: text, a list, yes or no, or files. */
function valueOf(field) {
  const select = field.querySelector("[data-select]");
  if (select) return chosenIn(select);
  const files = field.querySelector("input[type=file]");
  if (files) return [...files.files];
  const boxes = [...field.querySelectorAll("input[type=checkbox]")];
  if (Number(field.dataset.kind) === CHECKBOX) return boxes[0].checked;
  if (boxes.length) return boxes.filter((box) => box.checked).map((box) => box.value);
  const radios = [...field.querySelectorAll("input[type=radio]")];
  if (radios.length) return radios.find((radio) => radio.checked)?.value ?? null;
  return field.querySelector("input, textarea").value;
}

function restore(form, values) {
  for (const field of form.querySelectorAll("[data-field]")) {
    const value = values?.get(field.dataset.field);
    if (value === undefined) continue;
    const select = field.querySelector("[data-select]");
    if (select && !isSame(value, chosenIn(select))) showChosen(select, value);
    for (const box of field.querySelectorAll("input[type=checkbox], input[type=radio]")) {
      box.checked = Array.isArray(value) ? value.includes(box.value) : value === true || value === box.value;
    }
    const text = field.querySelector("input:not([type]), input[type=text], textarea");
    if (text) text.value = value;
  }
}

async function submit(page, dialog, form) {
  const fields = [...form.querySelectorAll("[data-field]")];
  const wrong = fields.filter((field) => fail(field, problemOf(field)));
  if (wrong.length) {
    wrong[0].querySelector("input, textarea, button")?.focus();
    return;
  }
  const values = {};
  const files = new Map();
  for (const field of fields) values[field.dataset.field] = packable(valueOf(field), files);
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  const { answer, error, field } = await interact(page, { form: values, reply: form.dataset.reply, files: await packed(files) });
  button.disabled = false;
  button.removeAttribute("aria-busy");
  if (error) {
    const place = fields.find((one) => one.dataset.field === field);
    if (place) fail(place, error);
    else say(form, error);
    return;
  }
  if (!wasAnswered(answer)) {
    say(form, "Something went wrong. Try again.");
    return;
  }
  drafts.delete(form.dataset.form);
  form.removeAttribute("data-form"); // sent: nothing of it is kept
  if (dialog.contains(form)) dialog.close();
}

/** A value as it is sent: the values of items, files by names that differ. */
function packable(value, files) {
  if (!Array.isArray(value)) return value;
  return value.map((one) => {
    if (!(one instanceof File)) return one.value ?? one;
    const name = freeName(one, files);
    files.set(name, one);
    return name;
  });
}

/** What is wrong with a field, null when nothing is. */
function problemOf(field) {
  const { min, max } = field.dataset;
  const kind = Number(field.dataset.kind);
  const value = valueOf(field);
  const isRequired = "required" in field.dataset;
  const [least, most] = [Number(min ?? 0), Number(max ?? Infinity)];
  if (kind === CHECKBOX) return null;
  if (kind === TEXT) {
    const length = [...value].length;
    if (!length) return isRequired ? "This field is required" : null;
    if (length < least) return `Must be ${least} or more in length.`;
    return length > most ? `Must be ${most} or fewer in length.` : null;
  }
  if (!Array.isArray(value)) return isRequired && value === null ? "This field is required" : null;
  if (!value.length) return isRequired ? "This field is required" : null;
  if (value.some((one) => one instanceof File && one.size > FILE_BYTES_MAX)) return TOO_LARGE;
  if (value.length < least) return `Choose at least ${least}.`;
  return value.length > most ? `Choose at most ${most}.` : null;
}

/** Say at a field what is wrong, or nothing; whether something is. */
function fail(field, problem) {
  if (!problem) {
    clear(field);
    return false;
  }
  const line = field.querySelector(".wrong");
  line.textContent = problem;
  line.hidden = false;
  for (const control of field.querySelectorAll("input, textarea, [data-select]")) control.setAttribute("aria-invalid", "true");
  return true;
}

function clear(field) {
  const line = field?.querySelector(".wrong");
  if (!line || line.hidden) return;
  line.hidden = true;
  line.textContent = "";
  for (const control of field.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

function say(form, sentence) {
  const line = form.querySelector("[data-failure]");
  line.textContent = sentence;
  line.hidden = false;
}

/** How many characters are left, where few are. */
function count(field) {
  const place = field.closest("[data-field]");
  const counter = place?.querySelector("[data-count]");
  if (counter) counter.textContent = `${[...field.value].length} / ${place.dataset.max}`;
}
