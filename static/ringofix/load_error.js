// Shows the error text that stands beside each part of a page that cannot be loaded, and loads the part again. The texts
// are in calllog/_load_error.html.
(() => {
    "use strict";

    const errorOf = (piece) => {
        for (let node = piece; node && node !== document.body; node = node.parentElement) {
            const found = node.nextElementSibling;
            if (found?.matches("[data-load-error]")) return found;
        }
        return null;
    };

    const pieceOf = (error) => [...document.querySelectorAll("[data-piece]")].find((piece) => errorOf(piece) === error);

    const showError = (piece, which) => {
        const error = errorOf(piece);
        if (!error) return;
        error.hidden = !which;
        for (const name of ["failed", "signedOut"]) {
            error.querySelector(name === "failed" ? "[data-failed]" : "[data-signed-out]").hidden = which !== name;
        }
    };

    const onPiece = (name, which) => document.addEventListener(name, (event) => {
        const piece = event.detail.elt;
        if (piece.matches?.("[data-piece]")) showError(piece, which(event));
    });

    onPiece("htmx:responseError", (event) => (event.detail.xhr.status === 401 ? "signedOut" : "failed"));
    onPiece("htmx:sendError", () => "failed");
    onPiece("htmx:timeout", () => "failed");
    onPiece("htmx:beforeSwap", (event) => (event.detail.isError ? (event.detail.xhr.status === 401 ? "signedOut" : "failed") : ""));

    document.addEventListener("click", (event) => {
        const error = event.target.closest("[data-retry]")?.closest("[data-load-error]");
        if (error) htmx.trigger(pieceOf(error), "retry");
    });
})();
