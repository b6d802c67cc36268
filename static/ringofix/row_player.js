// Plays recordings in the rows of the call list, one at a time. The list's rows may be replaced meanwhile: the player finds
// its row by the recording's address.
"use strict";

(() => {
  const audio = new Audio();
  audio.preload = "none";
  let playing = ""; // the address of the recording in the player

  const buttons = () => [...document.querySelectorAll("[data-recording]")];
  const clock = (time) => `${Math.floor(time / 60)}:${String(Math.floor(time) % 60).padStart(2, "0")}`;

  function show() {
    for (const button of buttons()) {
      const isCurrent = button.dataset.recording === playing;
      const isPlaying = isCurrent && !audio.paused;
      const text = button.closest("td").querySelector("[data-durations]");
      button.firstElementChild.textContent = isPlaying ? "pause" : "play_arrow";
      button.setAttribute("aria-pressed", String(isPlaying));
      text.dataset.still ??= text.textContent;
      text.textContent = isCurrent && audio.currentTime ? `${clock(audio.currentTime)} / ${text.dataset.still.split(" / ")[0]}` : text.dataset.still;
    }
  }

  function toggle(address) {
    if (address === playing && !audio.paused) return audio.pause();
    if (address !== playing || audio.error) {
      playing = address;
      audio.src = address;
    }
    audio.play().catch(() => {}); // the error event handles it
  }

  // <audio> does not say why it cannot play. The recording's address answers with a message.
  async function showError() {
    const button = buttons().find((each) => each.dataset.recording === playing);
    if (!button) return;
    const response = await fetch(playing, { headers: { Range: "bytes=0-0" } }).catch(() => null);
    const isText = response?.headers.get("Content-Type")?.startsWith("text/plain");
    const message = document.createElement("span");
    message.className = "calls-play-error";
    message.setAttribute("role", "alert");
    message.textContent = isText ? await response.text() : document.getElementById("rows").dataset.playErrorText;
    button.closest("td").querySelector(".calls-play-error")?.remove();
    button.closest("td").append(message);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-recording]");
    if (!button) return;
    button.closest("td").querySelector(".calls-play-error")?.remove();
    toggle(button.dataset.recording);
  });
  for (const name of ["play", "pause", "timeupdate"]) audio.addEventListener(name, show);
  audio.addEventListener("ended", () => { audio.currentTime = 0; show(); });
  audio.addEventListener("error", showError);
  document.addEventListener("htmx:afterSettle", show); // rows were replaced
})();
