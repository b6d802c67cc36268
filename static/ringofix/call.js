// The page of one call: shows an error when a part cannot be loaded, and reloads the page after a logout.
"use strict";

function showLoadError(event) {
  if (event.detail.xhr?.status === 401) return location.reload(); // shows the login page, which leads back here
  const text = event.detail.target?.dataset.errorText;
  if (text) event.detail.target.textContent = text;
}

document.addEventListener("htmx:responseError", showLoadError);
document.addEventListener("htmx:sendError", showLoadError);
