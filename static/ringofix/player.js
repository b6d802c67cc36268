// The player of a call's recording, on top of the browser's <audio>: seek, jump, speed, time left, and a waveform. Loads
// the recording from this site only, and only after a click on play.
"use strict";

(() => {
  const player = document.getElementById("player");
  const audio = player.querySelector("audio");
  const seek = player.querySelector("input[type=range]");
  const speed = player.querySelector("select");
  const button = player.querySelector("[data-do=play]");
  const track = player.querySelector(".ringofix-track");
  const waveform = track.querySelector("svg");
  const show = (name) => player.querySelector(`[data-show=${name}]`);
  const texts = player.dataset;
  const url = audio.src;
  let whole; // the whole recording, if it was fetched

  const JUMP = 10; // seconds
  const FETCH_TIMEOUT = 2000; // milliseconds to wait for the whole recording before <audio> streams it
  const MAX_WAVEFORM_SECONDS = 600;
  const MAX_WAVEFORM_BYTES = 20e6;
  const WAVEFORM_RATE = 8000; // samples per second, as in telephony

  const seconds = () => (Number.isFinite(audio.duration) ? audio.duration : Number(texts.seconds));

  function clock(time) {
    const whole = Math.max(0, Math.round(time));
    const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    return shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
  }

  function filled(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  function showTime() {
    const at = audio.currentTime;
    const all = seconds();
    seek.max = Math.max(1, Math.floor(all));
    seek.value = at;
    const position = filled(texts.positionText, { at: clock(at), all: clock(all) });
    seek.setAttribute("aria-valuetext", position);
    show("position").textContent = position;
    show("left").textContent = filled(texts.leftText, { left: clock((all - at) / audio.playbackRate) });
    waveform.querySelector(".played").setAttribute("width", `${(100 * at) / (Math.max(all, at) || 1)}%`);
  }

  function showState() {
    button.setAttribute("aria-label", audio.paused ? texts.playText : texts.pauseText);
    button.querySelector("span").textContent = audio.paused ? "play_arrow" : "pause";
  }

  function moveTo(time) {
    audio.currentTime = Math.min(Math.max(time, 0), seconds());
    showTime();
  }

  const jump = (by) => moveTo(audio.currentTime + by);

  async function toggle() {
    if (button.ariaBusy === "true") return;
    show("error").textContent = "";
    if (!audio.paused) return audio.pause();
    if (audio.readyState === audio.HAVE_NOTHING) await fetchWhole();
    if (audio.error) audio.load(); // the recording may be available now
    audio.play().catch(() => {}); // the error event handles it
  }

  // Fetches a short recording once, for the sound and the waveform. A long, large or slow recording is left to <audio>,
  // which requests it in ranges, and is played without a waveform.
  async function fetchWhole() {
    if (audio.src !== url) { // the fetched recording could not be played
      URL.revokeObjectURL(audio.src);
      audio.src = url;
      whole = undefined;
    }
    if (seconds() > MAX_WAVEFORM_SECONDS) return;
    button.ariaBusy = "true";
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT) });
      const size = Number(response.headers.get("Content-Length"));
      if (!response.ok || !size || size > MAX_WAVEFORM_BYTES) return await response.body?.cancel();
      whole = await response.blob();
      const at = audio.currentTime;
      audio.src = URL.createObjectURL(whole);
      audio.currentTime = at;
    } catch {
      // <audio> reports the error itself
    } finally {
      button.ariaBusy = "false";
    }
  }

  function changeSpeed(by) {
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
    speed.dispatchEvent(new Event("change"));
  }

  // <audio> does not say why it cannot play. The recording's URL answers with a message.
  async function showError() {
    let message = texts.errorText;
    try {
      const response = await fetch(url, { headers: { Range: "bytes=0-0" } });
      if (!response.ok && response.headers.get("Content-Type")?.startsWith("text/plain")) message = await response.text();
      else response.body?.cancel();
    } catch {
      // offline: keep the general message
    }
    show("error").textContent = message;
    showState();
  }

  // --- the waveform: the client above the line, the employee below it ---

  async function drawWaveform() {
    if (!whole || seconds() > MAX_WAVEFORM_SECONDS) return;
    try {
      draw(await new OfflineAudioContext(2, 1, WAVEFORM_RATE).decodeAudioData(await whole.arrayBuffer()));
    } catch {
      // play without a waveform
    }
  }

  function draw(sound) {
    const bars = waveform.viewBox.baseVal.width;
    const client = peaks(sound.getChannelData(0), bars);
    const employee = sound.numberOfChannels > 1 ? peaks(sound.getChannelData(1), bars) : client;
    const loudest = Math.max(...client, ...employee) || 1;
    const bar = (above, place) => {
      const [up, down] = [above, employee[place]].map((peak) => Math.max(peak / loudest, 0.02).toFixed(3));
      return `M${place} -${up}h.6V${down}h-.6z`;
    };
    waveform.querySelector("path").setAttribute("d", client.map(bar).join(""));
    track.classList.add("has-waveform");
    show("sides").hidden = sound.numberOfChannels < 2;
  }

  function peaks(samples, count) {
    const edge = (place) => Math.floor((place / count) * samples.length);
    const loudest = (most, sample) => Math.max(most, Math.abs(sample));
    return Array.from({ length: count }, (_, place) => samples.subarray(edge(place), edge(place + 1)).reduce(loudest, 0));
  }

  // Pointers move the waveform, keys move the slider: on some phones a slider moves only by its thumb, which is hidden.
  function point(event) {
    if (event.type === "pointerdown" && !event.button) {
      event.preventDefault(); // no text selection; the slider keeps the focus
      seek.focus({ preventScroll: true });
      waveform.setPointerCapture(event.pointerId);
    }
    if (!waveform.hasPointerCapture(event.pointerId)) return;
    const box = waveform.getBoundingClientRect();
    moveTo(((event.clientX - box.left) / box.width) * seconds());
  }

  // --- buttons, keys, events ---

  const DO = { play: toggle, back: () => jump(-JUMP), forward: () => jump(JUMP) };
  const KEYS = { k: DO.play, j: DO.back, l: DO.forward, "<": () => changeSpeed(-1), ">": () => changeSpeed(1) };

  for (const [name, run] of Object.entries(DO)) {
    player.querySelector(`[data-do=${name}]`).addEventListener("click", run);
  }
  player.addEventListener("keydown", (event) => {
    const run = KEYS[event.key.toLowerCase()];
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  });
  seek.addEventListener("input", () => moveTo(Number(seek.value)));
  for (const name of ["pointerdown", "pointermove"]) waveform.addEventListener(name, point);
  speed.addEventListener("change", () => {
    audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value);
    showTime();
  });
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, showState);
  for (const name of ["timeupdate", "durationchange", "seeked"]) audio.addEventListener(name, showTime);
  audio.addEventListener("error", showError);
  audio.addEventListener("playing", drawWaveform, { once: true });

  audio.controls = false;
  player.querySelector(".ringofix-player").hidden = false;
  showTime();
})();
