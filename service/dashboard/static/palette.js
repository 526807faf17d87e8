// The way to find things from anywhere: Ctrl-K, "/" or the link "Find" opens it.
// Without this file the link leads to the page that answers the same. Below it, what every page
// does for who works with keys or by ear.

const typing = (at) =>
  at instanceof HTMLElement &&
  (at.isContentEditable || at.matches("textarea, select, input:not([type=checkbox], [type=radio])"));

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

class KeepPalette extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input");
    this.found = this.querySelector("[data-found]");
    this.told = this.querySelector("[role=status]");
    this.input.addEventListener("input", () => this.later());
    this.addEventListener("keydown", (event) => this.move(event));
    this.querySelector("form").addEventListener("submit", (event) => this.take(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    document.addEventListener("keydown", (event) => this.listen(event));
    for (const link of document.querySelectorAll("[data-palette]")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.open();
      });
    }
  }

  // Every key can be switched off in the account; the link stays.
  listen(event) {
    if (!document.body.hasAttribute("data-shortcuts") || event.isComposing || event.altKey) return;
    const quick = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k";
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey &&
      !typing(event.target) && !document.querySelector("[data-search]");
    if ((!quick && !slash) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.open();
  }

  open() {
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.input.select();
    this.ask();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 150);
  }

  async ask() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = new AbortController();
    const words = this.input.value.trim();
    const url = `${this.dataset.find}?q=${encodeURIComponent(words)}`;
    try {
      const answer = await fetch(url, {
        headers: { Accept: "application/json" }, redirect: "error", signal: this.asking.signal,
      });
      if (!answer.ok) throw new TypeError("not answered");
      this.show((await answer.json()).groups);
      this.shown = words;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.show([]);
      this.told.textContent = this.dataset.failed;
    }
  }

  show(groups) {
    let number = 0;
    const lists = groups.map((group) => {
      const list = element("ul", "", { "aria-label": group.label });
      for (const each of group.entries) {
        const link = element("a", "", { href: each.url });
        link.append(element("bdi", each.label));
        if (each.detail) link.append(" ", element("span", each.detail, { class: "quiet" }));
        const item = element("li");
        item.append(link);
        list.append(item);
        number += 1;
      }
      return [element("p", group.label, { class: "quiet small", "aria-hidden": "true" }), list];
    });
    this.found.replaceChildren(...lists.flat());
    this.told.textContent = number ? `${this.dataset.some} ${number}` : this.dataset.none;
  }

  links() {
    return [...this.found.querySelectorAll("a")];
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing) return;
    event.preventDefault();
    const all = [this.input, ...this.links()];
    const at = all.indexOf(document.activeElement);
    all[(Math.max(at, 0) + step + all.length) % all.length].focus();
  }

  // Enter goes to the first that was found; before the answer is there, to the page that has it.
  take(event) {
    const first = this.links()[0];
    if (!first || this.shown !== this.input.value.trim()) return;
    event.preventDefault();
    first.click();
  }
}

customElements.define("keep-palette", KeepPalette);

// What a page says of what was just done is where the reading goes on, also for who hears it.
if (!location.hash) {
  const told = document.querySelector("main .said[role]");
  if (told && (document.activeElement ?? document.body) === document.body) {
    told.tabIndex = -1;
    told.focus({ preventScroll: true });
  }
}

// A menu closes with Escape, or when somebody turns elsewhere.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (!menu) return;
  const within = menu.contains(document.activeElement);
  menu.open = false;
  if (within) menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Where navigation goes on to the side, the place one is at is in sight.
for (const here of document.querySelectorAll(".top nav [aria-current], .tabs [aria-current]")) {
  const line = here.parentElement;
  const beyond = here.getBoundingClientRect().left - line.getBoundingClientRect().left;
  line.scrollLeft += beyond - (line.clientWidth - here.offsetWidth) / 2;
}
