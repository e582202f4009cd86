// Times as the server writes them, so that they can go on ticking. Keep in step with presenters/moments.py.

const MINUTE = 60_000;

/** "less than 1 min", "12 min", "1 h 5 min", "30 h", "3 days". Cut off, never rounded up. */
export function span(milliseconds) {
  const minutes = Math.floor(milliseconds / MINUTE);
  if (minutes < 1) return "less than 1 min";
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours < 1) return `${minutes} min`;
  if (hours < 10 && rest) return `${hours} h ${rest} min`;
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** "just now", "12 min ago", "in 5 min". */
export function age(at, now) {
  const passed = now - at;
  if (Math.abs(passed) < MINUTE) return "just now";
  return passed > 0 ? `${span(passed)} ago` : `in ${span(-passed)}`;
}

/** How a deadline stands, and whether it has passed. */
export function standing(deadline, now) {
  const left = deadline - now;
  return left <= 0
    ? { words: `Overdue by ${span(-left)}`, overdue: true }
    : { words: `${span(left)} left`, overdue: false };
}

const LONDON = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** "14:02" in London. */
export function clock(at) {
  return LONDON.format(new Date(at));
}

// The server's clock, not this machine's: a phone may be minutes out.
let ahead = 0;

/** Take the server's present moment as the truth. */
export function setNow(iso) {
  if (iso) ahead = Date.parse(iso) - Date.now();
}

export function now() {
  return Date.now() + ahead;
}
