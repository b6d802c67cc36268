// The page of one call: says when a piece of it could not be loaded, and begins anew when one has been logged out.
"use strict";

function couldNotLoad(event) {
  const words = event.detail.target?.dataset.troubleWords;
  if (words) event.detail.target.textContent = words;
}

document.addEventListener("htmx:responseError", couldNotLoad);
document.addEventListener("htmx:sendError", couldNotLoad);

document.addEventListener("htmx:beforeSwap", (event) => {
  // Answered from another address than was asked: the log-in page, which belongs into no piece of this one.
  const asked = new URL(event.detail.pathInfo.finalRequestPath ?? event.detail.pathInfo.requestPath, location.href);
  const answered = new URL(event.detail.xhr.responseURL);
  if (answered.pathname !== asked.pathname) {
    event.preventDefault();
    location.reload();
  }
});
