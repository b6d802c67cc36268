// The list of calls: keys, news, and what is said when a piece of the page cannot be loaded. Everything works without it
// but these; the words stand in the templates.
(() => {
    "use strict";

    const rows = () => [...document.querySelectorAll("#rows [data-row]")];

    // --- keys ---

    const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

    const step = (by) => {
        const all = rows();
        const here = all.findIndex((row) => row.contains(document.activeElement));
        const next = all[here === -1 ? (by > 0 ? 0 : all.length - 1) : here + by];
        if (!next) return;
        next.querySelector("a").focus({ preventScroll: true });
        next.scrollIntoView({ block: "nearest" });
    };

    const showKeys = () => document.getElementById("keys").showModal();

    const KEYS = {
        j: () => step(1),
        k: () => step(-1),
        n: () => document.querySelector("#news a")?.click(),
        "/": () => {
            const field = document.getElementById("id_number");
            if (field.offsetParent === null) document.querySelector("[data-filters] [aria-controls]").click();
            requestAnimationFrame(() => { field.focus(); field.select(); });
        },
        "?": showKeys,
    };

    document.addEventListener("keydown", (event) => {
        const act = KEYS[event.key];
        if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
        if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
        event.preventDefault();
        act();
    });

    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-opens=keys]")) showKeys();
        const again = event.target.closest("[data-again]")?.dataset.again;
        if (again === "chart") htmx.trigger("#chart", "load");
        if (again === "older") htmx.trigger(event.target.closest("td").querySelector("[data-piece]"), "click");
    });

    // --- filters: an address names only what is filled in ---

    document.addEventListener("formdata", (event) => {
        if (!event.target.matches("[data-filters]")) return;
        [...event.formData].forEach(([name, value]) => value || event.formData.delete(name));
    });

    // --- news: asked for while somebody looks, above the newest call that the page shows ---

    document.addEventListener("htmx:configRequest", (event) => {
        const { elt, parameters } = event.detail;
        if (!elt.matches("[data-news]")) return;
        if (document.hidden || elt.querySelector("a")?.matches(":focus, .htmx-request")) event.preventDefault();
        const newest = document.querySelector("#rows [data-position]");
        if (newest) parameters.after = newest.dataset.position;
    });

    document.addEventListener("htmx:afterRequest", (event) => {
        const { elt, successful } = event.detail;
        if (!successful || !elt.matches("[data-brings-news]")) return;
        document.getElementById("news").replaceChildren();
        document.getElementById("rows").scrollIntoView({ block: "nearest" });
        htmx.trigger(document.body, "calls-came");
    });

    // --- trouble: each piece has a sentence beside it for when it cannot be loaded ---

    const troubleOf = (piece) => {
        for (let place = piece; place && place !== document.body; place = place.parentElement) {
            const found = place.nextElementSibling;
            if (found?.matches("[data-trouble]")) return found;
        }
        return null;
    };

    const say = (piece, which) => {
        const trouble = troubleOf(piece);
        if (!trouble) return;
        trouble.hidden = !which;
        for (const name of ["failed", "signedOut"]) {
            trouble.querySelector(name === "failed" ? "[data-failed]" : "[data-signed-out]").hidden = which !== name;
        }
    };

    const onPiece = (name, which) => document.addEventListener(name, (event) => {
        const piece = event.detail.elt;
        if (piece.matches?.("[data-piece]")) say(piece, which(event));
    });

    onPiece("htmx:responseError", (event) => (event.detail.xhr.status === 401 ? "signedOut" : "failed"));
    onPiece("htmx:sendError", () => "failed");
    onPiece("htmx:timeout", () => "failed");
    onPiece("htmx:beforeSwap", (event) => (event.detail.isError ? (event.detail.xhr.status === 401 ? "signedOut" : "failed") : ""));
})();
