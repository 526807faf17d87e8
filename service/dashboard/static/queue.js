// Keys for the queue: nothing here is needed, everything is also a link or a button.
// A person may switch them off; then, and while they type, no key does anything.

const rows = () => [...document.querySelectorAll("[data-row]")];
let here = -1;

function go(to) {
  const all = rows();
  if (!all.length) return;
  all[here]?.removeAttribute("data-here");
  here = Math.max(0, Math.min(all.length - 1, to));
  const row = all[here];
  row.setAttribute("data-here", "");
  row.querySelector("[data-open]")?.focus();
  row.scrollIntoView({ block: "nearest" });
}

function current() {
  const focused = document.activeElement?.closest?.("[data-row]");
  if (focused) here = rows().indexOf(focused);
  return rows()[here];
}

function follow(key) {
  current()?.querySelector(`[data-key="${key}"]`)?.click();
}

const acts = {
  j: () => { current(); go(here + 1); },
  k: () => { current(); go(here - 1); },
  x: () => { current()?.querySelector("input[type=checkbox]")?.click(); },
  e: () => follow("e"),
  s: () => follow("s"),
  r: () => follow("r"),
  z: () => document.querySelector(".undo [data-key=z]")?.click(),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (!document.body.hasAttribute("data-shortcuts")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target;
  if (at instanceof HTMLElement && (at.isContentEditable || at.closest("dialog"))) return;
  if (at instanceof HTMLElement && at.matches("textarea, select, input:not([type=checkbox])")) return;
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// How many are chosen, and one open menu at a time.

const line = document.querySelector("[data-chosen]");
function count() {
  if (!line) return;
  const number = document.querySelectorAll("[data-row] input[type=checkbox]:checked").length;
  line.textContent = number ? `${line.dataset.some} ${number}` : line.dataset.none;
}
document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.name === "who") count();
});
document.addEventListener("toggle", (event) => {
  const opened = event.target;
  if (!(opened instanceof HTMLDetailsElement) || !opened.open || !opened.matches(".acts .menu")) return;
  for (const other of document.querySelectorAll(".acts .menu[open]")) {
    if (other !== opened) other.open = false;
  }
}, true);
count();
