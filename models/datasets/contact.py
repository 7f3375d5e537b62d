"""A contact sheet: the pairs of a data set on one page, to look at and to listen to."""

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np
import soundfile

from .chunks import SPLITS, Cut, Pair, replace_text

SHEET = "contact.html"
_SHOWN = 40  # pairs of a category in a split, evenly spread
_POINTS = 120
_HEIGHT = 32

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 14px system-ui, sans-serif; margin: 2em; background: #181818; color: #ddd }}
table {{ border-collapse: collapse }} td, th {{ padding: .2em 1em .2em 0; text-align: left; vertical-align: top }}
.pairs {{ display: flex; flex-wrap: wrap; gap: 8px }}
figure {{ margin: 0; width: 160px; cursor: pointer }}
figure img {{ width: 160px; height: 120px; object-fit: cover; display: block }}
figure svg {{ width: 160px; height: {height}px; background: #222; display: block }}
figure path {{ stroke: #7bf; fill: none }} figure.on path {{ stroke: #fc6 }}
figcaption {{ font-size: 11px; color: #999; overflow-wrap: anywhere }}
</style></head><body>
<h1>{title}</h1>
<p>{summary} Click on a picture to hear its sound.</p>
{sections}
<h2>Videos</h2>
<table><tr><th>video<th>category<th>split<th>chunks<th>pairs<th>too quiet<th>unfit<th></tr>
{videos}
</table>
<script>
const player = new Audio();
let playing = null;
document.addEventListener("click", event => {{
  const figure = event.target.closest("figure");
  if (!figure) return;
  playing?.classList.remove("on");
  playing = figure;
  figure.classList.add("on");
  player.src = figure.dataset.sound;
  player.play();
}});
player.onended = () => playing?.classList.remove("on");
</script>
</body></html>
"""


def write_contact_sheet(folder: Path, cuts: Sequence[Cut], pairs: Sequence[Pair]) -> None:
    """Write the page into the folder of the data set; its pictures and sounds are the set's own files."""
    groups: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.category, pair.split].append(pair)
    sections = [_section(folder, category, split, groups[category, split])
                for category in sorted({pair.category for pair in pairs})
                for split in SPLITS if groups[category, split]]
    quiet, unfit = sum(cut.quiet for cut in cuts), sum(cut.unfit for cut in cuts)
    replace_text(folder / SHEET, _PAGE.format(
        title=escape(f"Pairs in {folder.resolve().name}"),
        summary=f"{len(pairs)} pairs from {len(cuts)} videos; dropped: {quiet} chunks too quiet, {unfit} whose picture "
                "and sound do not fit.",
        sections="\n".join(sections), height=_HEIGHT,
        videos="\n".join(f"<tr><td>{escape(cut.video)}<td>{escape(cut.category)}<td>{cut.split}<td>{cut.chunks}"
                         f"<td>{cut.pairs}<td>{cut.quiet}<td>{cut.unfit}<td>{escape(cut.why or cut.remark)}</tr>"
                         for cut in sorted(cuts, key=lambda cut: (cut.category, cut.video)))))


def _section(folder: Path, category: str, split: str, pairs: Sequence[Pair]) -> str:
    shown = pairs[::max(1, -(-len(pairs) // _SHOWN))]
    count = f"{len(pairs)}" + (f", of which {len(shown)} are shown" if len(shown) < len(pairs) else "")
    figures = "\n".join(_figure(folder, pair) for pair in shown)
    return f'<h2>{escape(category)}, {split}: {count}</h2>\n<div class="pairs">\n{figures}\n</div>'


def _figure(folder: Path, pair: Pair) -> str:
    caption = f"{pair.video}, {pair.time:g} s, {pair.level:.1f} dBFS" + (f", {pair.place}" if pair.place else "")
    return (f'<figure data-sound="{quote(pair.sound)}"><img loading="lazy" alt="" src="{quote(pair.picture)}">'
            f'<svg viewBox="0 -1 {_POINTS} 2" preserveAspectRatio="none"><path stroke-width="1" '
            f'vector-effect="non-scaling-stroke" d="{_waveform(folder / pair.sound)}"/></svg>'
            f"<figcaption>{escape(caption)}</figcaption></figure>")


def _waveform(file: Path) -> str:
    """An SVG path through the highest and lowest samples of each of _POINTS parts of a sound."""
    samples, _ = soundfile.read(file, dtype="float32")
    parts = np.array_split(samples, _POINTS)
    return "M" + "L".join(f"{x} {-part.max():.2f}L{x} {-part.min():.2f}" for x, part in enumerate(parts))
