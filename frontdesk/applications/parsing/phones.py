"""Phone numbers in international, local and spoken form → E.164. Pure.

The country comes from the number itself, a country named beside it, or what is known of the applicant;
where that leaves a doubt it is asked.
"""

from __future__ import annotations

import datetime as dt
import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from frontdesk.applications.parsing import countries
from frontdesk.applications.parsing.numbers import ascii_digits
from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.knowledge.vocabulary import answer_words, words

_TIMES = "times "
_NUMBER = re.compile(r"(?:\+|00)?[\s(]*\d(?:[\s\-./()–]*\d){4,18}")


def parse(text: str, context: Context) -> Parsed:
    """One number, certain when its country is."""
    plain = _readable(text)
    found = _NUMBER.findall(plain)
    found = [one for one in found if 7 <= sum(c.isdigit() for c in one) <= 17]
    if len({_digits(one) for one in found}) > 1:
        return Unclear("phone_which")
    if not found:
        return Unclear("phone_short") if _is_short(plain) else None
    written = _digits(found[0])
    named = _named(text)
    return place(written, (named,) if named else (), context)


def place(written: str, named: tuple[str, ...], context: Context) -> Parsed:
    """A number as digits (with its `+` or `00`) put into a country.

    Args:
        named: countries that the applicant named for this number.
    """
    if written.startswith("+"):
        return _international(written)
    if written.startswith("00"):
        return _international("+" + written[2:])
    for region in named:
        number = _valid(written, region) or _valid("+" + written, None)
        if number:
            return Certain(_e164(number))
        if number := _possible(written, region):
            return Confirm(_e164(number), "confirm_phone", _details(number))
        return Unclear("phone_not_there", {"country": countries.name_of(region)}, kept=written)
    known = _known_regions(context)
    for region in known:
        number = _valid(written, region)
        if number:
            # Citizenship or school tells where people are from, not where their phone is: shown, asked about.
            return Confirm(_e164(number), "confirm_phone", _details(number))
    if len(written) == 11 and _valid(written, "CN"):
        # A Chinese mobile without its code reads like an American number with one.
        return Unclear("phone_country", kept=written)
    without_plus = _valid("+" + written, None) if not written.startswith("0") and len(written) >= 11 else None
    if without_plus:
        return Confirm(_e164(without_plus), "confirm_phone", _details(without_plus))
    if len(written) == 10 and _valid(written, "US"):
        number = _valid(written, "US")
        assert number is not None
        return Confirm(_e164(number), "confirm_phone", _details(number))
    return Unclear("phone_country", kept=written)


def instead_of(before: str, parsed: Parsed) -> Parsed:
    """A number that replaces another one: where it fits the other's country, nothing is left to ask."""
    written = (
        parsed.value if isinstance(parsed, Confirm) else parsed.kept if isinstance(parsed, Unclear) else None
    )
    region = _region_of(before)
    number = _valid(str(written), region) if written and region else None
    return Certain(_e164(number)) if number and _region_of(_e164(number)) == region else parsed


def certain_in(text: str) -> str | None:
    """The one number in a longer text that is beyond doubt: written with its country code and valid."""
    found = [_digits(one) for one in _NUMBER.findall(ascii_digits(text))]
    valid = [
        parsed.value
        for one in found
        if one.startswith(("+", "00")) and isinstance(parsed := place(one, (), _NOTHING), Certain)
    ]
    return str(valid[0]) if len(set(valid)) == 1 else None


def shown(e164: str) -> str:
    """The number as people read it: +91 98000 00012."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def region_named(text: str) -> str | None:
    """A country named in an answer to "which country is this number from?"."""
    parsed = countries.parse(text, _NOTHING)
    return str(parsed.value) if isinstance(parsed, Certain) else None


def _named(text: str) -> str | None:
    codes = {found.id for found in countries.mentioned(text)}
    return codes.pop() if len(codes) == 1 else None


def _readable(text: str) -> str:
    """The text with spoken digits written ("plus nine one, double three" → "+9133")."""
    plain = ascii_digits(text).replace("＋", "+")
    line = words(plain)
    digits = answer_words()["digit"].meanings
    spoken = sum(word.folded in digits for word in line)
    if spoken < 5:
        return plain
    out: list[str] = []
    times = 1
    for word in line:
        meant = digits.get(word.folded, "")
        if meant.startswith(_TIMES):
            times = int(meant.removeprefix(_TIMES))
            continue
        sign = meant or (word.folded if word.folded.isdigit() else None)
        out.append(sign * times if sign else " | ")
        times = 1
    return "".join(out)


def _is_short(plain: str) -> bool:
    """Digits that want to be a number but are too few or too many."""
    digits = re.sub(r"[\s\-./()+]", "", plain)
    return digits.isdigit() and len(digits) >= 3 and not re.fullmatch(r"(?:19|20)\d\d", digits)


def _digits(text: str) -> str:
    only = "".join(c for c in text if c.isdigit())
    return "+" + only if text.strip().startswith("+") else only


def _international(written: str) -> Parsed:
    # "+44 (0)7911 …": the national zero is written in brackets by habit.
    number = _valid(written, None)
    if number:
        return Certain(_e164(number))
    # Numbering plans grow faster than their tables: what has the right length may be right.
    if number := _possible(written, None):
        return Confirm(_e164(number), "confirm_phone", _details(number))
    return Unclear("phone_invalid", {"given": written})


def _valid(written: str, region: str | None) -> PhoneNumber | None:
    number = _read(written, region)
    return number if number and phonenumbers.is_valid_number(number) else None


def _possible(written: str, region: str | None) -> PhoneNumber | None:
    """A number of a right length for its country, though its block is in no table."""
    number = _read(written, region)
    if number is None:
        return None
    # Mobile numbers have one length in most countries, landlines many.
    kind = phonenumbers.PhoneNumberType.MOBILE
    found = phonenumbers.is_possible_number_for_type_with_reason(number, kind)
    return number if found == phonenumbers.ValidationResult.IS_POSSIBLE else None


def _read(written: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except NumberParseException:
        return None


def _region_of(e164: str) -> str | None:
    number = _read(e164, None)
    code = number.country_code if number else None
    return phonenumbers.region_code_for_country_code(code) if code else None


def _known_regions(context: Context) -> list[str]:
    values = context.values
    regions = [values.get("country_of_citizenship"), values.get("school_country"), *context.regions]
    return [region for region in dict.fromkeys(regions) if isinstance(region, str)]


def _details(number: PhoneNumber) -> dict[str, str]:
    region = phonenumbers.region_code_for_number(number) or _region_of(_e164(number))
    return {"value": shown(_e164(number)), "country": countries.name_of(region) if region else ""}


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_e164(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith("+")
        and bool(_valid(value, None) or _possible(value, None))
    )


_NOTHING = Context(today=dt.date(2000, 1, 1))
