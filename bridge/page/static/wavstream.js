// A WAV of 16 bits, stereo, read while it arrives.

const HEAD = 44;
const DATA = 0x64617461; // "data"; nothing comes between the format and it
const WIDTH = 4; // bytes of a frame

async function* pieces(body, least) {
  const reader = body.getReader();
  let rest = new Uint8Array(0);
  for (let done = false, value; !done;) {
    ({ done, value } = await reader.read());
    if (!done) {
      const both = new Uint8Array(rest.length + value.length);
      both.set(rest);
      both.set(value, rest.length);
      rest = both;
    }
    const size = rest.length - rest.length % WIDTH;
    if (size < (done ? 1 : least)) continue;
    yield new DataView(rest.buffer, 0, size);
    rest = rest.slice(size);
  }
}

// Yields { total: how many frames there will be in all, channels: two Float32Array }, `least` frames or more but at the
// ends.
export async function* wavStream(body, least) {
  let total = null;
  let read = 0;
  for await (const bytes of pieces(body, WIDTH * least)) {
    const begin = total === null ? HEAD : 0;
    if (begin && (bytes.byteLength < HEAD || bytes.getUint32(HEAD - 8) !== DATA)) break;
    total ??= bytes.getUint32(HEAD - 4, true) / WIDTH;
    const frames = (bytes.byteLength - begin) / WIDTH;
    const channels = [new Float32Array(frames), new Float32Array(frames)];
    for (let i = 0; i < frames; i++) {
      channels[0][i] = bytes.getInt16(begin + WIDTH * i, true) / 32768;
      channels[1][i] = bytes.getInt16(begin + WIDTH * i + 2, true) / 32768;
    }
    read += frames;
    if (frames) yield { total, channels };
  }
  if (total === null || read < total) throw new Error("The sound broke off");
}
