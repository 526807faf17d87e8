// Passkeys, where the browser has them: the buttons stay hidden where it has not, or where no
// script runs. The forms beside them need none of this.

const usable =
  window.PublicKeyCredential?.parseCreationOptionsFromJSON &&
  window.PublicKeyCredential?.parseRequestOptionsFromJSON;

async function asked(url, token, body) {
  const answer = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-Keepword-Token": token },
    body: JSON.stringify(body ?? {}),
  });
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
  const said = isJson ? await answer.json() : {};
  if (!answer.ok) throw new Error(said.fault ?? "");
  return said;
}

async function make(button) {
  const options = await asked(button.dataset.options, button.dataset.token);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  const name = document.getElementById(button.dataset.name)?.value ?? "";
  return asked(button.dataset.finish, button.dataset.token, { credential: credential.toJSON(), name });
}

async function enter(button) {
  const options = await asked(button.dataset.options, button.dataset.token);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  const next = button.dataset.next ?? "";
  return asked(button.dataset.finish, button.dataset.token, { credential: credential.toJSON(), next });
}

for (const button of document.querySelectorAll("button[data-passkey]")) {
  if (!usable) continue;
  button.closest("[hidden]")?.removeAttribute("hidden");
  button.addEventListener("click", async () => {
    const status = document.getElementById(button.dataset.status);
    status.textContent = "";
    button.disabled = true;
    try {
      const done = button.dataset.passkey === "make" ? await make(button) : await enter(button);
      location.assign(done.to);
    } catch (fault) {
      // Closing the browser's dialog is no fault worth its own words.
      status.textContent = fault.name === "Error" && fault.message ? fault.message : button.dataset.failed;
      button.disabled = false;
    }
  });
}
