// Angles as everywhere in the house: azimuth in degrees, 0 = the panorama's middle, 90 = left; elevation, 90 = up.

export const RADIAN = Math.PI / 180;
const SIDES = ["ahead", "ahead on the left", "on the left", "behind on the left", "behind", "behind on the right",
  "on the right", "ahead on the right"];

// The same direction, above -180 to 180.
export const wrapped = (azimuth) => 180 - (((180 - azimuth) % 360) + 360) % 360;

// The unit vector of a direction on the horizon in the axes of Web Audio: x to the right, z towards who looks.
export const onHorizon = (azimuth) => ({ x: -Math.sin(azimuth * RADIAN), z: -Math.cos(azimuth * RADIAN) });

// Tangents of half the angles that a screen is wide and high; its longer side shows `fov` degrees.
export function spans(fov, width, height) {
  const span = Math.tan(fov / 2 * RADIAN) / Math.max(width, height);
  return [span * width, span * height];
}

// A direction in words, for who looks towards `yaw`.
export const inWords = (azimuth, yaw) => SIDES[(Math.round(wrapped(azimuth - yaw) / 45) + 8) % 8];

// The weighted mean of directions, and how far they agree: 1 where they are one, 0 where they cancel out.
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
