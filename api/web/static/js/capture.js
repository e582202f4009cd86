// The capture form on a phone: sends it, keeps it on the page until an answer has come, and says what is known.
// Invariant: nothing is called sent that was not answered, and what is sent again is the same form, so it counts
// once. Without this script the form is sent by the browser, with the same answers.

let shownAt = 0; // when this form was shown, by this page's own clock
let sending = false;

/** How long the form has been open in ms, with the time before it was asked about. */
function openFor(form) {
  return String(Math.round(Number(form.dataset.openFor) + performance.now() - shownAt));
}

function offline(form, words, link) {
  const notice = document.querySelector("[data-offline]");
  notice.querySelector("[data-offline-words]").replaceChildren(words, ...(link ? [" ", link] : []));
  notice.hidden = false;
  notice.scrollIntoView();
  form.querySelector("[data-send]").textContent = "Send again";
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-capture]");
  if (!form) return;
  event.preventDefault();
  if (sending) return;
  sending = true;
  const button = form.querySelector("[data-send]");
  const elapsed = form.elements.namedItem("elapsed");
  // Counted once: a second sending must be the very same form.
  if (!elapsed.value) elapsed.value = openFor(form);
  button.textContent = "Sending";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/html" },
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Anything but the form's own pages would take the place of what was typed, and it may be nowhere else.
    if (page.querySelector("form[data-capture], [data-captured]")) show(page);
    else if (answer.status === 401) offline(form, "You have been signed out.", signInElsewhere());
    else if (answer.status >= 500) offline(form, "Hearthwatch could not answer.");
    else offline(form, page.querySelector("main h1 + p")?.textContent ?? "Hearthwatch did not take it.");
  } catch {
    offline(form, "There is no connection.");
  } finally {
    sending = false;
  }
});

// What was typed long ago was measured long ago, whenever it is sent.
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-capture]");
  if (!form) return;
  const begun = form.elements.namedItem("begun");
  if (!begun.value) begun.value = openFor(form);
});

// Whoever switches leaves this form: what has been typed on it is nowhere else.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-switch]")) return;
  const form = document.querySelector("form[data-capture]");
  const typed = [...new FormData(form)].some(([name, value]) => value && form.elements[name].type !== "hidden");
  if (typed && !confirm("What is typed here has not been sent, and is lost if you switch now.")) event.preventDefault();
});

function signInElsewhere() {
  const link = document.createElement("a");
  link.href = "/sign-in";
  link.target = "_blank";
  link.textContent = "Sign in again in another tab.";
  return link;
}

/** Put the answer, or the form with what to mend, in place of the form. */
function show(page) {
  const main = document.importNode(page.querySelector("main"), true);
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  // Whoever is signed in may be another than when this page was opened.
  const header = page.querySelector("header");
  if (header) document.querySelector("header")?.replaceWith(document.importNode(header, true));
  shownAt = performance.now();
  // A reader is told of what is to be mended first, where there is something.
  const first = main.querySelector(".nhsuk-error-summary") ?? main;
  first.tabIndex = -1;
  first.focus({ preventScroll: true });
  scrollTo(0, 0);
}
