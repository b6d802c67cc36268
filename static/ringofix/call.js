// The page of one call: shows an error when a part cannot be loaded, and reloads the page after a logout.
"use strict";

function showLoadError(event) {
  if (event.detail.xhr?.status === 401) return location.reload(); // shows the login page, which leads back here
  const text = event.detail.target?.dataset.errorText;
  if (text) event.detail.target.textContent = text;
}

document.addEventListener("htmx:responseError", showLoadError);
document.addEventListener("htmx:sendError", showLoadError);

// Menus close like others: by a click beside them and by Escape.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(".ringofix-disclosure[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest(".ringofix-disclosure[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
