"""The HTML of a held message, made harmless, with what was found marked: for somebody who wants to see it as it looks.

Three walls, each enough by itself: nh3 (ammonia) leaves only elements and styles from a list, with no address of
anything in them; the page it becomes is served with a policy under which nothing is fetched and nothing runs; and it
stands in a frame without any right.

What came is read by nh3 before anything of ours reads it, and is bounded first: some few bytes can otherwise take
hours, or more memory than there is. Pure; run in the jail: what takes long takes its child only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from itertools import islice

import nh3

from mailguard.extract.words import words

_MOST = 1 << 20
_MOST_TAGS = 30_000  # nested as deep as that, they take seconds: each looks at those around it
_MOST_ESCAPED = 100_000  # characters that are written as names: what that takes grows with the square
_MOST_MARKS = 200
_SHORTEST = 3
_TAGS = words("""
abbr address article aside bdi bdo blockquote br caption center cite col colgroup dd del dfn div dl dt figcaption figure
footer h1 h2 h3 h4 h5 h6 header hr ins kbd li main mark nav ol p pre q samp section span sub sup table tbody td tfoot th
thead tr ul var
""")
# What HTML calls formatting elements are opened again in every paragraph that follows where they were left open: a few
# thousand of them become millions. Under names that mean nothing they are not, and look the same by the page's styles.
_FORMATTING = words("a b big code em font i nobr s small strike strong tt u")
_AS_OURS = re.compile(rf"(</?)({'|'.join(sorted(_FORMATTING))})(?=[\s/>])", re.IGNORECASE)
_OURS = {f"x-{tag}" for tag in _FORMATTING}
_DROPPED = {"script", "style", "head", "title", "template", "noscript", "object", "embed", "iframe", "svg", "math"}
_ATTRIBUTES = {
    "*": {"style", "align", "valign", "dir", "lang", "width", "height", "bgcolor"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "type"},
    "col": {"span"},
    "span": {"class"},
}
_STYLES = words("""
color background-color font-family font-size font-style font-weight text-align text-decoration text-indent line-height
vertical-align white-space width height max-width min-width margin margin-top margin-right margin-bottom margin-left
padding padding-top padding-right padding-bottom padding-left border border-top border-right border-bottom border-left
border-color border-style border-width border-collapse border-spacing list-style-type
""")
_STYLE = (
    "html{background:#fff;color:#000;font:100%/1.5 system-ui,sans-serif}body{margin:1rem;overflow-wrap:anywhere}"
    "table{max-width:100%}mark{background:#fff1a6;color:#000;border-bottom:3px solid #9c1f1f}"
    "x-b,x-strong{font-weight:bold}x-i,x-em{font-style:italic}x-u{text-decoration:underline}x-big{font-size:larger}"
    "x-small{font-size:smaller}x-s,x-strike{text-decoration:line-through}x-code,x-tt{font-family:monospace}"
    ".gone{color:#4d5b67;font-style:italic}@media(forced-colors:active){mark{outline:2px solid}}"
)


_REST = '<p><span class="gone">[The rest is too much to be shown here: read it as text.]</span></p>'


def as_it_looks(text: str, found: Iterable[str]) -> str:
    """A whole page of the HTML `text`, harmless, the words `found` marked wherever they stand in one run of text. What
    it would have loaded (pictures) is named instead. Text over 1 MB or 30,000 tags is cut, and the page says so."""
    rough = _cleaned(_named(_cleaned(_AS_OURS.sub(r"\1x-\2", _cut(text)), pictures=True)))
    marker = _Marker([word for word in dict.fromkeys(found) if len(word.strip()) >= _SHORTEST])
    marker.feed(rough)
    marker.close()
    # Cleaned once more, so that what leaves here is nh3's work whatever the marking did to it.
    body = _cleaned("".join(marker.out)) + (_REST if len(_cut(text)) < len(text) else "")
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>The email as it looks</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _cut(text: str) -> str:
    """As much of a text as is looked at."""
    for kind, most in (("<", _MOST_TAGS), ("[&<>\xa0]", _MOST_ESCAPED)):
        found = next(islice(re.finditer(kind, text[:_MOST]), most, None), None)
        text = text[: found.start()] if found else text[:_MOST]
    return text


def _cleaned(text: str, *, pictures: bool = False) -> str:
    return nh3.clean(
        text,
        tags=_TAGS | _OURS | ({"img"} if pictures else set()),
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES | ({"img": {"alt"}} if pictures else {}),
        filter_style_properties=set(_STYLES),
        attribute_filter=_filtered,
        strip_comments=True,
        link_rel=None,
        url_schemes=set(),
    )


def _filtered(_tag: str, name: str, value: str) -> str | None:
    # A function of CSS is all that could name an address or compute something; colours stand as words and figures too.
    if name == "style" and "(" in value.replace("rgb(", "").replace("rgba(", ""):
        return None
    if name == "class":
        return "gone" if value == "gone" else None
    return value


def _named(text: str) -> str:
    """The text with a note where a picture stood."""
    reader = _Pictures()
    reader.feed(text)
    reader.close()
    return "".join(reader.out)


class _Copy(HTMLParser):
    """Writes out what it reads, as it stands. Only for what nh3 made: tags that never end take this parser hours."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Copy a start tag."""
        self.out.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Copy an empty element's tag."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Copy an end tag."""
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Copy text."""
        self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        """Copy a named character."""
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Copy a numbered character."""
        self.out.append(f"&#{name};")


class _Pictures(_Copy):
    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Put a picture's own words in its place."""
        if tag in ("img", "image"):
            alt = (dict(attrs).get("alt") or "").strip()
            said = f"picture: {alt}" if alt else "picture"
            self.out.append(f'<span class="gone">[{html.escape(said)}]</span>')
        else:
            super().handle_starttag(tag, attrs)


class _Marker(_Copy):
    """Marks words in clean HTML, where runs of text are whole and every character that means something is escaped."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__()
        self.convert_charrefs = True
        self._words = sorted(found, key=len, reverse=True)
        self._left = _MOST_MARKS

    def handle_data(self, data: str) -> None:
        """Copy text, escaped anew, with its words marked."""
        at = 0
        folded = data.casefold() if len(data.casefold()) == len(data) else data
        spots = [(folded.find(word.casefold()), -len(word), word) for word in self._words]
        while self._left:
            # What does not stand further on is not looked for again.
            spots = [one if not 0 <= one[0] < at else (folded.find(one[2].casefold(), at), *one[1:]) for one in spots]
            spots = [one for one in spots if one[0] >= 0]
            if not spots:
                break
            start, size, _ = min(spots)
            end = start - size
            self.out.append(html.escape(data[at:start]) + f"<mark>{html.escape(data[start:end])}</mark>")
            self._left -= 1
            at = end
        self.out.append(html.escape(data[at:]))
