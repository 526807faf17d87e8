// Keeps the frame beside a letter's words up to date while somebody writes. Without it, the button
// "Show the HTML" does the same.

const form = document.getElementById("desk");
const toFrame = document.getElementById("to-frame");
const frame = document.querySelector("iframe[name=letter]");
let waiting = 0;

if (form && toFrame) {
  if (frame && !frame.hasAttribute("src")) form.requestSubmit(toFrame);
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => form.requestSubmit(toFrame), 900);
  });
}
