// Selection on the list of calls: shows how many calls are selected, and disables the buttons without a selection. The
// form works without this script.
"use strict";

(() => {
  const form = document.getElementById("bulk");
  const part = (name) => form.querySelector(`[data-bulk=${name}]`);
  const boxes = () => [...document.querySelectorAll("input[name=call][form=bulk]")];

  function show() {
    const selected = boxes().filter((box) => box.checked).length;
    const isAll = part("all").checked;
    part("count").textContent = selected && !isAll ? form.dataset.selectedText.replace("{count}", selected) : "";
    for (const button of form.querySelectorAll("button")) button.disabled = !selected && !isAll;
    for (const box of boxes()) box.disabled = isAll;
    part("shown").disabled = isAll;
    part("shown").checked = selected > 0 && selected === boxes().length;
  }

  document.addEventListener("change", (event) => {
    if (event.target === part("shown")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.form === form) show();
  });
  document.addEventListener("htmx:afterSettle", show); // rows were added
  window.addEventListener("pageshow", show); // the browser's Back keeps the selection
  show();
})();
