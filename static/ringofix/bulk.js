// Ticks on the list of calls: how many there are, and no button before there is one. The form works without this too.
"use strict";

(() => {
  const form = document.getElementById("bulk");
  const part = (name) => form.querySelector(`[data-bulk=${name}]`);
  const boxes = () => [...document.querySelectorAll("input[name=call][form=bulk]")];

  function show() {
    const ticked = boxes().filter((box) => box.checked).length;
    const isAll = part("all").checked;
    part("count").textContent = ticked && !isAll ? form.dataset.chosenWords.replace("{count}", ticked) : "";
    for (const button of form.querySelectorAll("button")) button.disabled = !ticked && !isAll;
    for (const box of boxes()) box.disabled = isAll;
    part("shown").disabled = isAll;
    part("shown").checked = ticked > 0 && ticked === boxes().length;
  }

  document.addEventListener("change", (event) => {
    if (event.target === part("shown")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.form === form) show();
  });
  document.addEventListener("htmx:afterSettle", show); // older or newer rows have come
  window.addEventListener("pageshow", show); // the browser's way back keeps the ticks
  show();
})();
