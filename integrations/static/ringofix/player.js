// The player of a call's recording, over the browser's own <audio>: seek, jump, speed, time left, and a picture of who
// talked when. Asks our own address only.
"use strict";

(() => {
  const player = document.getElementById("player");
  const audio = player.querySelector("audio");
  const seek = player.querySelector("input[type=range]");
  const speed = player.querySelector("select");
  const button = player.querySelector("[data-do=play]");
  const track = player.querySelector(".ringofix-track");
  const show = (name) => player.querySelector(`[data-show=${name}]`);
  const words = player.dataset;

  const JUMP = 10; // seconds
  const LONGEST_PICTURE = 600; // seconds of a recording that is not too long to be drawn
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
  }

  function showState() {
    button.setAttribute("aria-label", audio.paused ? words.playWords : words.pauseWords);
    button.querySelector("span").textContent = audio.paused ? "play_arrow" : "pause";
  }

  function jump(by) {
    audio.currentTime = Math.min(Math.max(audio.currentTime + by, 0), seconds());
    showTime();
  }

  function toggle() {
    show("trouble").textContent = "";
    if (!audio.paused) return audio.pause();
    if (audio.error) audio.load(); // it may be there now
    audio.play().catch(() => {}); // the error event tells
  }

  function changeSpeed(by) {
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
    speed.dispatchEvent(new Event("change"));
  }

  // An <audio> does not say why it has nothing to play; our address does, in a sentence.
  async function tellTrouble() {
    let sentence = words.troubleWords;
    try {
      const answer = await fetch(audio.src, { headers: { Range: "bytes=0-0" } });
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
    if (seconds() > LONGEST_PICTURE) return;
    try {
      const answer = await fetch(audio.src);
      if (!answer.ok) return;
      const sound = await new OfflineAudioContext(2, 1, PICTURE_RATE).decodeAudioData(await answer.arrayBuffer());
      draw(sound);
    } catch {
      // a sound that cannot be decoded is played without a picture
    }
  }

  function draw(sound) {
    const canvas = track.querySelector("canvas");
    track.classList.add("has-picture");
    const width = (canvas.width = canvas.clientWidth * devicePixelRatio);
    const height = (canvas.height = canvas.clientHeight * devicePixelRatio);
    const pen = canvas.getContext("2d");
    pen.fillStyle = getComputedStyle(track).color;
    const step = 3 * devicePixelRatio;
    const sides = sound.numberOfChannels > 1 ? [0, 1] : [0, 0];
    const loudest = Math.max(...sides.map((side) => peak(sound.getChannelData(side), 0, sound.length))) || 1;
    for (let x = 0; x < width; x += step) {
      const [first, last] = [x, x + step].map((edge) => Math.floor((edge / width) * sound.length));
      const [above, below] = sides.map((side) => (peak(sound.getChannelData(side), first, last) / loudest) * (height / 2));
      pen.fillRect(x, height / 2 - above, step * 0.66, above + below + 1);
    }
    show("sides").hidden = sound.numberOfChannels < 2;
  }

  function peak(samples, first, last) {
    let highest = 0;
    for (let place = first; place < last && place < samples.length; place++) {
      highest = Math.max(highest, Math.abs(samples[place]));
    }
    return highest;
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
  seek.addEventListener("input", () => {
    audio.currentTime = Number(seek.value);
    showTime();
  });
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
