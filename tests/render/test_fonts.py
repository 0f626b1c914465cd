import json

from render.fonts import FOLDER, Face, font_for, open_font

LICENCES = {
    "Inter-": "OFL-Inter.txt",
    "Fraunces-": "OFL-Fraunces.txt",
    "NotoSansCJK-": "OFL-NotoSansCJK.txt",
    "NotoColorEmoji": "OFL-NotoColorEmoji.txt",
    "Noto": "OFL-NotoSans.txt",
}


def fonts() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".ttf", ".otf"})


def test_every_font_has_its_licence_beside_it() -> None:
    for font in fonts():
        licence = next(file for start, file in LICENCES.items() if font.startswith(start))

        assert "SIL Open Font License, Version 1.1" in (FOLDER / licence).read_text(encoding="utf-8")


def test_the_list_of_coverage_names_every_font() -> None:
    listed = json.loads((FOLDER / "coverage.json").read_text(encoding="ascii"))

    assert sorted(listed) == fonts()
    assert all(bounds == sorted(bounds) and len(bounds) % 2 == 0 for bounds in listed.values())


def test_every_font_opens() -> None:
    for font in fonts():
        assert open_font(font, 24, shaped=False).getname()[0]


def test_fonts_leave_room_in_the_repository() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 36_000_000


def test_each_voice_begins_with_its_own_font() -> None:
    assert [font_for("a", face) for face in Face] == ["Fraunces-Display.ttf", "Inter-SemiBold.otf", "Inter-Medium.otf"]
    assert [font_for("김", face) for face in Face] == [
        "NotoSansCJK-Bold.otf",
        "NotoSansCJK-Bold.otf",
        "NotoSansCJK-Medium.otf",
    ]
    assert font_for("\U000f0000", Face.TEXT) is None
