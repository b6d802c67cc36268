// The player of a call's recording, over the browser's own <audio>: seek, jump, speed, time left, and a picture of who
// talked when. Asks our own address only, and only once somebody presses play.
"use strict";

(() => {
  const player = document.getElementById("player");
  const audio = player.querySelector("audio");
  const seek = player.querySelector("input[type=range]");
  const speed = player.querySelector("select");
  const button = player.querySelector("[data-do=play]");
  const track = player.querySelector(".ringofix-track");
  const picture = track.querySelector("svg");
  const show = (name) => player.querySelector(`[data-show=${name}]`);
  const words = player.dataset;
  const address = audio.src;
  let whole; // the recording, if it was fetched as a whole

  const JUMP = 10; // seconds
  const PATIENCE = 2000; // milliseconds that play may be kept waiting for a whole recording
  const LONGEST_PICTURE = 600; // seconds of a recording that is not too long to be drawn
  const LARGEST_PICTURE = 20e6; // bytes of one
  const PICTURE_RATE = 8000; // samples a second, as telephony has them

  const seconds = () => (Number.isFinite(audio.duration) ? audio.duration : Number(words.seconds));

  function clock(time) {
    const whole = Math.max(0, Math.round(time));
    const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const shown = parts[0] ? parts : parts.slice(1);
    return shown.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
  }

  function filled(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  function showTime() {
    const at = audio.currentTime;
    const all = seconds();
    seek.max = Math.max(1, Math.floor(all));
    seek.value = at;
    const position = filled(words.positionWords, { at: clock(at), all: clock(all) });
    seek.setAttribute("aria-valuetext", position);
    show("position").textContent = position;
    show("left").textContent = filled(words.leftWords, { left: clock((all - at) / audio.playbackRate) });
    picture.querySelector(".played").setAttribute("width", `${(100 * at) / (Math.max(all, at) || 1)}%`);
  }

  function showState() {
    button.setAttribute("aria-label", audio.paused ? words.playWords : words.pauseWords);
    button.querySelector("span").textContent = audio.paused ? "play_arrow" : "pause";
  }

  function moveTo(time) {
    audio.currentTime = Math.min(Math.max(time, 0), seconds());
    showTime();
  }

  const jump = (by) => moveTo(audio.currentTime + by);

  async function toggle() {
    if (button.ariaBusy === "true") return;
    show("trouble").textContent = "";
    if (!audio.paused) return audio.pause();
    if (audio.readyState === audio.HAVE_NOTHING) await takeWhole();
    if (audio.error) audio.load(); // it may be there now
    audio.play().catch(() => {}); // the error event tells
  }

  // What can be drawn is fetched once for both, picture and sound. What is long, large or slow to come is left to
  // <audio>, which asks for it piece by piece: it is played without a picture.
  async function takeWhole() {
    if (audio.src !== address) { // what was fetched before could not be played
      URL.revokeObjectURL(audio.src);
      audio.src = address;
      whole = undefined;
    }
    if (seconds() > LONGEST_PICTURE) return;
    button.ariaBusy = "true";
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
      const size = Number(answer.headers.get("Content-Length"));
      if (!answer.ok || !size || size > LARGEST_PICTURE) return await answer.body?.cancel();
      whole = await answer.blob();
      const at = audio.currentTime;
      audio.src = URL.createObjectURL(whole);
      audio.currentTime = at;
    } catch {
      // <audio> finds out by itself
    } finally {
      button.ariaBusy = "false";
    }
  }

  function changeSpeed(by) {
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
    speed.dispatchEvent(new Event("change"));
  }

  // An <audio> does not say why it has nothing to play; our address does, in a sentence.
  async function tellTrouble() {
    let sentence = words.troubleWords;
    try {
      const answer = await fetch(address, { headers: { Range: "bytes=0-0" } });
      if (!answer.ok && answer.headers.get("Content-Type")?.startsWith("text/plain")) sentence = await answer.text();
      else answer.body?.cancel();
    } catch {
      // not even that: the sentence stays
    }
    show("trouble").textContent = sentence;
    showState();
  }

  // --- the picture: the client above the line, the employee below it ---

  async function drawPicture() {
    if (!whole || seconds() > LONGEST_PICTURE) return;
    try {
      draw(await new OfflineAudioContext(2, 1, PICTURE_RATE).decodeAudioData(await whole.arrayBuffer()));
    } catch {
      // a sound that cannot be decoded is played without a picture
    }
  }

  function draw(sound) {
    const bars = picture.viewBox.baseVal.width;
    const client = peaks(sound.getChannelData(0), bars);
    const employee = sound.numberOfChannels > 1 ? peaks(sound.getChannelData(1), bars) : client;
    const loudest = Math.max(...client, ...employee) || 1;
    const bar = (above, place) => {
      const [up, down] = [above, employee[place]].map((peak) => Math.max(peak / loudest, 0.02).toFixed(3));
      return `M${place} -${up}h.6V${down}h-.6z`;
    };
    picture.querySelector("path").setAttribute("d", client.map(bar).join(""));
    track.classList.add("has-picture");
    show("sides").hidden = sound.numberOfChannels < 2;
  }

  function peaks(samples, count) {
    const edge = (place) => Math.floor((place / count) * samples.length);
    const loudest = (most, sample) => Math.max(most, Math.abs(sample));
    return Array.from({ length: count }, (_, place) => samples.subarray(edge(place), edge(place + 1)).reduce(loudest, 0));
  }

  // The slider itself hears keys only: on some telephones a finger moves it by its knob, and the picture has none.
  function point(event) {
    if (event.type === "pointerdown" && !event.button) {
      event.preventDefault(); // no text is chosen, and the keys stay here
      seek.focus({ preventScroll: true });
      picture.setPointerCapture(event.pointerId);
    }
    if (!picture.hasPointerCapture(event.pointerId)) return;
    const box = picture.getBoundingClientRect();
    moveTo(((event.clientX - box.left) / box.width) * seconds());
  }

  // --- buttons, keys, events ---

  const DO = { play: toggle, back: () => jump(-JUMP), forward: () => jump(JUMP) };
  const KEYS = { k: DO.play, j: DO.back, l: DO.forward, "<": () => changeSpeed(-1), ">": () => changeSpeed(1) };

  for (const [name, act] of Object.entries(DO)) {
    player.querySelector(`[data-do=${name}]`).addEventListener("click", act);
  }
  player.addEventListener("keydown", (event) => {
    const act = KEYS[event.key.toLowerCase()];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  seek.addEventListener("input", () => moveTo(Number(seek.value)));
  for (const name of ["pointerdown", "pointermove"]) picture.addEventListener(name, point);
  speed.addEventListener("change", () => {
    audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value);
    showTime();
  });
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, showState);
  for (const name of ["timeupdate", "durationchange", "seeked"]) audio.addEventListener(name, showTime);
  audio.addEventListener("error", tellTrouble);
  audio.addEventListener("playing", drawPicture, { once: true });

  audio.controls = false;
  player.querySelector(".ringofix-player").hidden = false;
  showTime();
})();
