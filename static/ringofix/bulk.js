// Selection on the list of calls: shows the bar of actions while calls are selected, and how many. The form works without
// this script.
"use strict";

(() => {
  const form = document.getElementById("bulk");
  const part = (name) => document.querySelector(`[data-bulk=${name}]`);
  const boxes = () => [...document.querySelectorAll("input[name=call][form=bulk]")];

  function show() {
    const selected = boxes().filter((box) => box.checked).length;
    const isAll = part("all").checked;
    part("count").textContent = selected && !isAll ? form.dataset.selectedText.replace("{count}", selected) : "";
    form.hidden = !selected && !isAll;
    for (const box of boxes()) box.disabled = isAll;
    part("shown").disabled = isAll;
    part("shown").checked = isAll || (selected > 0 && selected === boxes().length);
    part("shown").indeterminate = !isAll && selected > 0 && selected < boxes().length;
  }

  document.addEventListener("change", (event) => {
    if (event.target === part("shown")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target === part("shown") || event.target.form === form) show();
  });
  document.addEventListener("htmx:afterSettle", show); // rows were added
  window.addEventListener("pageshow", show); // the browser's Back keeps the selection
  show();
})();
