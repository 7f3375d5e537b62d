// A small view from above: where one looks, what sounds from where, and where ways lead on.

import { onHorizon } from "./bearings.js";

const RIM = 38;

function drawn(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export class Compass {
  cone = drawn("path", { class: "cone" });
  around = drawn("g", {});

  constructor(svg) {
    svg.append(drawn("circle", { r: RIM + 8, class: "ground" }), this.cone, this.around, drawn("circle", { r: 3, class: "me" }));
  }

  show({ links }, sounds) {
    this.around.replaceChildren(...sounds.map(({ azimuth, agreement, level }) => {
      const { x, z } = onHorizon(azimuth);
      return drawn("circle", { cx: 26 * x * agreement, cy: 26 * z * agreement, r: 2.5 + 4 * level, class: "sound" });
    }), ...links.map(({ azimuth }) => drawn("path", { d: "M-5 -35L0 -42L5 -35Z", class: "way", transform: `rotate(${-azimuth})` })));
  }

  // wide: tangent of half the angle that is seen.
  turn(yaw, wide) {
    const half = Math.atan(wide), x = RIM * Math.sin(half), y = -RIM * Math.cos(half);
    this.cone.setAttribute("d", `M0 0L${-x} ${y}A${RIM} ${RIM} 0 0 1 ${x} ${y}Z`);
    this.around.setAttribute("transform", `rotate(${yaw})`);
  }
}
