// The capture form on a phone: notes how long it was open, sends once, and says when there is no connection.
// Invariant: what is sent again is the same form, so it counts once.

const form = document.querySelector("form[data-capture]");
const elapsed = form.elements.namedItem("elapsed");
const button = form.querySelector("[data-send]");
const offline = document.querySelector("[data-offline]");

form.addEventListener("submit", (event) => {
  offline.hidden = navigator.onLine;
  if (!navigator.onLine) {
    event.preventDefault();
    offline.scrollIntoView();
    return;
  }
  // Counted once: a second press must send the very same form.
  if (!elapsed.value) elapsed.value = String(Math.round(performance.now()));
  button.textContent = "Sending";
});

// Back from the answer, or from an error: what was typed is still there and can be sent again.
addEventListener("pageshow", () => { button.textContent = "Send"; });
