"""Builds the bundled font subsets from the original font files: python build.py ORIGINALS (see README.md)."""

import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont
from fontTools.varLib import instancer

HERE = Path(__file__).parent
NAMES = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]  # of the name table: names, copyright, licence

LATIN = (
    (0x20, 0x7E),
    (0xA0, 0x3FF),
    (0x400, 0x52F),
    (0x1E00, 0x1FFF),
    (0x2010, 0x2027),
    (0x202F, 0x205F),
    (0x2070, 0x209C),
    (0x20A0, 0x20C0),
    (0x2116, 0x2122),
    (0x2150, 0x215E),
    (0x2190, 0x2199),
    (0x2212, 0x2215),
    (0x2248, 0x2265),
    (0xFB00, 0xFB06),
)
EAST_ASIAN_SIGNS = (
    (0x20, 0x7E),
    (0xA0, 0xFF),
    (0x2010, 0x2027),
    (0x2030, 0x205E),
    (0x2100, 0x214F),
    (0x2150, 0x218B),
    (0x2190, 0x22FF),
    (0x2460, 0x26FF),
    (0x3000, 0x31FF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
)
EAST_ASIAN_ALL = (
    *EAST_ASIAN_SIGNS,
    (0x2E80, 0x2FDF),
    (0x3200, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x1100, 0x11FF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x1F100, 0x1F2FF),
)
SCRIPTS = [
    "Adlam",
    "Arabic",
    "Armenian",
    "Balinese",
    "Batak",
    "Bengali",
    "Buginese",
    "Buhid",
    "CanadianAboriginal",
    "Chakma",
    "Cham",
    "Cherokee",
    "Coptic",
    "Deseret",
    "Devanagari",
    "EgyptianHieroglyphs",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Gujarati",
    "Gurmukhi",
    "HanifiRohingya",
    "Hanunoo",
    "Hebrew",
    "InscriptionalPahlavi",
    "Javanese",
    "Kannada",
    "KayahLi",
    "Khmer",
    "Lao",
    "Lepcha",
    "Limbu",
    "LinearA",
    "LinearB",
    "Lisu",
    "Malayalam",
    "MeeteiMayek",
    "Miao",
    "Mongolian",
    "Myanmar",
    "NKo",
    "NewTaiLue",
    "Newa",
    "Ogham",
    "OlChiki",
    "OldHungarian",
    "OldTurkic",
    "Oriya",
    "Osage",
    "PhagsPa",
    "Phoenician",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Shavian",
    "Sinhala",
    "Sundanese",
    "SylotiNagri",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "TaiLe",
    "TaiTham",
    "TaiViet",
    "Tamil",
    "Telugu",
    "Thaana",
    "Thai",
    "Tifinagh",
    "Ugaritic",
    "Vai",
    "Yi",
]
SYMBOLS = ("Symbols", "Symbols2", "Math")
CJK_DROPPED = ("vhea", "vmtx", "VORG", "BASE")
BEYOND_BASIC_PLANE_HAN = 0x20000
WEIGHTS = ("SemiBold", "Bold", "Medium", "Regular")  # the first of these that a family has


def main(originals: Path) -> None:
    """Write every font subset and the list of characters that each covers."""
    made = [_latin(originals, f"Inter-{weight}.otf") for weight in ("Medium", "SemiBold")]
    made.append(_display(originals))
    made += [_script(originals, f"NotoSans{script}") for script in ("", *SCRIPTS)]
    made.append(_script(originals, "NotoSerifTibetan"))
    made += [_script(originals, f"NotoSans{script}") for script in SYMBOLS]
    made += [_east_asian(originals, "Medium", _common()), _east_asian(originals, "Bold", _codes(EAST_ASIAN_ALL))]
    made.append(_rare_han(originals))
    emoji = HERE / "NotoColorEmoji.ttf"
    shutil.copyfile(_find(originals, emoji.name), emoji)
    made += [emoji, _newer_emoji(originals, emoji)]
    coverage = {path.name: _ranges(TTFont(path, lazy=True).getBestCmap()) for path in made}
    listed = json.dumps(coverage, separators=(",", ":")).replace("],", "],\n")
    (HERE / "coverage.json").write_text(f"{listed}\n", encoding="ascii")


def _latin(originals: Path, name: str) -> Path:
    features = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]
    return _cut(TTFont(_find(originals, name)), _codes(LATIN), features, HERE / name)


def _display(originals: Path) -> Path:
    font = TTFont(_find(originals, "fraunces-latin-full-normal.woff2"))
    font.flavor = None
    instancer.instantiateVariableFont(font, {"opsz": 96, "wght": 540, "SOFT": 40, "WONK": 0}, inplace=True)
    return _cut(font, font.getBestCmap(), ["kern", "liga", "ccmp"], HERE / "Fraunces-Display.ttf")


def _script(originals: Path, family: str) -> Path:
    found = next(path for weight in WEIGHTS for path in originals.rglob(f"{family}-{weight}.ttf"))
    font = TTFont(found)
    return _cut(font, font.getBestCmap(), ["*"], HERE / found.name)


def _east_asian(originals: Path, weight: str, codes: Iterable[int]) -> Path:
    font = TTCollection(_find(originals, f"NotoSansCJK-{weight}.ttc"), lazy=True).fonts[0]
    features = ["locl", "ccmp", "mark", "mkmk", "ljmo", "vjmo", "tjmo"]
    return _cut(font, codes, features, HERE / f"NotoSansCJK-{weight}.otf", drop=CJK_DROPPED)


def _rare_han(originals: Path) -> Path:
    """A font with the Han characters outside the Basic Multilingual Plane, so that the large font stays unchanged."""
    font = TTCollection(_find(originals, "NotoSansCJK-Bold.ttc"), lazy=True).fonts[0]
    rare = {code for code in font.getBestCmap() if code >= BEYOND_BASIC_PLANE_HAN}
    return _cut(font, rare, ["locl"], HERE / "NotoSansCJK-Rare-Bold.otf", drop=CJK_DROPPED)


def _newer_emoji(originals: Path, older: Path) -> Path:
    """A font with the emoji and sequences that the newer version of the emoji font has and `older` lacks."""
    font, before = TTFont(_find(originals, "NotoColorEmoji-2.051.ttf")), TTFont(older)
    codes = set(font.getBestCmap()) - set(before.getBestCmap())
    known = {sequence for _, _, sequence in _ligatures(before)}
    for ligatures, ligature, sequence in _ligatures(font):
        if sequence in known:
            ligatures.remove(ligature)
        else:
            codes.update(code for code in sequence if code is not None)
    return _cut(font, codes, ["*"], HERE / "NotoColorEmoji-Newer.ttf")


def _ligatures(font: TTFont) -> list[tuple[list[Any], Any, tuple[int | None, ...]]]:
    """Every ligature of `font`: the list that holds it, the entry itself, and its code points."""
    code_of = {name: code for code, name in font.getBestCmap().items()}
    tables = [table for lookup in font["GSUB"].table.LookupList.Lookup for table in lookup.SubTable]
    return [
        (ligatures, ligature, tuple(code_of.get(name) for name in (first, *ligature.Component)))
        for table in tables
        for first, ligatures in getattr(getattr(table, "ExtSubTable", table), "ligatures", {}).items()
        for ligature in ligatures
    ]


def _cut(font: TTFont, codes: Iterable[int], features: list[str], target: Path, drop: Iterable[str] = ()) -> Path:
    options = subset.Options()
    options.layout_features = features
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = NAMES
    options.drop_tables += drop
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=set(codes))
    subsetter.subset(font)
    font.save(target)
    return target


def _common() -> set[int]:
    """Characters for labels: first levels of the legacy national encodings, and the 2,350 everyday Hangul syllables."""
    first_levels = (("big5", 0xA4, 0xC6), ("gb2312", 0xB0, 0xD7), ("shift_jis", 0x88, 0x98))
    found = _codes(EAST_ASIAN_SIGNS)
    for code in range(0x4E00, 0xA000):
        for codec, low, high in first_levels:
            encoded = chr(code).encode(codec, "ignore")
            if len(encoded) == 2 and low <= encoded[0] <= high:  # noqa: PLR2004 - bytes of one character
                found.add(code)
    found |= {code for code in range(0xAC00, 0xD7A4) if len(chr(code).encode("euc_kr", "ignore")) == 2}  # noqa: PLR2004
    return found


def _find(originals: Path, name: str) -> Path:
    return next(originals.rglob(name))


def _codes(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {code for first, last in ranges for code in range(first, last + 1)}


def _ranges(codes: Iterable[int]) -> list[int]:
    bounds: list[int] = []
    for code in sorted(codes):
        if bounds and code == bounds[-1] + 1:
            bounds[-1] = code
        else:
            bounds += [code, code]
    return bounds


if __name__ == "__main__":
    main(Path(sys.argv[1]))
