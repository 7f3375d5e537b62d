// Angles as everywhere in the house: azimuth in degrees, 0 = the panorama's middle, 90 = left; elevation, 90 = up.

const RADIAN = Math.PI / 180;

// The same direction, above -180 to 180.
export function wrapped(azimuth) {
  return 180 - (((180 - azimuth) % 360) + 360) % 360;
}

// The unit vector of a direction on the horizon, in the axes of Web Audio: x to the right, y up, z towards who looks.
export function onHorizon(azimuth) {
  return { x: -Math.sin(azimuth * RADIAN), y: 0, z: -Math.cos(azimuth * RADIAN) };
}

// Tangents of half the angles that a screen is wide and high; its longer side shows `fov` degrees.
export function spans(fov, width, height) {
  const span = Math.tan(fov / 2 * RADIAN) / Math.max(width, height);
  return [span * width, span * height];
}

// Where a direction lies on a screen whose middle shows view.yaw and view.pitch: pixels from its upper left corner, and
// whether it lies before the viewer at all.
export function onScreen(azimuth, elevation, view, width, height) {
  const a = (azimuth - view.yaw) * RADIAN, e = elevation * RADIAN, p = view.pitch * RADIAN;
  const ahead = Math.cos(a) * Math.cos(e);
  const depth = Math.sin(e) * Math.sin(p) + ahead * Math.cos(p);
  const up = Math.sin(e) * Math.cos(p) - ahead * Math.sin(p);
  const right = -Math.sin(a) * Math.cos(e);
  const [wide, high] = spans(view.fov, width, height);
  return { x: width / 2 * (1 + right / depth / wide), y: height / 2 * (1 - up / depth / high), before: depth > 0.05 };
}

const SIDES = ["ahead", "ahead on the left", "on the left", "behind on the left", "behind", "behind on the right",
  "on the right", "ahead on the right"];

// A direction in words, for who looks towards `yaw`.
export function inWords(azimuth, yaw) {
  return SIDES[(Math.round(wrapped(azimuth - yaw) / 45) + 8) % 8];
}

// Each wanted direction's mean, weighted, and how far they agree: 1 where they are one, 0 where they cancel out.
export function meanDirection(azimuths, weights) {
  let x = 0, z = 0, sum = 0;
  azimuths.forEach((azimuth, i) => {
    const to = onHorizon(azimuth);
    x += weights[i] * to.x;
    z += weights[i] * to.z;
    sum += weights[i];
  });
  return { azimuth: Math.atan2(-x, -z) / RADIAN, agreement: Math.min(1, Math.hypot(x, z) / sum) };
}
