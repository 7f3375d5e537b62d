"""`python -m models.evaluate --data DIR`: how well eye and ear do on photographs and recordings they never met.

Pictures are queries, sounds the gallery; a sound is right when its category belongs to the picture's theme in
pairs.csv. Ranked by KL(p || q) as the engine does, which is the order of the inner product p . log q.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from torch import Tensor
from tqdm import tqdm

from .data import Picture, Sound, Theme, read_pictures, read_sounds, read_themes
from .export import load_model, record_metrics, run_in_batches
from .pictures import prepare
from .places365 import load_teacher, read_classes
from .sounds import read_wave
from .targets import known_places
from .train import CACHE, WEIGHTS
from .training import kl


def retrieval(scores: Tensor, relevant: Tensor, themes: list[str]) -> dict[str, Any]:
    """Precision at 1 and 5, mean average precision and chance, each the mean over themes of the mean over queries.

    scores float [Q,G], higher is better; relevant bool [Q,G], at least one per query; themes: each query's theme.
    """
    order = scores.argsort(1, descending=True)
    hits = relevant.gather(1, order).double()
    ranks = torch.arange(1, hits.shape[1] + 1)
    precision = hits.cumsum(1) / ranks
    per_query = {
        "precision_at_1": hits[:, 0],
        "precision_at_5": hits[:, :5].mean(1),
        "mean_average_precision": (precision * hits).sum(1) / hits.sum(1),
        "chance": relevant.double().mean(1),
    }
    names = sorted(set(themes))
    rows = {name: torch.tensor([theme == name for theme in themes]) for name in names}
    by_theme = {name: {key: round(float(v[rows[name]].mean()), 4) for key, v in per_query.items()} for name in names}
    overall = {key: round(sum(by_theme[name][key] for name in names) / len(names), 4) for key in per_query}
    return {"themes": len(names), "pictures": len(scores), "sounds": scores.shape[1], **overall, "by_theme": by_theme}


def queries(
    pictures: list[Picture], sounds: list[Sound], themes: list[Theme]
) -> tuple[list[int], list[int], Tensor, list[str]]:
    """Who asks and who may answer: picture indices [Q], sound indices [G], relevant [Q,G], theme of each query.

    Themes none of whose sounds are there are left out.
    """
    gallery = [i for i, sound in enumerate(sounds) if any(sound.category in theme.sounds for theme in themes)]
    asking, names, rows = [], [], []
    for theme in themes:
        right = torch.tensor([sounds[i].category in theme.sounds for i in gallery])
        if not right.any():
            continue
        for i, picture in enumerate(pictures):
            if picture.category in theme.pictures:
                asking.append(i)
                names.append(theme.name)
                rows.append(right)
    return asking, gallery, torch.stack(rows), names


def evaluate(data: Path, eye_file: Path, ear_file: Path, cache: Path) -> dict[str, Any]:
    """All figures, as nested dicts that JSON can hold."""
    classes = read_classes(data / "places365")
    everything = read_pictures(data)
    decoded = prepare([p.file for p in everything], load_teacher(data / "places365"), cache)
    held = [i for i, picture in enumerate(everything) if picture.held_out]
    pictures = [everything[i] for i in held]
    teacher = decoded.teacher[held]
    eye, _ = load_model(eye_file)
    log_p, picture_embedding = run_in_batches(eye, decoded.pixels[held])

    sounds = [sound for sound in read_sounds(data) if sound.held_out]
    ear, _ = load_model(ear_file)
    heard = [run_in_batches(ear, read_wave(sound.file)[None]) for sound in tqdm(sounds, desc="sounds", unit="file")]
    log_q = torch.cat([q for q, _ in heard])
    sound_embedding = torch.cat([e for _, e in heard])

    themes = read_themes(data)
    strict = [sound for sound in sounds if not sound.sole]
    rankings: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "kl": lambda q, g: log_p[q].exp() @ log_q[g].T,
        "embedding": lambda q, g: picture_embedding[q] @ sound_embedding[g].T,
    }
    results: dict[str, Any] = {"eye": eye_metrics(log_p, teacher, pictures, classes)}
    for gallery_name, members in (("held_out_recordings", strict), ("with_sole_recordings", sounds)):
        asking, gallery, relevant, names = queries(pictures, members, themes)
        positions = torch.tensor([sounds.index(members[i]) for i in gallery])
        for ranking, score in rankings.items():
            results[f"{gallery_name}_by_{ranking}"] = retrieval(score(torch.tensor(asking), positions), relevant, names)
    return results


def eye_metrics(log_p: Tensor, teacher: Tensor, pictures: list[Picture], classes: list[str]) -> dict[str, float]:
    """Agreement with the teacher, and both against the truth where a category is one single place."""
    places = [known_places(picture.category, classes) for picture in pictures]
    rows = [i for i, known in enumerate(places) if len(known) == 1 and pictures[i].category.startswith("miniplaces")]
    truth = torch.tensor([places[i][0] for i in rows])

    def correct(scores: Tensor, k: int) -> float:
        return round(float((scores[rows].topk(k).indices == truth[:, None]).any(1).double().mean()), 4)

    return {
        "pictures": len(pictures),
        "teacher_kl": round(float(kl(teacher, log_p)), 4),
        "teacher_agreement": round(float((log_p.argmax(1) == teacher.argmax(1)).double().mean()), 4),
        "place_pictures": len(rows),
        "place_top1": correct(log_p, 1),
        "place_top5": correct(log_p, 5),
        "teacher_place_top1": correct(teacher, 1),
        "teacher_place_top5": correct(teacher, 5),
    }


def table(results: dict[str, Any]) -> str:
    """The figures for people."""
    lines = ["eye, held-out photographs"]
    lines += [f"  {key:22} {value}" for key, value in results["eye"].items()]
    for name, result in results.items():
        if name == "eye":
            continue
        lines.append(f"\n{name}: {result['themes']} themes, {result['pictures']} pictures, {result['sounds']} sounds")
        lines.append(f"  {'':14} {'P@1':>6} {'P@5':>6} {'mAP':>6} {'chance':>6}")
        rows = {"all themes": result, **(result["by_theme"] if name == "held_out_recordings_by_kl" else {})}
        for theme, row in rows.items():
            values = (row[k] for k in ("precision_at_1", "precision_at_5", "mean_average_precision", "chance"))
            lines.append(f"  {theme:14} " + " ".join(f"{value:6.2f}" for value in values))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m models.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="photographs, sounds, pairs.csv")
    parser.add_argument("--eye", type=Path, default=WEIGHTS / "eye.ts", metavar="FILE", help="model file")
    parser.add_argument("--ear", type=Path, default=WEIGHTS / "ear.ts", metavar="FILE", help="model file")
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="DIR", help="decoded data")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there as well")
    parser.add_argument("--record", action="store_true", help="put the figures into the two model files' manifests")
    options = parser.parse_args()
    torch.set_num_threads(1)
    results = evaluate(options.data, options.eye, options.ear, options.cache)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.record:
        record_metrics(options.eye, results["eye"])
        summary = {
            name: {key: value for key, value in result.items() if key != "by_theme"}
            for name, result in results.items()
            if name != "eye"
        }
        record_metrics(options.ear, summary)
    print(table(results))


if __name__ == "__main__":
    main()
