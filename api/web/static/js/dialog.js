// Opens the forms of `a[data-dialog]` in a dialog over the page; without it they are pages of their own.
// Invariant: the dialog stands outside of what is renewed, so a form half filled in is never lost.

const dialog = document.getElementById("desk-dialog");
const body = dialog?.querySelector("[data-dialog-body]");

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-dialog]");
  if (!link || !dialog?.showModal || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page.querySelector("[data-dialog-content]");
    if (!answer.ok || !content) throw new Error("no form");
    body.replaceChildren(...document.importNode(content, true).childNodes);
    dialog.showModal();
    body.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  } catch {
    location.href = link.href;
  }
});
