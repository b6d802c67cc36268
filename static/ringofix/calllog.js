// The list of calls: keyboard shortcuts and new calls. The rest of the page works without this script. The texts are in the
// templates.
(() => {
    "use strict";

    const rows = () => [...document.querySelectorAll("#rows [data-row]")];

    // --- keyboard shortcuts ---

    const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

    const step = (by) => {
        const all = rows();
        const here = all.findIndex((row) => row.contains(document.activeElement));
        const next = all[here === -1 ? (by > 0 ? 0 : all.length - 1) : here + by];
        if (!next) return;
        next.querySelector(".calls-open").focus({ preventScroll: true });
        next.scrollIntoView({ block: "nearest" });
    };

    const showShortcuts = () => document.getElementById("keyboard-shortcuts").showModal();

    const SHORTCUTS = {
        j: () => step(1),
        k: () => step(-1),
        n: () => document.querySelector("#news a")?.click(),
        "?": showShortcuts,
    };

    document.addEventListener("keydown", (event) => {
        const run = SHORTCUTS[event.key];
        if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
        if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
        event.preventDefault();
        run();
    });

    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-opens=keyboard-shortcuts]")) showShortcuts();
        const toggle = event.target.closest("[data-toggles]");
        if (toggle) toggle.ariaExpanded = String(toggle.ariaExpanded !== "true");
        for (const open of document.querySelectorAll(".calls-save[open], .calls-more[open]")) {
            if (!open.contains(event.target)) open.open = false;
        }
    });

    // Without the focus in its field, typing a view's name would run the shortcuts.
    document.addEventListener("toggle", (event) => {
        if (event.target.matches(".calls-save[open]")) event.target.querySelector("[name=name]")?.focus();
    }, true);

    document.addEventListener("keydown", (event) => {
        const open = event.key === "Escape" && event.target.closest(".calls-save[open], .calls-more[open]");
        if (!open) return;
        open.open = false;
        open.querySelector("summary").focus();
    });

    // --- filters: the URL contains only the filled fields ---

    document.addEventListener("formdata", (event) => {
        if (!event.target.matches("[data-filters]")) return;
        [...event.formData].forEach(([name, value]) => value || event.formData.delete(name));
    });

    // --- new calls and changed rows: polled while the page is visible, more often while calls on it wait ---

    const LIVE_SECONDS = 5;
    const SLOW_SECONDS = 15;
    let polledAt = performance.now();

    const liveRows = () => [...document.querySelectorAll("#rows [data-live]")].map((row) => row.dataset.live);

    setInterval(() => {
        const news = document.querySelector("[data-new-calls]");
        const age = (performance.now() - polledAt) / 1000;
        if (document.hidden || (age < SLOW_SECONDS && !liveRows().length)) return;
        if (news.querySelector("a")?.matches(":focus, .htmx-request")) return;
        htmx.trigger(news, "poll");
    }, LIVE_SECONDS * 1000);

    document.addEventListener("htmx:configRequest", (event) => {
        const { elt, parameters } = event.detail;
        if (!elt.matches("[data-new-calls]")) return;
        polledAt = performance.now();
        const newest = document.querySelector("#rows [data-position]");
        if (newest) parameters.after = newest.dataset.position;
        const live = liveRows();
        if (live.length) parameters.live = live.join(",");
    });

    // A row that is replaced keeps its tick, and the focus stays where it was.
    document.addEventListener("htmx:oobBeforeSwap", (event) => {
        const { target, fragment } = event.detail;
        if (!target.matches("[data-row]")) return;
        const isTicked = target.querySelector("[name=call]")?.checked;
        const box = fragment.querySelector("[name=call]");
        if (box && isTicked) box.setAttribute("checked", "");
        const stops = (row) => [...row.querySelectorAll("a, button, input")];
        const focused = stops(target).indexOf(document.activeElement);
        if (focused === -1) return;
        const { id } = target;
        document.addEventListener("htmx:afterSettle", () => stops(document.getElementById(id))[focused]?.focus({ preventScroll: true }), { once: true });
    });

    document.addEventListener("htmx:afterRequest", (event) => {
        const { elt, successful } = event.detail;
        if (!successful || !elt.matches("[data-adds-new-calls]")) return;
        document.getElementById("news").replaceChildren();
        document.getElementById("rows").scrollIntoView({ block: "nearest" });
        htmx.trigger(document.body, "calls-added");
    });
})();
