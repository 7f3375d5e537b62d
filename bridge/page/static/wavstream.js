// A WAV of 16 bits, stereo, read while it arrives.

import { Arriving } from "./arriving.js";

const HEAD = 44;
const DATA = 0x64617461; // "data"; nothing comes between the format and it
const WIDTH = 4; // bytes of a frame

// Yields { total: how many frames there will be in all, channels: two Float32Array }, `least` frames or more but at the
// end.
export async function* wavStream(body, least) {
  const bytes = new Arriving(body);
  const take = async (size, several) => {
    const taken = await bytes.take(size, several);
    if (!taken) throw new Error("The sound broke off");
    return new DataView(taken.buffer);
  };
  const head = await take(HEAD);
  if (head.getUint32(HEAD - 8) !== DATA) throw new Error("The sound is no WAV");
  const total = head.getUint32(HEAD - 4, true) / WIDTH;
  for (let left = total, frames; left > 0; left -= frames) {
    const piece = await take(WIDTH * Math.min(least, left), true);
    frames = piece.byteLength / WIDTH;
    const channel = (offset) => Float32Array.from({ length: frames }, (_, i) => piece.getInt16(WIDTH * i + offset, true) / 32768);
    yield { total, channels: [channel(0), channel(2)] };
  }
}
