// The first page of the console updates itself while it is visible. It waits while the user works in it, so that an open
// menu, a tick and a typed text stay.
"use strict";

(() => {
  const SECONDS = 30;
  const page = () => document.getElementById("dashboard");
  const isTyped = () => [...page().querySelectorAll("[type=search]")].some((field) => field.value !== field.defaultValue);
  const isInUse = () => page().contains(document.activeElement) || page().querySelector("details[open], input:checked") || isTyped();

  setInterval(() => {
    if (!document.hidden && !isInUse()) htmx.trigger(page(), "poll");
  }, SECONDS * 1000);

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === page() && isInUse()) event.detail.shouldSwap = false;
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) location.reload(); // shows the login page, which leads back here
  });
})();
