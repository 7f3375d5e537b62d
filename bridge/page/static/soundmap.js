// The map of a library: sounds to look at, to find, and to listen to.

import { element } from "./element.js";
import { MapCanvas, median } from "./mapcanvas.js";
import { MapCard } from "./mapcard.js";
import { MapFind } from "./mapfind.js";
import { keys, pointers } from "./maphands.js";
import { MapPlayer } from "./mapplayer.js";
import { words } from "./words.js";

const DWELL_MS = 60;    // who only passes over a sound doesn't want to hear it

export class SoundMap {
  hovered = -1;
  selected = -1;
  #dwelling = 0;
  #source;

  // holder: gets the map. source: {sound(clip), detail(clip)}, promises of a clip's address (null if another one was
  // asked for meanwhile) and of what MapCard.detail shows.
  constructor(holder, source) {
    this.#source = source;
    this.canvas = new MapCanvas();
    this.find = new MapFind((shown) => this.canvas.sift(shown));
    this.card = new MapCard();
    this.hint = element("p", { id: "hint", role: "status", hidden: true });
    this.tip = element("div", { id: "tip", hidden: true });
    this.told = element("p", { className: "told", role: "status" });
    this.player = new MapPlayer((sounding) => this.canvas.mark({ sounding }), (why) => {
      this.hint.textContent = why;
      this.hint.hidden = !why;
    });
    this.help = element("section", { id: "help", ariaLabel: "How to use the map" },
      element("p", { textContent: "Hover or tap to hear, click for more, scroll or pinch to zoom." }),
      element("p", { textContent: "By keys: arrows walk from sound to sound, Enter plays, / searches, + and - zoom, 0 shows all, Escape stops." }));
    this.side = element("div", { className: "side" }, this.card.node, this.help);
    this.canvas.node.append(this.tip, this.hint, this.told, this.player.audio);
    holder.replaceChildren(this.find.node, this.canvas.node, this.side);
    addEventListener("pointerdown", () => { this.hint.hidden = true; });
    pointers(this.canvas.marks, {
      hover: (x, y, reach) => this.hover(this.canvas.nearest(x, y, Math.max(reach, this.canvas.radius + 6))),
      choose: (x, y, reach) => this.choose(this.canvas.nearest(x, y, reach)),
      zoom: (...given) => this.canvas.zoom(...given),
      pan: (...given) => this.canvas.pan(...given),
      leave: () => this.hover(-1),
    });
    keys(this.canvas.marks, this.find.search, {
      clear: () => { this.find.clear(); this.select(-1); this.canvas.marks.focus(); },
      first: () => { this.go(this.find.shown.indexOf(1)); this.canvas.marks.focus(); },
      search: () => this.find.search.focus(),
      whole: () => this.canvas.whole(),
      zoom: (factor) => this.canvas.zoom(factor, ...this.canvas.middle),
      walk: (dx, dy) => this.walk(dx, dy),
      play: () => this.selected >= 0 && this.play(this.selected),
    });
  }

  // Show a library; data: see bridge/map.
  show(data) {
    this.data = data;
    const { x, y, category } = data.clips;
    this.groups = data.categories.map((name) => ({ name: words(name) || "no category", members: [] }));
    category.forEach((number, i) => this.groups[number].members.push(i));
    colour(this.groups, x, y);
    this.hover(-1);
    this.select(-1);
    this.canvas.show(x, y, category, this.groups);
    this.find.show(data, this.groups);
  }

  // The same sounds go to other places.
  move(x, y) {
    colour(this.groups, x, y);
    this.find.recolour();
    this.canvas.move(x, y);
  }

  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    clearTimeout(this.#dwelling);
    this.canvas.marks.classList.toggle("over", i >= 0);
    this.tip.hidden = i < 0;
    if (i >= 0) {
      const [x, y] = this.canvas.screen(i), [middle] = this.canvas.middle;
      this.tip.replaceChildren(this.data.clips.title[i], element("small", { textContent: this.#group(i).name }));
      this.tip.style.left = `${Math.min(Math.max(x, 90), 2 * middle - 90)}px`;
      this.tip.style.top = `${Math.max(y, 70)}px`;
      this.#dwelling = setTimeout(() => this.play(i), DWELL_MS);
    } else if (this.player.sounding !== this.selected) {
      this.player.stop();
    }
    this.canvas.mark({ hovered: i });
  }

  play(i) {
    clearTimeout(this.#dwelling);
    return this.player.play(i, this.#source.sound(i));
  }

  choose(i) {
    this.select(i);
    if (i >= 0) this.play(i);
  }

  // Choose a clip and bring it into view.
  go(i) {
    if (i < 0) return;
    this.canvas.reveal(i);
    this.choose(i);
  }

  async select(i) {
    this.selected = i;
    this.help.hidden = i >= 0;
    this.canvas.mark({ selected: i, alike: [] });
    if (i < 0) {
      this.card.hide();
      this.player.stop();
      return;
    }
    const { title, seconds, licence } = this.data.clips, group = this.#group(i);
    this.told.textContent = `${title[i]}, ${group.name}`;
    this.card.show({ title: title[i], category: group.name, colour: group.colour, seconds: seconds[i],
      licence: this.data.licences[licence[i]] }, { play: () => this.play(i), close: () => this.select(-1) });
    const detail = await this.#source.detail(i);
    if (this.selected !== i || detail === null) return;
    this.card.detail(detail, { name: (clip) => title[clip], colour: (clip) => this.#group(clip).colour, go: (clip) => this.go(clip) });
    this.canvas.mark({ alike: detail.alike });
  }

  // Walk to the nearest shown clip that lies in a direction, within 45 degrees of it.
  walk(dx, dy) {
    if (this.selected < 0) {
      this.go(this.canvas.nearest(...this.canvas.middle, Infinity));
      return;
    }
    const { x, y } = this.canvas, shown = this.find.shown;
    let best = -1, least = Infinity;
    for (let i = 0; i < x.length; i++) {
      const right = x[i] - x[this.selected], down = y[i] - y[this.selected];
      const ahead = right * dx + down * dy, aside = Math.abs(right * dy - down * dx), far = ahead + 2 * aside;
      if (shown[i] && ahead > 0 && aside <= ahead && far < least) [best, least] = [i, far];
    }
    this.go(best);
  }

  #group(i) {
    return this.groups[this.data.clips.category[i]];
  }
}

// Hues run around the map, so that neighbours look alike; lightness tells the next one apart.
function colour(groups, x, y) {
  const angle = new Map(groups.map((group) => [group, Math.atan2(median(group.members, y), median(group.members, x))]));
  [...groups].sort((a, b) => angle.get(a) - angle.get(b)).forEach((group, turn) => {
    group.colour = `hsl(${Math.round(360 * turn / groups.length + 20) % 360} 82% ${turn % 2 ? 73 : 66}%)`;
  });
}
