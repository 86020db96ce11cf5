"use strict";
// Sort a table by a column, show rows of one method, pair or arm, copy an architecture.
const number = text => {
  const found = text.replace(/\u2212/g, "-").replace(/,/g, "").match(/^[<>]?\s*([+-]?[\d.]+(e[+-]?\d+)?)/);
  return found ? parseFloat(found[1]) : null;
};
const compare = (a, b) => {
  const [x, y] = [number(a), number(b)];
  if ((x === null) !== (y === null)) return x === null ? 1 : -1;
  return x === null ? a.localeCompare(b) : x - y;
};
const headings = table => [...table.querySelectorAll("thead th")];

for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  headings(table).forEach((heading, place) => {
    heading.classList.add("sortable");
    heading.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings(table).forEach(other => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) =>
        (down ? -1 : 1) * compare(a.cells[place].textContent, b.cells[place].textContent));
      body.append(...rows);
    });
  });
}

const KINDS = { method: ["method"], pair: ["pair", "on", "searched \u2192 trained on"], arm: ["arm"] };
const cells = kind => [...document.querySelectorAll("table")].flatMap(table =>
  headings(table).flatMap((heading, place) => KINDS[kind].includes(heading.textContent)
    ? [...table.tBodies[0].rows].map(row => row.cells[place]) : []));
const chosen = {};
const filters = document.createElement("div");
filters.className = "filters";
for (const kind of Object.keys(KINDS)) {
  const values = [...new Set(cells(kind).map(cell => cell.textContent))].sort();
  if (values.length < 2) continue;
  const label = document.createElement("label");
  const select = document.createElement("select");
  select.append(new Option(`every ${kind}`, ""), ...values.map(value => new Option(value, value)));
  select.addEventListener("change", () => {
    chosen[kind] = select.value;
    for (const row of document.querySelectorAll("tbody tr")) row.hidden = false;
    for (const [one, value] of Object.entries(chosen)) {
      if (value) for (const cell of cells(one)) if (cell.textContent !== value) cell.parentElement.hidden = true;
    }
  });
  label.append(select);
  filters.append(label);
}
const answer = document.querySelector("section ~ section h2");
if (filters.children.length && answer) answer.parentElement.before(filters);

for (const text of document.querySelectorAll("pre")) {
  const button = document.createElement("button");
  const content = text.textContent;
  button.textContent = "copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(content);
    button.textContent = "copied";
  });
  text.append(button);
}

// A link to a folded part opens it.
const open = () => {
  const part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part && part.tagName === "DETAILS") part.open = true;
};
addEventListener("hashchange", open);
open();
