// Every page: the search box, and what unfold's frame lacks for keyboards and screen readers. Each selector below was read
// in unfold 0.91; one that matches nothing any more does no harm.
"use strict";

(() => {
  // --- controls that unfold makes of spans and links without address: buttons for the keyboard ---

  const CLICKABLE = "[x-on\\:click]:not(button, input, select, textarea, summary, [href])";

  function makeButton(element) {
    if (element.querySelector("input, select, textarea, button, a[href]")) return;
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    nameByIcon(element);
  }

  // --- icons are pictures, not words: their text is hidden, and a control without other text gets a name ---

  const NAMES = { dock_to_right: "menu", close: "close", filter_list: "filters", phone_in_talk: "home", arrow_back: "back", more_vert: "more", search: "search", manage_search: "search", progress_activity: "search" };

  const texts = () => document.getElementById("site-texts")?.dataset || {};

  function nameByIcon(element) {
    if (element.ariaLabel || element.getAttribute("aria-labelledby") || element.querySelector("img[alt], svg title")) return;
    const copy = element.cloneNode(true);
    for (const icon of copy.querySelectorAll(".material-symbols-outlined")) icon.remove();
    const isIcon = element.matches(".material-symbols-outlined");
    if (!isIcon && copy.textContent.trim()) return;
    const icon = isIcon ? element.textContent.trim() : element.querySelector(".material-symbols-outlined")?.textContent.trim();
    const isTheme = element.getAttribute("x-on:click")?.includes("openTheme");
    const name = element.title || texts()[isTheme ? "theme" : NAMES[icon]] || (icon && texts().more);
    if (name) element.ariaLabel = name;
  }

  function hideIcons(root) {
    for (const icon of root.querySelectorAll(".material-symbols-outlined:not([aria-hidden], [role=button])")) icon.ariaHidden = "true";
  }

  // --- select2: the box that people use has the name of the field ---

  function nameSelect2(root) {
    for (const box of root.querySelectorAll(".select2-container [role=combobox], .select2-search__field")) {
      const select = box.closest(".select2-container")?.previousElementSibling;
      const label = select?.labels?.[0]?.textContent || select?.ariaLabel || select?.closest("[data-label], label")?.textContent || select?.dataset.placeholder || select?.name;
      if (!label) continue;
      box.removeAttribute("aria-labelledby");
      box.ariaLabel = label.trim();
    }
  }

  function press(event) {
    if (event.key !== "Enter" && event.key !== " ") return;
    if (!event.target.matches("[role=button]:not(button, a[href])")) return;
    event.preventDefault();
    event.target.click();
  }

  // --- the search box ---

  const box = () => document.getElementById("site-search");
  const results = () => document.getElementById("site-search-results");
  const links = () => [...results().querySelectorAll("a")];

  function isTyping(target) {
    return target.isContentEditable || (target.matches("input, select, textarea") && !target.matches("[type=checkbox], [type=radio], [type=button], [type=submit]"));
  }

  function moveInResults(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [box(), ...links()];
    const here = stops.indexOf(document.activeElement);
    if (!by || here === -1 || stops.length === 1) return;
    event.preventDefault();
    stops[(here + by + stops.length) % stops.length].focus();
  }

  function searchKeys(event) {
    if (!box() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !isTyping(event.target) && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      box().focus();
      box().select();
    } else if (event.target.closest?.(".site-search")) {
      if (event.key === "Escape") {
        results().replaceChildren();
        box().focus();
      }
      moveInResults(event);
    }
  }

  // --- start ---

  function improve(root) {
    if (root.matches?.(CLICKABLE)) makeButton(root);
    for (const element of root.querySelectorAll(CLICKABLE)) makeButton(element);
    for (const element of root.querySelectorAll("a[href], button")) nameByIcon(element);
    hideIcons(root);
    nameSelect2(root);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const content = document.getElementById("content") || document.getElementById("page");
    if (content && !document.querySelector("main")) content.setAttribute("role", "main");
    if (content) content.tabIndex = -1;
    improve(document.body);
    new MutationObserver((changes) => {
      for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) improve(node);
    }).observe(document.body, { childList: true, subtree: true });
  });
  document.addEventListener("keydown", press);
  document.addEventListener("keydown", searchKeys);
  document.addEventListener("click", (event) => {
    if (box() && !event.target.closest(".site-search")) results().replaceChildren();
  });
})();
