"use strict";
// The live picture: each browser asks for the next one when it has shown the last, so that a slow
// one skips pictures instead of falling behind.
(() => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  async function show(image) {
    let number = 0;
    while (image.isConnected) {
      if (document.hidden) { await pause(300); continue; }
      try {
        const answer = await fetch(`/camera?after=${number}`, { cache: "no-store" });
        if (answer.status === 200) {
          number = Number(answer.headers.get("X-Picture"));
          const old = image.src;
          image.src = URL.createObjectURL(await answer.blob());
          await image.decode();
          image.parentElement.style.aspectRatio = `${image.naturalWidth} / ${image.naturalHeight}`;
          image.dataset.picture = number;
          if (old.startsWith("blob:")) URL.revokeObjectURL(old);
        } else if (answer.status !== 204) {
          await pause(1000);
        }
      } catch {
        await pause(1000);
      }
    }
  }

  // NiceGUI makes the element after this script has run, and anew after a lost connection.
  setInterval(() => {
    const image = document.querySelector("img.lr-live");
    if (image && !image.dataset.on) {
      image.dataset.on = "1";
      show(image);
    }
  }, 200);

  // Dark or light as the operator chose last; without a choice, as the system has it.
  const chosen = localStorage.getItem("lr-dark");
  window.addEventListener("load", () => {
    if (chosen !== null) setTimeout(() => Quasar.Dark.set(chosen === "1"), 0);
  });
  window.lrToggleDark = () => {
    const dark = !Quasar.Dark.isActive;
    Quasar.Dark.set(dark);
    localStorage.setItem("lr-dark", dark ? "1" : "0");
  };
})();
