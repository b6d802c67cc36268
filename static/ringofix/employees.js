// The page that matches employees: shows the rows that are searched for. The form sends the hidden ones too.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const search = document.getElementById("employee-search");
  const unmatched = document.getElementById("unmatched-only");
  if (!search) return;

  function show() {
    const typed = search.value.trim().toLowerCase();
    for (const row of document.querySelectorAll("[data-employee]")) {
      const isFound = row.dataset.employee.toLowerCase().includes(typed);
      row.hidden = !isFound || (unmatched?.checked && !("unmatched" in row.dataset));
    }
  }

  search.addEventListener("input", show);
  unmatched?.addEventListener("change", show);
  show(); // the browser's Back keeps what was typed
});
