"""Room: extensions/nlu. Makes typed text readable for the classifier: markup, control characters, emoji,
elongation.

Change here: what is noise. The result is only what is classified; the message text itself is never changed.
Must not import Rasa, so that it can be tested and reused alone.
"""

from __future__ import annotations

import html
import re
import unicodedata

# The longest message that the website accepts (contract of the front desk); more is cut before any other
# work.
MAX_CHARACTERS = 4000

_SCRIPTED = re.compile(r"<(script|style)\b[^>]{0,300}>.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BREAKING_TAG = re.compile(r"</?(?:p|br|div|li|ul|ol|tr|td|h[1-6]|blockquote)\b[^<>]{0,300}>", re.IGNORECASE)
_TAG = re.compile(r"<(?:!--.{0,1000}?--|/?[A-Za-z][A-Za-z0-9-]{0,20}(?:\s[^<>]{0,300})?/?)>", re.DOTALL)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
# Three or more of one letter are emphasis in every language this bot reads; digits ("100000") are not
# touched.
_ELONGATED = re.compile(r"([^\W\d_])\1{2,}")
# "U.S.C.E." is one word; three letters at least, for "e.g." and "U.S." are read where sentences are cut.
_DOTTED_LETTERS = re.compile(r"\b(?:[A-Za-z]\.){2,}[A-Za-z]\b\.?")
_REPEATED_MARKS = re.compile(r"([!?.,])\1+")

# What a message of nothing but emoji wants to say. Sources: Unicode CLDR short names of these characters.
_EMOJI_MEANING = {
    "👍": " ok yes ",
    "👌": " ok ",
    "✅": " yes ",
    "👎": " no ",
    "❌": " no ",
    "🙏": " please thank you ",
    "👋": " hello ",
    "❤": " thank you ",
    "💯": " yes ",
    "❓": " ? ",
    "❔": " ? ",
    "⁉": " ? ",
}
_PUNCTUATION = {
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "`": "'",
    "´": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": " - ",
    "‑": "-",
    "‐": "-",
    "−": "-",
    "…": "...",
    "¿": " ",
    "¡": " ",
    "؟": "?",
    "？": "?",
    "。": ". ",
    "！": "!",
    "，": ", ",
    "、": ", ",
    "،": ", ",
    "؛": "; ",
    "।": ". ",
    "۔": ". ",
    "•": "\n",
    "·": " ",
}
_PUNCTUATION_TABLE = str.maketrans(_PUNCTUATION)
_EMOJI_TABLE = str.maketrans(_EMOJI_MEANING)
# Joiners carry meaning inside Arabic-script and Indic words and are kept out only where they stand alone.
_INVISIBLE = dict.fromkeys(
    [
        0x00AD,
        0x200B,
        0x200C,
        0x200D,
        0x200E,
        0x200F,
        0x2060,
        0xFE0E,
        0xFE0F,
        0xFEFF,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ]
)


def without_markup(text: str) -> str:
    """Return the text without HTML tags and with its entities decoded; comparison signs stay."""
    if "<" in text:
        text = _SCRIPTED.sub(" ", text)
        text = _BREAKING_TAG.sub("\n", text)
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    return text


def _is_symbol_to_drop(character: str) -> bool:
    category = unicodedata.category(character)
    if category in ("So", "Sk", "Cs", "Co", "Cn"):
        return True
    return category in ("Cc", "Cf") and character != "\n"


def clean(text: str, max_characters: int = MAX_CHARACTERS) -> str:
    """Return readable text: bounded, NFKC, one kind of quotes, no markup, control characters or emoji.

    Line breaks survive as single `\\n`, because they separate questions. Never raises on any text.
    """
    text = text[:max_characters]
    text = without_markup(text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    text = text.translate(_EMOJI_TABLE)
    # Soft hyphens, direction marks and zero-width characters hide inside pasted words.
    text = text.translate(_INVISIBLE)
    if not text.isascii():
        text = text.translate(_PUNCTUATION_TABLE)
        text = unicodedata.normalize("NFKC", text)
    text = "".join(" " if _is_symbol_to_drop(character) else character for character in text)
    text = _REPEATED_MARKS.sub(lambda found: "..." if found.group(1) == "." else found.group(1), text)
    text = _DOTTED_LETTERS.sub(lambda found: found.group().replace(".", ""), text)
    text = _SPACES.sub(" ", text)
    text = _LINES.sub("\n", text)
    return text.strip()[:max_characters]


def shorten_elongation(word: str, known: "frozenset[str] | set[str]") -> str:
    """Return "please" for "pleaseeee": runs of three or more letters become two or one, whichever is
    known.
    """
    if not _ELONGATED.search(word):
        return word
    double = _ELONGATED.sub(r"\1\1", word)
    single = _ELONGATED.sub(r"\1", word)
    if double.lower() in known and single.lower() not in known:
        return double
    return single
