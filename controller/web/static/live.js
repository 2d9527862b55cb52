// Keeps the page fresh: listens for changes, fetches the page again, puts its main part in place.
// Without it the page is complete, only older. Nothing here sends anything but GET.
"use strict";

const main = document.getElementById("main");
const told = document.getElementById("told");
const live = document.getElementById("live");
let asked = false;
let again = false;

function narrow() {
  const box = document.getElementById("q");
  if (!box) return;
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const cards = [...document.querySelectorAll(".card")];
  let shown = 0;
  for (const card of cards) {
    const text = card.dataset.text.toLowerCase();
    card.hidden = !words.every((word) => text.includes(word));
    if (!card.hidden) shown += 1;
  }
  const found = document.getElementById("found");
  if (found && cards.length) found.textContent = `${shown} of ${cards.length}`;
}

function count() {
  for (const due of document.querySelectorAll("time.due")) {
    const left = Math.round((Date.parse(due.dateTime) - Date.now()) / 1000);
    due.textContent = left > 0 ? `in ${left} s` : "now";
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
      keep(page.getElementById("main"));
      document.getElementById("asof").textContent = page.getElementById("asof").textContent;
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
stream.addEventListener("changed", refresh);
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
