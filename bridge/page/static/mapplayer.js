// Plays the sound of one clip at a time.

import { element } from "./element.js";

export class MapPlayer {
  sounding = -1;
  #changed;
  #wrong;

  // changed: told that another clip sounds, or none; wrong: told why one can't be heard, and "" when one can.
  constructor(changed, wrong) {
    [this.#changed, this.#wrong] = [changed, wrong];
    this.audio = element("audio", { id: "audio" });
    this.audio.onended = () => this.stop();
  }

  // sound: a promise of the clip's address, which is null if another clip was asked for meanwhile.
  async play(clip, sound) {
    this.audio.pause();
    this.#sound(clip);
    try {
      const address = await sound;
      if (this.sounding !== clip || address === null) return;
      this.audio.src = address;
      await this.audio.play();
      this.#wrong("");
    } catch (error) {
      if (this.sounding !== clip || error.name === "AbortError") return;   // another one was chosen meanwhile
      this.#sound(-1);
      this.#wrong(error.name === "NotAllowedError" ? "Click anywhere to switch the sound on"
        : error.name === "NotSupportedError" ? "This sound can't be played: its file is gone, or the browser can't read it"
        : error.message);
    }
  }

  stop() {
    this.audio.pause();
    this.#sound(-1);
  }

  #sound(clip) {
    this.sounding = clip;
    this.#changed(clip);
  }
}
