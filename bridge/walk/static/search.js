// Which clips sound where in a panorama: the search of Imaginary Soundscape, in the browser, on features made before.

import { meanDirection } from "./bearings.js";

const PER_DIRECTION = 2; // clips
const REASONS = 2;
const FAINT = 0.03; // level below which nobody hears a clip
const FOCUS = 0.5; // nats; as the instrument's knob match/focus

// How far each clip is from a direction, by the definition in engine/nearest.py, with all clips in the order of the site.
export function distances({ clips, ranking, logs, embedding }, direction) {
  const logP = logs(direction.row), e = embedding(direction.row);
  const p = Float64Array.from(logP, Math.exp);
  return clips.map((_, clip) => {
    const logQ = logs(clip), c = embedding(clip);
    let kl = 0, cosine = 0;
    for (let i = 0; i < p.length; i++) if (p[i] > 0) kl += p[i] * (logP[i] - logQ[i]);
    for (let i = 0; i < c.length; i++) cosine += e[i] * c[i];
    return { clip, distance: ranking.kl * kl + ranking.cosine * (1 - cosine), kl: Math.max(kl, 0), cosine };
  });
}

// The k nearest clips, nearest first, equally near ones in the order of the site.
export function nearest(site, direction, k) {
  return distances(site, direction).sort((a, b) => a.distance - b.distance || a.clip - b.clip).slice(0, k);
}

// What sounds in a panorama, loudest first: [{clip, level, azimuth, agreement, pointed, why: [{class, p, q}]}].
// Each direction wants the nearest clip of each of its nearest categories. A clip that several directions want sounds
// once, from between them: agreement, 0 to 1, is the part that comes from there, the rest comes from all around, and
// pointed says whether one hears a direction. Levels are amplitudes whose squares sum to 1, so that every panorama is
// about as loud. why: the classes that picture and sound share most, and how probable they are by each.
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
  const categories = new Set();
  const best = [];
  for (const found of nearest(site, direction, site.clips.length)) {
    const category = site.clips[found.clip].category || found.clip;
    if (categories.has(category)) continue;
    categories.add(category);
    best.push(found);
    if (best.length === PER_DIRECTION) break;
  }
  return best;
}

// The scene of a direction names its most probable classes, most probable first, so their numbers are those of its largest p.
function shared({ logs }, { row, scene }, clip) {
  const logP = logs(row), logQ = logs(clip);
  const order = Array.from(logP.keys()).sort((a, b) => logP[b] - logP[a] || a - b);
  return scene.map((seen, i) => ({ ...seen, q: Math.exp(logQ[order[i]]) }))
    .sort((a, b) => b.p * b.q - a.p * a.q).slice(0, REASONS);
}
