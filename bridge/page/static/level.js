// How loud a sound is, on a meter.

import { fill } from "./element.js";

export const FLOOR_DB = -60;

// The part of a meter that a level fills, 0 to 1.
export const part = (dbfs) => Math.max(0, Math.min(1, 1 - dbfs / FLOOR_DB));

export function showLevel(meter, dbfs) {
  fill(meter, part(dbfs));
  const now = String(Math.round(Math.max(FLOOR_DB, Math.min(0, dbfs))));
  if (meter.ariaValueNow !== now) meter.ariaValueNow = now;
}
