"""CSS class names of the page: no part's styles match another part's elements by accident."""

import re
from pathlib import Path
from typing import Final

from tests.paths import ROOT

PAGE: Final = ROOT / "playground" / "page"
INSPECTOR: Final = ("tree", "exchange", "inspection", "inspections", "uninspected", "bars", "judge")
SHARED: Final = frozenset({"button", "icon-button", "linked", "quiet"})  # the page's common elements, for all parts


def worn(template: Path) -> set[str]:
    """The classes that a template uses."""
    given = re.findall(r'class="([^"]*)"', template.read_text())
    return {word for text in given for word in re.sub(r"\{[{%].*?[%}]\}", " ", text).split() if "{" not in word}


def styled(sheet: Path) -> set[str]:
    """The classes at the start of a stylesheet's selectors: they are styled anywhere on the page."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    selectors = [one.strip() for group in re.findall(r"([^{}]+)\{", text) for one in group.split(",")]
    return {found[1] for one in selectors if (found := re.match(r"\.([a-z][\w-]*)", one))}


def test_the_inspector_and_the_chat_style_no_class_of_each_other() -> None:
    inspector = {name for part in INSPECTOR for name in worn(PAGE / "templates" / f"{part}.html")}
    sheets = [sheet for sheet in (PAGE / "static").glob("*.css") if sheet.stem not in ("inspector", "base")]
    chat = {
        name for part in ("message", "told", "lines", "parts") for name in worn(PAGE / "templates" / f"{part}.html")
    }

    assert {"node", "leaf", "timeline"} <= inspector
    assert {"branch", "embed", "poll"} <= chat
    assert inspector & {name for sheet in sheets for name in styled(sheet)} <= SHARED
    assert not chat & styled(PAGE / "static" / "inspector.css")
