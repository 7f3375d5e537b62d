// A sound as the studio paints it: what bridge/page/dreaming.py answers.

import { Arriving } from "./arriving.js";
import { ask } from "./ask.js";

const HEAD = 8;

// Yields what is known of the pictures, then each as { time, jpeg }, as soon as it is painted.
export async function* painted(sound, query, signal) {
  const bytes = new Arriving((await ask(`/dream/pictures?${query}`, { method: "POST", body: sound, signal })).body);
  const take = async (size) => {
    const taken = await bytes.take(size);
    if (!taken) throw new Error("the studio ended while it painted; turn a knob to try again");
    return taken;
  };
  const next = async () => {
    const head = new DataView((await take(HEAD)).buffer);
    return { time: head.getFloat32(4, true), content: await take(head.getUint32(0, true)) };
  };
  yield JSON.parse(new TextDecoder().decode((await next()).content));
  for (let record = await next(); record.content.length; record = await next()) {
    yield { time: record.time, jpeg: new Blob([record.content], { type: "image/jpeg" }) };
  }
}
