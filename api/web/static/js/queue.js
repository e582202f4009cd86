// Keeps the hub's queue live: hears that something changed, fetches the queue again, puts it in place.
// Invariant: the page never looks live when it is not. It says when it was last sure, in words.
import { clock, now, setNow } from "./moments.js";
import { tick } from "./page.js";

const TRY_AGAIN = 5_000;
const BREATHE = 500; // a burst of changes is fetched as a few, the first of them at once
const HOLD_STILL = 1_500; // rows must not move under a hand that is about to press
const HOLD_AT_MOST = 4_000;
const LOOK_AGAIN = 30_000; // scores and notes that change no queue are told to nobody

const region = document.querySelector("[data-live]");
const notice = document.querySelector("[data-live-notice]");
const quiet = document.querySelector("[data-quiet]");
// Three pings missed, and a little grace.
const STALE_AFTER = 3.5 * 1000 * Number(region.dataset.pingSeconds);
let source;
let heardAt = now();
let pressedAt = 0;
let fetching = false;
let wanted = false;
let failed = false;
let signedOut = false;
let lookAt = Infinity;

const LIVE = "Live. New escalations appear by themselves.";
const NOT_LIVE = "This page is connected, but what it shows may be out of date: see below.";
const reload = { href: location.href, text: "Reload" };

function say(kind, words, link) {
  notice.className = `hw-notice${kind ? ` hw-notice--${kind}` : ""}`;
  const parts = [words];
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.href;
    anchor.textContent = link.text;
    parts.push(" ", anchor);
  }
  if (notice.textContent !== parts.map((part) => part.textContent ?? part).join("")) notice.replaceChildren(...parts);
  region.firstElementChild?.classList.toggle("hw-untrusted", kind === "stale" || kind === "disconnected");
}

/** The stream may live while nothing comes in behind it: then that is said above everything. */
function beneath(words) {
  if (quiet.textContent !== (words ?? "")) quiet.textContent = words ?? "";
  quiet.hidden = !words;
}

/** All that is known is shown: whether that is the present depends on what comes in behind it. */
function sure() {
  heardAt = now();
  if (quiet.hidden) say("", LIVE);
  else say("stale", NOT_LIVE);
}

/** Something was heard, so what is shown is sure, unless a change is known that is not shown yet. */
function heard() {
  if (fetching || wanted || failed) return;
  sure();
}

function stale() {
  if (signedOut || failed || now() - heardAt < STALE_AFTER) return;
  if (source.readyState === EventSource.OPEN) {
    say("stale", `Not updated since ${clock(heardAt)}. New escalations may be missing.`, reload);
  } else {
    disconnected();
  }
}

function disconnected() {
  if (signedOut) return;
  say("disconnected", `Disconnected since ${clock(heardAt)}. New escalations are not shown. Trying again.`, reload);
}

function ended(reason) {
  if (reason !== "signed_out") return;
  signedOut = true;
  source.close();
  const back = encodeURIComponent(location.pathname + location.search);
  say("disconnected", `You have been signed out. Not updated since ${clock(heardAt)}.`, { href: `/sign-in?next=${back}`, text: "Sign in" });
}

function revision() {
  return Number(region.querySelector("[data-live-content]")?.dataset.revision ?? 0);
}

function listen() {
  source = new EventSource(`${region.dataset.events}?after=${revision()}`);
  source.addEventListener("ping", (event) => {
    beneath(JSON.parse(event.data).quiet);
    heard();
  });
  source.addEventListener("ready", (event) => {
    if (JSON.parse(event.data).revision !== revision()) renew();
    heard();
  });
  source.addEventListener("resync", renew);
  source.addEventListener("escalation", (event) => {
    const detail = JSON.parse(event.data);
    document.dispatchEvent(new CustomEvent("hw:escalation", { detail }));
    if (detail.revision > revision()) renew();
  });
  source.addEventListener("ended", (event) => ended(JSON.parse(event.data).reason));
  source.addEventListener("error", () => {
    disconnected();
    // The browser tries again by itself, unless it was refused.
    if (source.readyState === EventSource.CLOSED && !signedOut) setTimeout(listen, TRY_AGAIN);
  });
}

async function renew() {
  wanted = true;
  if (fetching) return;
  fetching = true;
  while (wanted) {
    wanted = false;
    try {
      await fetchAndSwap();
      await new Promise((done) => setTimeout(done, BREATHE));
    } catch {
      failed = true;
      say("stale", `The queue could not be read at ${clock(now())}. Not updated since ${clock(heardAt)}.`, reload);
      setTimeout(renew, TRY_AGAIN);
      break;
    }
  }
  fetching = false;
}

async function fetchAndSwap() {
  const answer = await fetch(region.dataset.fragment, { headers: { Accept: "text/html" }, redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 401) return ended("signed_out");
  if (!answer.ok) throw new Error(answer.status);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
  if (!fresh?.matches("[data-live-content]")) throw new Error("not the queue");
  await stillness();
  swap(fresh);
  failed = false;
  sure();
}

/** Wait while somebody is about to press something in the queue, but never for long. */
async function stillness() {
  const began = Date.now();
  while (Date.now() - pressedAt < HOLD_STILL && Date.now() - began < HOLD_AT_MOST) {
    await new Promise((done) => setTimeout(done, 200));
  }
}

function swap(fresh) {
  const shown = region.firstElementChild;
  setNow(fresh.dataset.now);
  lookLater(fresh);
  if (shown && essence(shown) === essence(fresh)) return;
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const opened = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
  region.replaceChildren(document.importNode(fresh, true));
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  tick(region);
  if (focused) refocus(focused);
}

/** What is shown, but for what ticks and what was opened by hand: the same is left in peace. */
function essence(content) {
  const copy = content.cloneNode(true);
  delete copy.dataset.now;
  delete copy.dataset.clock;
  copy.classList.remove("hw-untrusted");
  if (!copy.classList.length) copy.removeAttribute("class");
  for (const one of copy.querySelectorAll("[data-age], [data-wait], [data-deadline], [data-from]")) one.replaceWith("");
  for (const one of copy.querySelectorAll(".hw-row--overdue")) one.classList.remove("hw-row--overdue");
  for (const one of copy.querySelectorAll("details")) one.removeAttribute("open");
  return copy.outerHTML;
}

/** Look again in a while, or when the next deadline passes: the counts above the queue change with it. */
function lookLater(content) {
  const deadlines = [...content.querySelectorAll("[data-deadline]")].map((one) => Date.parse(one.dataset.deadline));
  lookAt = Math.min(now() + LOOK_AGAIN, ...deadlines.filter((one) => one > now()));
}

function refocus(focused) {
  const row = focused.closest("tr")?.id;
  const next = (focused.id && document.getElementById(focused.id)) || (row && document.getElementById(row));
  (next ?? document.getElementById("queue-title")).focus({ preventScroll: Boolean(next) });
}

region.addEventListener("pointerdown", () => { pressedAt = Date.now(); });
region.addEventListener("pointermove", (event) => {
  if (event.pointerType === "mouse" && event.target.closest("button, a")) pressedAt = Date.now();
});
lookLater(region);
listen();
setInterval(() => {
  stale();
  if (signedOut || now() < lookAt) return;
  lookAt = now() + LOOK_AGAIN;
  renew();
}, 1_000);
