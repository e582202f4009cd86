// What every page does: ages and deadlines tick, and a page that has stood for long says so.
import { age, clock, now, setNow, span, standing } from "./moments.js";

const STOOD_FOR = 5 * 60_000;
const TICK = 10_000;

/** Bring every time inside `root` up to date. */
export function tick(root = document) {
  const at = now();
  for (const one of root.querySelectorAll("[data-age]")) put(one, age(Date.parse(one.dataset.age), at));
  for (const one of root.querySelectorAll("[data-wait]")) put(one, span(Math.max(at - Date.parse(one.dataset.wait), 0)));
  for (const one of root.querySelectorAll("[data-deadline]")) {
    const { words, overdue } = standing(Date.parse(one.dataset.deadline), at);
    put(one, words);
    one.classList.toggle("hw-overdue", overdue);
    one.closest(".hw-row")?.classList.toggle("hw-row--overdue", overdue);
  }
  for (const one of root.querySelectorAll("[data-from]")) one.hidden = at < Date.parse(one.dataset.from);
  for (const one of root.querySelectorAll("[data-as-of]")) stood(one, at);
}

function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function stood(notice, at) {
  const since = Date.parse(notice.dataset.asOf);
  if (at - since < STOOD_FOR || notice.classList.contains("hw-notice--stale")) return;
  notice.classList.remove("hw-notice--plain");
  notice.classList.add("hw-notice--stale");
  const again = document.createElement("a");
  again.href = location.href;
  again.textContent = "Reload";
  notice.replaceChildren(`Not updated since ${clock(since)}. `, again, " for what came since.");
}

setNow(document.body.dataset.now);
tick();
setInterval(tick, TICK);
document.addEventListener("visibilitychange", () => document.hidden || tick());

// What was just done is said once: a reload of the same address should not say it again.
if (document.querySelector("[data-said]")) {
  const here = new URL(location.href);
  here.searchParams.delete("said");
  history.replaceState(null, "", here);
}

// A second press of a button whose answer is shown once would put another answer in its place. Without a script the
// second request finds its session ended.
for (const button of document.querySelectorAll("[data-prevent-double-click]"))
  button.form?.addEventListener("submit", (event) => {
    if (button.dataset.pressed) event.preventDefault();
    button.dataset.pressed = "true";
  });
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-pressed]")) delete button.dataset.pressed;
});

// What is folded on a screen stands on paper; the style sheet unfolds it too, where the browser can.
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll(".nhsuk-details:not([open])")) {
    one.dataset.unfolded = "";
    one.open = true;
  }
});
addEventListener("afterprint", () => {
  for (const one of document.querySelectorAll("[data-unfolded]")) {
    delete one.dataset.unfolded;
    one.open = false;
  }
});
