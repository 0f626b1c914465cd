"""Converts Discord markdown to HTML; text is escaped, and only tags and attributes written in this file appear."""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from playground.page.markdown_context import TOKEN, Reading
from render.html.code import coloured
from render.html.emoji import with_emoji
from render.html.markdown_tokens import FENCE, TICKS, Marks

Pieces = list[Markup]

PLAIN: Final = re.compile(r"[^\\*_~|`<\[@h\n]+")
ESCAPE: Final = re.compile(r"\\[^0-9A-Za-z\s]")
ADDRESS: Final = re.compile(r"https?://[^\s<]*[^\s<.,:;\"'\]]")
BRACED: Final = re.compile(r"<(https?://[^\s<>]+|discord://[^\s<>]+)>")
TARGET: Final = re.compile(
    r"""\]\(\s{0,9}<?((?:https?|discord)://(?:[^\s()<>]|\([^\s()<>]*\))++)>?(?:\s{1,9}(?:"([^"\n]*)"|'([^'\n]*)'))?\s{0,9}\)"""
)
EVERYONE: Final = re.compile(r"@(?:everyone|here)\b")
LANGUAGE: Final = re.compile(r"([a-z0-9_+\-.#]{1,32})\n", re.IGNORECASE)
FIRST: Final = re.compile(r" *(\S)")
QUOTED_REST: Final = re.compile(r" {0,3}>>> ")
QUOTED: Final = re.compile(r" {0,3}> ")
HEADING: Final = re.compile(r"(#{1,3}) +(?=[^\s])")
SUBTEXT: Final = re.compile(r"-# +(?=[^\s])")
BULLET: Final = re.compile(r"( *)([-*]|\d{1,9}\.) +(?=[^\s])")
DEPTH_MAX: Final = 11  # nested lists and nested inline formatting
WRAPPED: Final = {
    "em": Markup("<em>{}</em>"),
    "strong": Markup("<strong>{}</strong>"),
    "u": Markup("<u>{}</u>"),
    "s": Markup("<s>{}</s>"),
    "spoiler": Markup(
        '<span class="spoiler" data-spoiler data-keep="class role tabindex aria-label" role="button" tabindex="0" '
        'aria-label="Spoiler, press to show it"><span inert data-keep="inert">{}</span></span>'
    ),
}
STILL: Final = Markup('<span class="spoiler"><span inert>{}</span></span>')
LINK: Final = Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow" title="{}">{}</a>')


def to_html(text: str, reading: Reading) -> Markup:
    """Convert a text with all of Discord's markdown."""
    return Markup("").join(_Writer(text, reading).blocks(0, len(text)))


def line_to_html(text: str, reading: Reading) -> Markup:
    """Convert a single-line text such as an embed title: inline formatting and emoji, without links and mentions."""
    return Markup("").join(_Writer(text, reading, has_mentions=False, in_link=True).inline(0, len(text)))


def excerpt_to_html(text: str, reading: Reading) -> Markup:
    """The first line of a text as a preview: links and mentions are not interactive, spoilers stay hidden."""
    writer = _Writer(text, reading, in_link=True, is_still=True)
    return Markup("").join(writer.inline(0, len(text)))


class _Writer:
    """Converts one text from left to right, in a single pass."""

    def __init__(
        self,
        text: str,
        reading: Reading,
        *,
        has_mentions: bool = True,
        in_link: bool = False,
        is_still: bool = False,
        is_quoted: bool = False,
        is_listed: bool = False,
        depth: int = 0,
    ) -> None:
        self._text = text
        self._reading = reading
        self._marks = Marks(text)
        self._has_mentions = has_mentions
        self._is_quoted = is_quoted
        self._is_listed = is_listed
        self._depth = depth
        self._in_link = in_link  # inside a link, where no other link or button is allowed
        self._is_still = is_still
        self._ways: dict[str, Callable[[int, int, Pieces], int]] = {
            "*": self._emphasis,
            "_": self._emphasis,
            "~": self._strike,
            "|": self._spoiler,
            "`": self._code,
            "<": self._token,
            "[": self._masked_link,
            "h": self._link,
            "@": self._everyone,
            "\\": self._escaped,
        }

    def blocks(self, start: int, end: int) -> Pieces:
        """Convert the lines of a range: quotes, headings, lists, code blocks, and inline text between them."""
        pieces: Pieces = []
        at = start
        while at < end:
            if at == 0 or self._text[at - 1] == "\n":
                past = self._block(at, end, pieces)
                if past > at:
                    at = past
                    continue
            at = self._piece(at, end, pieces)
        return pieces

    def inline(self, start: int, end: int) -> Pieces:
        """Convert the inline elements of a range."""
        pieces: Pieces = []
        if self._depth > DEPTH_MAX:
            return [escape(self._text[start:end])]
        self._depth += 1
        at = start
        while at < end:
            at = self._piece(at, end, pieces)
        self._depth -= 1
        return pieces

    # Block parsers: each returns the end position, or its start position if there is no such block.

    def _block(self, at: int, end: int, pieces: Pieces) -> int:
        found = FIRST.match(self._text, at, end)
        sign = found[1] if found else ""
        if sign == ">" and not self._is_quoted and not self._is_listed:
            return self._quote(at, end, pieces)
        if sign == "#" or self._text.startswith("-#", at):
            return self._heading(at, end, pieces)
        if sign and (sign in "-*" or sign.isdecimal()):
            return self._list(at, end, pieces)
        return at

    def _quote(self, at: int, end: int, pieces: Pieces) -> int:
        if rest := QUOTED_REST.match(self._text, at, end):
            inside, past = self._text[rest.end() : end], end
        else:
            lines: list[str] = []
            past = at
            while past < end and (prefix := QUOTED.match(self._text, past, end)):
                past = self._past_line(prefix.end(), end)
                lines.append(self._text[prefix.end() : past])
            inside = "".join(lines).removesuffix("\n")
        if past > at:
            quoted = self._within(inside, is_quoted=True)
            pieces.append(Markup('<blockquote dir="auto">{}</blockquote>').format(quoted))
        return past

    def _heading(self, at: int, end: int, pieces: Pieces) -> int:
        found = HEADING.match(self._text, at, end) or SUBTEXT.match(self._text, at, end)
        if found is None:
            return at
        past = self._past_line(found.end(), end)
        last = past - 1 if self._text[past - 1] == "\n" else past
        said = Markup("").join(self.inline(found.end(), last))
        if found.re is SUBTEXT:
            pieces.append(Markup('<small class="subtext" dir="auto">{}</small>').format(said))
        else:
            level = len(found[1])
            pieces.append(
                Markup('<h{} class="heading-{}" dir="auto">{}</h{}>').format(level + 2, level, said, level + 2)
            )
        return past

    def _list(self, at: int, end: int, pieces: Pieces) -> int:
        first = BULLET.match(self._text, at, end)
        if first is None or self._depth >= DEPTH_MAX:
            return at
        items: list[list[str]] = []
        width, past = 0, at
        while past < end:
            bullet = BULLET.match(self._text, past, end)
            following = self._past_line(past, end)
            line = self._text[past:following].removesuffix("\n")
            if bullet and len(bullet[1]) <= len(first[1]):
                width = bullet.end() - past
                items.append([line[width:]])
            elif line.startswith(" ") and line.strip():
                items[-1].append(line[min(width, len(line) - len(line.lstrip(" "))) :])
            else:
                after = self._past_blank_lines(past, end)
                is_over = after == past or not (after < end and BULLET.match(self._text, after, end))
                if is_over:
                    break
                following = after
            past = following
        pieces.append(self._list_html(first[2], items))
        return past

    def _list_html(self, marker: str, items: list[list[str]]) -> Markup:
        drawn = Markup("").join(
            Markup('<li dir="auto">{}</li>').format(self._within("\n".join(lines), is_listed=True)) for lines in items
        )
        if marker in ("-", "*"):
            return Markup("<ul>{}</ul>").format(drawn)
        return Markup('<ol start="{}">{}</ol>').format(int(marker[:-1]), drawn)

    def _within(self, inside: str, *, is_quoted: bool = False, is_listed: bool = False) -> Markup:
        writer = _Writer(
            inside,
            self._reading,
            is_quoted=is_quoted or self._is_quoted,
            is_listed=is_listed or self._is_listed,
            depth=self._depth + 1,
        )
        return Markup("").join(writer.blocks(0, len(inside)))

    def _past_line(self, at: int, end: int) -> int:
        found = self._text.find("\n", at, end)
        return end if found < 0 else found + 1

    def _past_blank_lines(self, at: int, end: int) -> int:
        while at < end and self._text[at] == "\n":
            at += 1
        return at

    # Inline parsers: each returns the end position.

    def _piece(self, at: int, end: int, pieces: Pieces) -> int:
        plain = PLAIN.match(self._text, at, end)
        if plain:
            pieces.append(with_emoji(plain[0]))
            return plain.end()
        write = self._ways.get(self._text[at], self._sign)
        return write(at, end, pieces)

    def _sign(self, at: int, _end: int, pieces: Pieces) -> int:
        return self._literal(at, at + 1, pieces)

    def _escaped(self, at: int, end: int, pieces: Pieces) -> int:
        escaped = ESCAPE.match(self._text, at, end)
        return self._literal(at + 1, at + 2, pieces) if escaped else self._sign(at, end, pieces)

    def _everyone(self, at: int, end: int, pieces: Pieces) -> int:
        found = EVERYONE.match(self._text, at, end) if self._has_mentions else None
        if found is None:
            return self._sign(at, end, pieces)
        pieces.append(self._reading.everyone(found[0]))
        return found.end()

    def _strike(self, at: int, end: int, pieces: Pieces) -> int:
        is_open = self._text.startswith("~~", at, end)
        return self._pair("s", self._marks.strike(at, end) if is_open else None, at, pieces)

    def _spoiler(self, at: int, end: int, pieces: Pieces) -> int:
        is_open = self._text.startswith("||", at, end)
        return self._pair("spoiler", self._marks.spoiler(at, end) if is_open else None, at, pieces)

    def _literal(self, at: int, past: int, pieces: Pieces) -> int:
        pieces.append(escape(self._text[at:past]))
        return past

    def _emphasis(self, at: int, end: int, pieces: Pieces) -> int:
        """The longer match of single and double delimiters; the single one if both are equally long."""
        sign = self._text[at]
        single = self._marks.star(at, end) if sign == "*" else self._marks.line(at, end)
        double = self._marks.double(sign, at, end) if self._text.startswith(sign * 2, at, end) else None
        if single is not None and (double is None or single + 1 >= double + 2):
            inner = Markup("").join(self.inline(at + 1, single))
            pieces.append(WRAPPED["em"].format(inner))
            return single + 1
        return self._pair("strong" if sign == "*" else "u", double, at, pieces)

    def _pair(self, tag: str, closing: int | None, at: int, pieces: Pieces) -> int:
        if closing is None:
            return self._literal(at, at + 1, pieces)
        inner = Markup("").join(self.inline(at + 2, closing))
        pieces.append((STILL if tag == "spoiler" and self._is_still else WRAPPED[tag]).format(inner))
        return closing + 2

    def _code(self, at: int, end: int, pieces: Pieces) -> int:
        if self._text.startswith(FENCE, at, end):
            past = self._code_block(at, end, pieces)
            if past > at:
                return past
        run = TICKS.match(self._text, at, end)
        past_run = run.end() if run else at + 1
        found = self._marks.ticks(at, past_run - at, end)
        if found is None:
            return self._literal(at, past_run, pieces)
        opening, closing = found
        said = self._text[at + opening : closing]
        # A space that separates a backtick in the code from a delimiter is removed.
        if said.lstrip(" ").startswith("`"):
            said = said.removeprefix(" ")
        if said.rstrip(" ").endswith("`"):
            said = said.removesuffix(" ")
        pieces.append(Markup("<code>{}</code>").format(said))
        return closing + opening

    def _code_block(self, at: int, end: int, pieces: Pieces) -> int:
        begin = at + len(FENCE)
        language = LANGUAGE.match(self._text, begin, end)
        start = language.end() if language else begin
        while start < end and self._text[start] == "\n":
            start += 1
        closing = self._marks.fence(start + 1, end)
        if closing is None:
            return at
        said = self._text[start:closing].rstrip("\n")
        label = Markup('<span class="code-language">{}</span>').format(language[1]) if language else Markup("")
        pieces.append(
            Markup('<div class="code-block">{}<pre tabindex="0"><code>{}</code></pre></div>').format(
                label, coloured(said, language[1] if language else "")
            )
        )
        past = closing + len(FENCE)
        return past + 1 if self._text.startswith("\n", past, end) else past

    def _token(self, at: int, end: int, pieces: Pieces) -> int:
        token = TOKEN.match(self._text, at, end)
        if token and (self._has_mentions or token.lastgroup in ("emoji", "at", "style")):
            shown = self._reading.token(token, is_usable=not self._in_link)
            if shown is not None:
                pieces.append(shown)
                return token.end()
        braced = None if self._in_link else BRACED.match(self._text, at, end)
        if braced and _is_address(braced[1]):
            pieces.append(self._linked(braced[1], escape(braced[1])))
            return braced.end()
        return self._literal(at, at + 1, pieces)

    def _masked_link(self, at: int, end: int, pieces: Pieces) -> int:
        closing = self._marks.bracket(at, end)
        target = TARGET.match(self._text, closing, end) if closing is not None and not self._in_link else None
        label = self._text[at + 1 : closing].strip() if target else ""
        if closing is None or target is None or not label or "://" in label or not _is_address(target[1]):
            return self._literal(at, at + 1, pieces)
        self._in_link = True
        said = Markup("").join(self.inline(at + 1, closing))
        self._in_link = False
        pieces.append(LINK.format(target[1], target[2] or target[3] or target[1], said))
        return target.end()

    def _link(self, at: int, end: int, pieces: Pieces) -> int:
        found = ADDRESS.match(self._text, at, end)
        if found is None:
            return self._literal(at, at + 1, pieces)
        address = _balanced(found[0])
        if self._in_link or not _is_address(address):
            return self._literal(at, at + len(address), pieces)
        pieces.append(self._linked(address, escape(address)))
        return at + len(address)

    def _linked(self, address: str, said: Markup) -> Markup:
        return LINK.format(address, address, said)


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).netloc)
    except ValueError:
        return False


def _balanced(address: str) -> str:
    """A URL without trailing closing brackets that it does not open itself."""
    surplus = address.count(")") - address.count("(")
    while surplus > 0 and address.endswith(")"):
        address, surplus = address[:-1], surplus - 1
    return address
