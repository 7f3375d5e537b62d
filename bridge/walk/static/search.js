// Which clips sound where in a panorama: the search of Imaginary Soundscape, in the browser, on features made before.

import { meanDirection } from "./bearings.js";

const PER_DIRECTION = 2, REASONS = 2; // clips, classes
const FOCUS = 0.5; // nats; as the instrument's knob match/focus
const FAINT = 0.03; // level below which nobody hears a clip

// The k clips nearest to a direction, by the definition in engine/nearest.py, equally near ones in the order of the site.
export function nearest({ clips, ranking, logs, embedding }, { row }, k) {
  const logP = logs(row), e = embedding(row), p = Float64Array.from(logP, Math.exp);
  return clips.map((_, clip) => {
    const logQ = logs(clip), c = embedding(clip);
    const kl = p.reduce((sum, at, i) => (at > 0 ? sum + at * (logP[i] - logQ[i]) : sum), 0);
    const cosine = e.reduce((sum, value, i) => sum + value * c[i], 0);
    return { clip, distance: ranking.kl * kl + ranking.cosine * (1 - cosine), kl: Math.max(kl, 0), cosine };
  }).sort((a, b) => a.distance - b.distance || a.clip - b.clip).slice(0, k);
}

// What sounds in a panorama, loudest first: [{clip, level, azimuth, agreement, pointed, why: [{class, p, q}]}].
// Each direction wants the nearest clip of each of its nearest categories. A clip that several want sounds once, from
// between them: agreement, 0 to 1, is the part that comes from there, the rest comes from all around, and pointed says
// whether one hears a direction. The squares of all levels sum to 1, so that panoramas are equally loud. why: the classes
// that picture and sound share most, and their probabilities by each.
export function soundscape(site, panorama) {
  const wanted = new Map();
  for (const direction of panorama.directions) {
    const best = diverse(site, direction);
    for (const { clip, distance } of best) {
      const level = Math.exp((best[0].distance - distance) / FOCUS);
      if (level > FAINT) wanted.set(clip, [...wanted.get(clip) ?? [], { direction, level }]);
    }
  }
  const sounds = [...wanted].map(([clip, wishes]) => {
    wishes.sort((a, b) => b.level - a.level);
    const mean = meanDirection(wishes.map(({ direction }) => direction.azimuth), wishes.map(({ level }) => level));
    return { clip, level: wishes[0].level, ...mean, pointed: mean.agreement > 0.5,
      why: shared(site, wishes[0].direction, clip) };
  });
  const power = Math.hypot(...sounds.map(({ level }) => level));
  for (const sound of sounds) sound.level /= power;
  return sounds.sort((a, b) => b.level - a.level || a.clip - b.clip);
}

function diverse(site, direction) {
  const best = new Map();
  for (const found of nearest(site, direction, Infinity)) {
    const category = site.clips[found.clip].category || found.clip;
    if (best.size < PER_DIRECTION && !best.has(category)) best.set(category, found);
  }
  return [...best.values()];
}

// A direction's scene names its most probable classes in order, so their numbers are those of its largest p.
function shared({ logs }, { row, scene }, clip) {
  const logP = logs(row), order = Array.from(logP.keys()).sort((a, b) => logP[b] - logP[a] || a - b);
  return scene.map((seen, i) => ({ ...seen, q: Math.exp(logs(clip)[order[i]]) }))
    .sort((a, b) => b.p * b.q - a.p * a.q).slice(0, REASONS);
}
