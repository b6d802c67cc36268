// The page of one call: says when a piece of it could not be loaded, and begins anew when one has been logged out.
"use strict";

function couldNotLoad(event) {
  if (event.detail.xhr?.status === 401) return location.reload(); // to the log-in page, and back here from there
  const words = event.detail.target?.dataset.troubleWords;
  if (words) event.detail.target.textContent = words;
}

document.addEventListener("htmx:responseError", couldNotLoad);
document.addEventListener("htmx:sendError", couldNotLoad);
