// Opens the forms of `a[data-dialog]` in a dialog over the page; without it they are pages of their own.
// Invariant: the dialog stands outside of what is renewed, so a form half filled in is never lost, and each event of
// the case it is about is said in it. What else has changed is told when it is sent; nobody's answer is taken as if they
// had seen that.
import { tick } from "./page.js";

const dialog = document.getElementById("desk-dialog");
const body = dialog?.querySelector("[data-dialog-body]");
let address;

async function contentOf(href) {
  const answer = await fetch(href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("[data-dialog-content]");
  if (!answer.ok || !content) throw new Error("no form");
  return document.importNode(content, true);
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-dialog]");
  if (!link || !dialog?.showModal || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  try {
    body.replaceChildren(...(await contentOf(link.href)).childNodes);
    address = link.href;
    dialog.showModal();
    (body.querySelector("[data-begin]") ?? body.querySelector("input:not([type=hidden]), textarea, select"))?.focus();
  } catch {
    location.href = link.href;
  }
});

document.addEventListener("hw:escalation", ({ detail }) => {
  const form = dialog?.open && body.querySelector(`form[data-escalation="${detail.escalation_id}"]`);
  if (form && detail.revision > Number(form.elements.seen.value)) sayChanged(form);
});

function sayChanged(form) {
  const notice = form.querySelector("[data-changed]");
  if (notice.hasChildNodes()) return;
  const show = document.createElement("button");
  show.type = "button";
  show.className = "hw-button hw-button--second";
  show.textContent = "Show what is new";
  show.addEventListener("click", () => showNews(form, notice));
  const words = document.createElement("strong");
  words.textContent = "This case has changed since you opened this form.";
  notice.replaceChildren(words, " ", show);
}

/** What is known now, in place of what was; what has been filled in stays. */
async function showNews(form, notice) {
  try {
    const fresh = await contentOf(address);
    const news = body.querySelector("[data-dialog-news]");
    news.replaceChildren(...fresh.querySelector("[data-dialog-news]").childNodes);
    tick(news);
    for (const seen of fresh.querySelectorAll("[name^=seen]")) form.elements[seen.name].value = seen.value;
    notice.replaceChildren();
    dialog.scrollTo(0, 0);
    body.querySelector("[data-begin]")?.focus();
  } catch {
    notice.replaceChildren("What is new could not be read: look at the queue before you close this case.");
  }
}
