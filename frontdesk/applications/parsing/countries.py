"""Countries by name, demonym, abbreviation and local spelling → ISO 3166 alpha-2. Pure.

Names come from pycountry (with its translations), what it lacks from the `country_demonym` vocabulary.
"""

from __future__ import annotations

import gettext
import re
from functools import lru_cache

import pycountry
from rapidfuzz import fuzz, process

from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.knowledge.vocabulary import (
    Found,
    Gazetteer,
    Terms,
    answer_words,
    fold,
    key_of,
    vocabulary,
    words,
)

# Languages in which applicants write the name of their country.
LANGUAGES = ("es", "fr", "pt", "de", "it", "tr", "nl", "pl", "id", "ro")
_GONE = (
    r"(?:born|raised|grew up|living|live|lives|residing|reside|resident|based|staying|settled|studied"
    r"|studying|study|"
)
_GONE += r"graduated|trained|working|work|works|moved|originally|parents?|father|mother|family|currently|now)"
_ELSEWHERE = re.compile(
    rf"\b{_GONE}(?:\s+(?:are|is|was|were|both|also|a|an|in|at|from|of|to|permanently|now|currently))*\s*$"
)
_NOT = re.compile(r"\b(?:not|no longer|never|isnt|arent|wasnt|instead of)(?:\s+(?:a|an|in|from|of|the))*\s*$")
_CITIZEN_BEFORE = re.compile(
    r"\b(?:citizen(?:ship)?|national(?:ity)?|passport|naturali[sz]ed)(?:\s+(?:of|is|holder|in"
    r"|from|as|the|a|an|my))*\s*$"
)
_CITIZEN_AFTER = re.compile(
    r"^[\s(]*(?:citizen|citizenship|national|nationality|passport|since|by passport|only)\b"
)
_STATUS_AFTER = re.compile(
    r"^\W*(?:green card|permanent resident|residen\w+|visa|pr\b|born|origin|descent|heritage|by "
    r"birth|roots|parents|university)"
)


@lru_cache(maxsize=4)
def _terms(gazetteer: Gazetteer) -> Terms:
    pairs = list(_names())
    for entry in gazetteer.entries:
        pairs += [(alias, entry.id.upper()) for alias in (entry.label, *entry.aliases) if alias]
    shared = answer_words()["country_shared"].terms
    return Terms((name, code) for name, code in pairs if not shared.id_of(key_of(name)))


@lru_cache(maxsize=1)
def _proper() -> Terms:
    return Terms(_names())


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[str, str], ...]:
    """Everyday, official and translated names, first come first served."""
    pairs = [(alias, entry.id) for entry in answer_words()["country_name"].entries for alias in entry.aliases]
    for country in pycountry.countries:
        names = {country.name, getattr(country, "common_name", ""), getattr(country, "official_name", "")}
        pairs += [(name, country.alpha_2) for name in sorted(names) if name]
        short = country.name.partition(",")[0]
        if "," in country.name and short not in {"Korea", "Congo", "Virgin Islands"}:
            pairs.append((short, country.alpha_2))
    known = {key_of(name) for name, _ in pairs}
    abroad: dict[tuple[str, ...], tuple[str, set[str]]] = {}
    for language in LANGUAGES:
        translation = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)
        for country in pycountry.countries:
            for name in (country.name, getattr(country, "common_name", country.name)):
                local = translation.gettext(name).partition(",")[0]
                key = key_of(local)
                if len("".join(key)) > 3 and key not in known:
                    abroad.setdefault(key, (local, set()))[1].add(country.alpha_2)
    pairs += [(local, next(iter(codes))) for local, codes in abroad.values() if len(codes) == 1]
    shared = answer_words()["country_shared"].terms
    return tuple((name, code) for name, code in pairs if not shared.id_of(key_of(name)))


def terms() -> Terms:
    """All names, built once for the vocabulary as it is."""
    return _terms(vocabulary()["country_demonym"])


def proper(text: str) -> str | None:
    """The country that the text is a name of; a city that stands for its country in talk is none here."""
    return _proper().get(text)


def name_of(code: str) -> str:
    """The everyday English name of a country code; the code itself when unknown."""
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return "Kosovo" if code == "XK" else code
    return str(getattr(country, "common_name", country.name)).partition(",")[0]


@lru_cache(maxsize=1)
def all_names() -> dict[str, str]:
    """Code → name in English, by name."""
    named = ((country.alpha_2, name_of(country.alpha_2)) for country in pycountry.countries)
    return dict(sorted(named, key=lambda one: fold(one[1])))


def is_code(code: object) -> bool:
    return isinstance(code, str) and (code == "XK" or pycountry.countries.get(alpha_2=code) is not None)


def mentioned(text: str, *, asked: bool = False) -> list[Found]:
    """Country names and demonyms that stand in the text; words that mean other things are left out.

    Args:
        asked: a country was asked, so "French" is one and not a language.
    """
    return [found for found in terms().find(text) if not _is_word(found, text, asked=asked)]


def _ordinary() -> frozenset[str]:
    return answer_words()["country_word"].listed("ordinary")


def _is_word(found: Found, text: str, *, asked: bool) -> bool:
    if len(found.alias) > 1:
        return False
    written = text[found.start : found.end]
    if found.alias[0] in {"us", "uk", "usa", "uae", "ksa", "drc", "prc"}:
        return found.alias[0] == "us" and written != "US"
    guarded = not asked and found.alias in vocabulary()["country_demonym"].guarded and len(words(text)) > 3
    return guarded or found.alias[0] in _ordinary() or len(found.alias[0]) <= 2


_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")


def with_flags_named(text: str) -> str:
    """The text with each flag as the name of its country."""

    def named(match: re.Match[str]) -> str:
        code = "".join(chr(ord(sign) - 0x1F1E6 + ord("A")) for sign in match.group())
        return f" {name_of(code)} " if is_code(code) else match.group()

    return _FLAG.sub(named, text)


def parse(text: str, context: Context) -> Parsed:
    """The one country that the text names as the applicant's; asks when there are two or none for certain."""
    text = with_flags_named(text)
    line = words(text)
    whole = tuple(word.folded for word in line)
    if not whole:
        return None
    code = _as_code(text, whole) or (terms().get(text) if len(whole) > 2 else None)
    if code:
        return Certain(code)
    found = mentioned(text, asked=True)
    wanted = _wanted(text, found)
    if len(wanted) == 1:
        return Certain(wanted.pop())
    if len(wanted) > 1:
        names = " / ".join(sorted(name_of(code) for code in wanted))
        return Unclear("country_two", {"given": names})
    shared = answer_words()["country_shared"].terms
    if len(whole) == 1 and len(whole[0]) == 2 and whole[0] not in _ordinary() and not shared.id_of(whole):
        short = pycountry.countries.get(alpha_2=whole[0].upper())
        if short:
            return Confirm(short.alpha_2, "confirm_country", {"value": name_of(short.alpha_2)})
    for length in (2, 1):
        for at in range(len(whole) - length + 1):
            meant = shared.id_of(whole[at : at + length])
            if meant and is_code(meant):
                return Confirm(meant, "confirm_country", {"value": name_of(meant)})
            if meant:
                return Unclear(meant)
    return _nearly(text, whole)


def _as_code(text: str, whole: tuple[str, ...]) -> str | None:
    if len(whole) > 2:
        return None
    letters = "".join(whole)
    if answer_words()["country_shared"].terms.id_of((letters,)):
        # "SA" is Saudi Arabia in the ISO list and South Africa at home.
        return None
    if len(whole) == 2 and (len(whole[0]) > 1 or len(whole[1]) > 1):
        return None
    exact = terms().get(text)
    if exact:
        return exact
    if len(letters) == 2 and (text.strip(" .!").isupper() or letters in {"us", "uk"}):
        country = pycountry.countries.get(alpha_2=letters.upper())
        return str(country.alpha_2) if country else None
    if len(letters) == 3 and letters not in {"yes", "and", "are", "can", "per", "guy", "ben", "pan", "tan"}:
        country = pycountry.countries.get(alpha_3=letters.upper())
        return str(country.alpha_2) if country else None
    return None


def _wanted(text: str, found: list[Found]) -> set[str]:
    """The countries left when those of birth, residence, denial are taken away; citizenship words decide."""
    by_passport: set[str] = set()
    plain: set[str] = set()
    aside: set[str] = set()
    for one in found:
        before = text[: one.start].casefold().replace("'", "").replace("’", "")
        after = text[one.end :].casefold()
        # A clause ends at a comma: "German, born in Syria".
        before = re.split(r"[,;.()]", before)[-1]
        if _NOT.search(before):
            continue
        if _CITIZEN_BEFORE.search(before) or _CITIZEN_AFTER.search(after):
            by_passport.add(one.id)
        elif _ELSEWHERE.search(before) or _STATUS_AFTER.search(after):
            aside.add(one.id)
        else:
            plain.add(one.id)
    if re.search(r"\b(?:dual|both|two (?:passports|citizenships|nationalities))\b", text.casefold()):
        return by_passport | plain
    if by_passport:
        return by_passport
    return plain or aside


def _nearly(text: str, whole: tuple[str, ...]) -> Parsed:
    """A misspelt name is asked about: one name is too easily another."""
    joined = " ".join(
        word for word in whole if word not in {"i", "am", "from", "im", "the", "my", "country", "is"}
    )
    if len(joined) < 4 or len(joined) > 40 or any(c.isdigit() for c in joined):
        return None
    names = [" ".join(key) for key in terms().keys() if len("".join(key)) >= 4]  # noqa: SIM118 - a method of ours
    best = process.extractOne(joined, names, scorer=fuzz.ratio, score_cutoff=80)
    if best is None:
        return None
    code = terms().get(best[0])
    return Confirm(code, "confirm_country", {"value": name_of(code)}) if code else None
