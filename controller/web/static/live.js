// Keeps the page fresh: listens for changes, fetches the page again, puts its main part in place.
// Without it the page is complete, only older. Nothing here sends anything but GET.
"use strict";

const main = document.getElementById("main");
const told = document.getElementById("told");
const live = document.getElementById("live");
let asked = false;
let again = false;
let loaded = performance.now();
let version = document.body.dataset.version;

function narrow() {
  const box = document.getElementById("q");
  if (!box) return;
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = [...document.querySelectorAll("[data-text]")];
  let shown = 0;
  for (const one of kept) {
    const text = one.dataset.text.toLowerCase();
    one.hidden = !words.every((word) => text.includes(word));
    if (!one.hidden) shown += 1;
  }
  const found = document.getElementById("found");
  if (found && kept.length) found.textContent = `${shown} of ${kept.length}`;
}

function spoken(seconds) {
  if (seconds < 120) return `${seconds} s`;
  const [large, small, size] = seconds < 7200 ? ["min", "s", 60] : ["h", "min", 3600];
  const rest = Math.floor((seconds % size) / (size / 60));
  return `${Math.floor(seconds / size)} ${large}` + (rest ? ` ${rest} ${small}` : "");
}

// The daemon's clock counts, not the reader's, which may be wrong; that of a simulated region runs at a pace of its
// own. What is shown is how long the reader has to wait.
function count() {
  const asof = document.getElementById("asof");
  const pace = Number(asof.dataset.pace);
  const passed = (performance.now() - loaded) / 1000;
  for (const due of document.querySelectorAll("time.due")) {
    const ahead = (Date.parse(due.dateTime) - Date.parse(asof.dateTime)) / 1000;
    const left = Math.round(ahead / pace - passed);
    due.textContent = left > 0 ? `in ${spoken(left)}` : "now";
  }
}

function keep(fresh) {
  // What a reader has opened, typed, or stands on, outlives the change.
  const open = [...main.querySelectorAll("details[open][id]")].map((one) => one.id);
  const active = document.activeElement;
  const href = active && main.contains(active) ? active.getAttribute("href") : null;
  const box = document.getElementById("q");
  const typed = box ? box.value : null;
  const within = box !== null && active === box;
  const before = document.getElementById("headline")?.textContent;
  main.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const search = document.getElementById("q");
  if (search && typed !== null) search.value = typed;
  if (within) search.focus();
  else if (href) main.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  const after = document.getElementById("headline")?.textContent;
  if (after !== before) told.textContent = after;
  narrow();
  count();
}

async function refresh() {
  if (asked) {
    again = true;
    return;
  }
  asked = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("asof").replaceWith(page.getElementById("asof"));
      loaded = performance.now();
      version = page.body.dataset.version;
      keep(page.getElementById("main"));
    }
  } catch {
    live.hidden = true;
  } finally {
    asked = false;
    if (again) {
      again = false;
      setTimeout(refresh, 1000);
    }
  }
}

const stream = new EventSource("/events");
stream.addEventListener("changed", (event) => {
  if (event.data !== version) refresh();
});
stream.addEventListener("open", () => {
  live.hidden = false;
});
stream.addEventListener("error", () => {
  live.hidden = true;
});
document.addEventListener("input", (event) => {
  if (event.target.id === "q") narrow();
});
setInterval(count, 1000);
count();
narrow();
