"""Wraps emoji in HTML and detects emoji-only messages, which Discord shows larger."""

import re
from typing import Final

from markupsafe import Markup, escape

EMOJI: Final = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    "(?:[\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693"
    "\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b"
    "\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55]\ufe0f?|"
    "[\u00a9\u00ae\u203c-\u3299]\ufe0f)[\U0001f3fb-\U0001f3ff]?+"
    "(?:\u200d[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?+[\U0001f3fb-\U0001f3ff]?+)*+)"
)
ONLY_EMOJI: Final = re.compile(rf"(?:\s|{EMOJI.pattern}|<a?:\w{{1,32}}:\d{{1,20}}>)++")
JUMBO_MAX: Final = 30  # the most emoji in a message that shows them large


def is_jumbo(text: str) -> bool:
    """Whether a message has only emoji, and few enough for Discord to show them large."""
    if not text or not ONLY_EMOJI.fullmatch(text):
        return False
    return len(EMOJI.findall(text)) + text.count("<") <= JUMBO_MAX


def with_emoji(text: str) -> Markup:
    """Text as HTML, with each emoji in a span."""
    pieces: list[Markup] = []
    at = 0
    for found in EMOJI.finditer(text):
        pieces += [escape(text[at : found.start()]), Markup('<span class="emoji">{}</span>').format(found[0])]
        at = found.end()
    return Markup("").join([*pieces, escape(text[at:])])
