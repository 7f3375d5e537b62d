"""Published data sets are recognised by their layout, and read with category, original, fold and split."""

from collections import Counter
from pathlib import Path

import pytest

from engine.errors import UserError
from models.datasets.esc import EscClip, read_esc
from models.datasets.item import Item
from models.datasets.opening import open_dataset


def lay_out(folder: Path, *files: str) -> Path:
    """Make files that have a name and nothing in them: readers look no further."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def write_table(file: Path, *lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_esc_50_as_published(tmp_path: Path) -> None:
    write_table(tmp_path / "meta" / "esc50.csv", "filename,fold,target,category,esc10,src_file,take",
                "1-100032-A-0.wav,1,0,dog,True,100032,A", "5-244933-B-34.wav,5,34,can_opening,False,244933,B")
    lay_out(tmp_path / "audio", "1-100032-A-0.wav", "5-244933-B-34.wav")
    assert read_esc(tmp_path) == [
        EscClip(tmp_path / "audio" / "1-100032-A-0.wav", "dog", 1, "freesound 100032"),
        EscClip(tmp_path / "audio" / "5-244933-B-34.wav", "can_opening", 5, "freesound 244933"),
    ]
    dataset = open_dataset(tmp_path)
    assert dataset.kind == "esc" and [item.fold for item in dataset.items] == [1, 5]


def test_esc_10_as_first_published(tmp_path: Path) -> None:
    lay_out(tmp_path, "001 - Dog bark/1-100032-A.ogg", "003 - Sea waves/4-204830-C.ogg", "README.md")
    assert [(clip.category, clip.fold, clip.recording) for clip in read_esc(tmp_path)] == [
        ("dog_bark", 1, "freesound 100032"), ("sea_waves", 4, "freesound 204830")]
    assert open_dataset(tmp_path).kind == "esc"


def test_esc_10_under_other_names_is_known_by_its_manifest(shared_data: Path) -> None:
    clips = read_esc(shared_data / "sounds")
    assert Counter(clip.fold for clip in clips) == {1: 80, 2: 80, 3: 80, 4: 80}
    assert set(Counter(clip.category for clip in clips).values()) == {32}
    by_recording = {}
    for clip in clips:
        assert clip.file.is_file()
        assert by_recording.setdefault(clip.recording, clip.fold) == clip.fold


def test_what_is_not_esc_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path, "dog/1.wav")
    with pytest.raises(UserError, match=r"is not ESC-50 or ESC-10; expected meta/esc50\.csv"):
        read_esc(tmp_path)
    write_table(tmp_path / "meta" / "esc50.csv", "filename,category", "dog.wav,dog")
    with pytest.raises(UserError, match=r"'dog\.wav' is no name of a clip"):
        read_esc(tmp_path)
    write_table(tmp_path / "meta" / "esc50.csv", "name", "1-100032-A-0.wav")
    with pytest.raises(UserError, match="no column filename, category"):
        read_esc(tmp_path)


def test_urbansound8k_as_published(tmp_path: Path) -> None:
    write_table(tmp_path / "metadata" / "UrbanSound8K.csv",
                "slice_file_name,fsID,start,end,salience,fold,classID,class",
                "100032-3-0-0.wav,100032,0.0,0.317551,1,5,3,dog_bark",
                "100263-2-0-117.wav,100263,58.5,62.5,1,10,2,children_playing")
    lay_out(tmp_path / "audio", "fold5/100032-3-0-0.wav", "fold10/100263-2-0-117.wav")
    dataset = open_dataset(tmp_path)
    assert dataset.kind == "urbansound8k"
    assert [(item.category, item.original, item.fold) for item in dataset.items] == [
        ("dog_bark", "freesound 100032", 5), ("children_playing", "freesound 100263", 10)]


def test_files_that_a_table_names_but_are_not_there_are_left_out_and_told(tmp_path: Path) -> None:
    write_table(tmp_path / "metadata" / "UrbanSound8K.csv", "slice_file_name,fold,class", "1-3-0-0.wav,1,dog_bark",
                "2-3-0-0.wav,2,dog_bark", "3-3-0-0.wav,2,siren")
    lay_out(tmp_path / "audio", "fold1/1-3-0-0.wav")
    dataset = open_dataset(tmp_path)
    assert [item.original for item in dataset.items] == ["freesound 1"]
    [remark] = dataset.remarks
    assert remark.startswith("2 files that it names are not there, the first is ") and "2-3-0-0.wav" in remark
    (tmp_path / "audio" / "fold1" / "1-3-0-0.wav").unlink()
    with pytest.raises(UserError, match="kind 'urbansound8k', but none of the 3 items"):
        open_dataset(tmp_path)


def test_sub_urmp_pairs_frames_with_their_sounds(tmp_path: Path) -> None:
    lay_out(tmp_path, "img/train/violin/violin02_500.jpg", "chunk/train/violin/violin02_500.wav",
            "img/train/violin/violin02_1000.jpg", "chunk/train/violin/violin02_1000.wav",
            "img/validation/double_bass/double_bass01_500.jpg", "chunk/validation/double_bass/double_bass01_500.wav",
            "chunk/validation/tuba/0001.wav", "chunk/validation/tuba/0002.wav")
    dataset = open_dataset(tmp_path)
    assert dataset.kind == "sub-urmp"
    found = {(item.split, item.category, item.original, item.picture is not None) for item in dataset.items}
    assert found == {
        ("train", "violin", "violin02", True), ("validation", "double_bass", "double_bass01", True),
        ("validation", "tuba", "validation/tuba", False)}
    assert len(dataset.items) == 5
    assert all(item.picture.stem == item.sound.stem for item in dataset.items if item.picture and item.sound)


def test_pictures_and_sounds_in_two_trees_share_categories(tmp_path: Path) -> None:
    lay_out(tmp_path, "images/drum/n1.jpg", "images/drum/n2.jpg", "audio/drum/solo.wav", "images/violin/n3.png")
    dataset = open_dataset(tmp_path)
    assert Counter((item.category, item.picture is not None) for item in dataset.items) == {
        ("drum", True): 2, ("drum", False): 1, ("violin", True): 1}


def test_folders_by_category_at_any_depth_with_and_without_manifests(tmp_path: Path) -> None:
    lay_out(tmp_path, "scenes/sea/1.jpg", "scenes/sea/2.JPG", "sounds/rain/1.ogg", "sounds/rain/2.ogg", "top.wav",
            ".cache/sea/1.jpg", "scenes/sea/._1.jpg", "scenes/sea/notes.txt")
    write_table(tmp_path / "sounds" / "manifest.csv", "file,original,source,licence",
                'rain/1.ogg,002 - Rain/3-142601-A.ogg,ESC-10,"CC BY 3.0, attribution"',
                "rain/2.ogg,moodist/rain @9.0s,moodist,CC0", "rain/gone.ogg,moodist/rain @17.0s,moodist,CC0")
    dataset = open_dataset(tmp_path)
    assert dataset.kind == "categories"
    sea, also_sea, rain, more_rain = dataset.items
    assert sea == Item("scenes/sea", "scenes/sea/1.jpg", picture=tmp_path / "scenes/sea/1.jpg")
    assert also_sea.picture and also_sea.picture.name == "2.JPG"
    assert (rain.category, rain.original, rain.fold, rain.licence) == (
        "sounds/rain", "freesound 142601", 3, "CC BY 3.0, attribution")
    assert (more_rain.original, more_rain.fold, more_rain.source) == ("moodist/rain", None, "moodist")
    assert "gone.ogg" in dataset.remarks[0]


def test_real_folders_are_read_as_the_manifest_counts_them(shared_data: Path) -> None:
    sounds = open_dataset(shared_data / "sounds")
    assert len(sounds.items) == 997 and not sounds.remarks
    assert len({item.original for item in sounds.items}) < 700
    assert all(item.licence for item in sounds.items)
    instruments = open_dataset(shared_data / "instruments")
    violins = [item for item in instruments.items if item.category == "violin"]
    assert {(item.picture is None, item.sound is None) for item in violins} == {(True, False), (False, True)}


def test_videos(tmp_path: Path, shared_data: Path) -> None:
    lay_out(tmp_path, "sea/1.mp4", "sea/deep/2.mkv", "fire/3.MOV")
    assert {(item.category, item.original) for item in open_dataset(tmp_path).items} == {
        ("sea", "sea/1.mp4"), ("deep", "sea/deep/2.mkv"), ("fire", "fire/3.MOV")}
    assert (found := open_dataset(shared_data / "paired_av")).kind == "videos" and len(found.items) == 13


def test_lists_of_sounds_and_screenshots(tmp_path: Path) -> None:
    lay_out(tmp_path, "mp3/1.mp3", "mp3/2.mp3", "shots/a.jpg", "shots/b.jpg", "with space/3.mp3", "shots/c.jpg",
            "frames/x/4.mp4/00000001.jpg", "frames/x/4.mp4/00000002.jpg", "mp3/x/4.mp3",
            "frames/5.mp4/00000001.jpg", "frames/5.mp3")
    write_table(tmp_path / "list.txt", "mp3/1.mp3 shots/a.jpg shots/b.jpg", "", "mp3/2.mp3 7",
                "with space/3.mp3\tshots/c.jpg", "frames/x/4.mp4/00000001.jpg 0", "frames/x/4.mp4/00000002.jpg 0",
                "frames/5.mp4/00000001.jpg 0", "what is this", "mp3/gone.mp3")
    dataset = open_dataset(tmp_path / "list.txt")
    assert dataset.kind == "list"
    told = [(item.category, item.original, item.picture and item.picture.name,
             item.sound and item.sound.relative_to(tmp_path).as_posix()) for item in dataset.items]
    assert told == [
        ("", "1", "a.jpg", "mp3/1.mp3"), ("", "1", "b.jpg", "mp3/1.mp3"), ("7", "2", None, "mp3/2.mp3"),
        ("", "3", "c.jpg", "with space/3.mp3"), ("", "4.mp4", "00000001.jpg", "mp3/x/4.mp3"),
        ("", "4.mp4", "00000002.jpg", "mp3/x/4.mp3"), ("", "5.mp4", "00000001.jpg", "frames/5.mp3")]
    assert dataset.remarks[0] == "1 lines name neither a sound nor a picture, the first is line 8"
    assert "gone.mp3" in dataset.remarks[1]


def test_what_is_not_known_is_refused_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder or list"):
        open_dataset(tmp_path / "gone")
    lay_out(tmp_path, "a.jpg", "notes.md")
    with pytest.raises(UserError, match="is no data set that is known") as refusal:
        open_dataset(tmp_path)
    assert all(word in str(refusal.value) for word in ("esc50.csv", "UrbanSound8K.csv", "chunk/train", "sea/1.mp4"))
    (tmp_path / "readme.txt").write_text("Once upon a time\n")
    with pytest.raises(UserError, match="none of the 0 items"):
        open_dataset(tmp_path / "readme.txt")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="can't be read as text"):
        open_dataset(tmp_path / "bytes.txt")
