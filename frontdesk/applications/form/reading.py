"""What a message says, held against the question that waits. Nothing is changed here: a turn is read, and
what the message may be is told as a parser's result or as yes and no.
"""

from __future__ import annotations

import re

from frontdesk.applications import commands
from frontdesk.applications.fields import BY_NAME, CONSENT, REVIEW
from frontdesk.applications.form.sheet import Sheet
from frontdesk.applications.form.states import SURE_QUESTION
from frontdesk.applications.parsing import names, phones, places, schools, speech, yes_no
from frontdesk.applications.parsing.month_names import month_numbers
from frontdesk.applications.parsing.result import Certain, Confirm, Parsed, Unclear
from frontdesk.knowledge.vocabulary import key_of


def command_in(sheet: Sheet) -> str | None:
    """The command in the message's words; free text is not searched for likenesses."""
    asked = BY_NAME.get(sheet.asking or "")
    return commands.said(sheet.text, sheet.phrases, fuzzy=not (asked and asked.free))


def answer_in(sheet: Sheet) -> tuple[Parsed, str]:
    """The message read as the answer to the asked field, and what else it says."""
    if sheet.asking in {None, CONSENT, REVIEW}:
        return (yes_no.parse(sheet.text, sheet.context()) if sheet.asking else None), ""
    asked = BY_NAME[sheet.asking]
    context = sheet.context()
    whole = by_pending(sheet)
    if whole is not None:
        return whole, sheet.text
    stated = speech.statements(sheet.text)
    if not asked.free and not sheet.working.get("other_person"):
        stated = speech.own_part(stated)
    if not stated.strip():
        # "May?", "8 weeks?" – an answer with doubt in its voice.
        if len(key_of(sheet.text)) <= 3 and not asked.free and not commands.asks_what(sheet.text):
            parsed = asked.parse(sheet.text.rstrip("?؟ "), context)
            return (parsed if isinstance(parsed, Certain | Confirm) else None), ""
        return None, ""
    parsed = asked.parse(stated, context)
    if not asked.free and (meant := speech.second_thought(stated)):
        again = asked.parse(meant, context)
        parsed = again if isinstance(again, Certain | Confirm) else parsed
    if parsed is None and stated != sheet.text and not speech.is_question(sheet.text.rstrip("?")):
        parsed = asked.parse(sheet.text, context)
    if asked.free and isinstance(parsed, Certain) and is_doubtful(sheet, parsed):
        return None, ""
    return parsed, sheet.text


def by_pending(sheet: Sheet) -> Parsed:
    """An answer that a question we put together with: the country of a number, the month of a year."""
    pending = sheet.working.get("pending") or {}
    if pending.get("field") != sheet.asking:
        return None
    match pending.get("kind"):
        case "phone":
            return phone_with_country(sheet, str(pending["kept"]))
        case "year":
            found = month_numbers(sheet.text)
            if len(set(found)) == 1 and not re.search(r"20\d{2}", sheet.text):
                return BY_NAME["preferred_start"].parse(f"{found[0]}/{pending['kept']}", sheet.context())
        case "result" if said := yes_no.plain(sheet.text):
            return Certain("passed" if said == "yes" else "failed")
        case "options":
            return one_of(sheet, list(pending["options"]))
    return None


def phone_with_country(sheet: Sheet, kept: str) -> Parsed:
    """The country of a number that was kept: its name, its code."""
    region = phones.region_named(sheet.text)
    if region:
        return phones.place(kept, (region,), sheet.context())
    line = key_of(sheet.text)
    digits = re.sub(r"\D", "", sheet.text)
    if digits and 1 <= len(digits) <= 3 and len(line) <= 3:
        return phones.place(f"+{digits}{kept.lstrip('0')}", (), sheet.context())
    return None


def one_of(sheet: Sheet, options: list[str]) -> Parsed:
    """Which of two months was meant: "4 july", "the second", "april"."""
    if sheet.asking != "preferred_start":
        return None
    found = set(month_numbers(sheet.text))
    by_month = [one for one in options if int(one[5:7]) in found]
    if len(by_month) == 1:
        year = re.search(r"20\d{2}", sheet.text)
        return Certain(by_month[0]) if not year or by_month[0].startswith(year.group()) else None
    line = speech.folded(sheet.text)
    year = re.search(r"20\d{2}", sheet.text)
    by_year = [one for one in options if year and one.startswith(year.group())]
    if len(by_year) == 1 and len(line.split()) <= 4:
        return Certain(by_year[0])
    for at, pattern in enumerate(
        (r"\b(?:first|1st|former|this year)\b", r"\b(?:second|2nd|latter|other|next year)\b")
    ):
        if re.search(pattern, line) and at < len(options):
            return Certain(options[at])
    if re.search(r"\b(?:day first|dd ?/? ?mm)\b", line):
        return Certain(options[0])
    return (
        Certain(options[1]) if re.search(r"\bmonth first|mm ?/? ?dd\b", line) and len(options) > 1 else None
    )


def is_doubtful(sheet: Sheet, parsed: Certain) -> bool:
    """Free text that the classifier is sure is something else."""
    if is_evident(sheet, parsed):
        return False
    parts = sheet.understanding.get("parts") or []
    if sheet.understanding.get("decision") != "act" or not parts:
        return False
    label = str(parts[0].get("label", ""))
    confidence = float(parts[0].get("confidence") or 0.0)
    if label.startswith("chitchat/") and confidence >= commands.SURE:
        return True
    if confidence < SURE_QUESTION or len(key_of(sheet.text)) < 3:
        return False
    if sheet.asking == "full_name" and names.cued(sheet.text):
        return False
    return label.startswith(("faq/", "decline/")) or label in commands.LABELS


def is_evident(sheet: Sheet, parsed: Parsed) -> bool:
    """Whether free text shows by itself that it is an answer: a school's word, a known place."""
    if not isinstance(parsed, Certain):
        return False
    value = str(parsed.value)
    if sheet.asking == "full_name":
        return names.is_plainly_a_name(sheet.text)
    if sheet.asking == "medical_school":
        return schools.is_school(value)
    if sheet.asking == "preferred_location":
        return value == places.ANY or bool(places.mentioned(value))
    return False


def outweighs(sheet: Sheet, parsed: Parsed, command: str) -> bool:
    """Whether the message, worded like a command, is nevertheless the answer ("pass" for an exam)."""
    asked = BY_NAME.get(sheet.asking or "")
    if asked is None or parsed is None or isinstance(parsed, Unclear):
        return False
    if sheet.asking in {CONSENT, REVIEW}:
        return command in {"resume", "skip", "stop", "cancel"} and yes_no.plain(sheet.text) is not None
    if asked.free:
        return command in {"human", "stop", "skip", "back"} and is_evident(sheet, parsed)
    if command == "skip" and sheet.asking in {"usmle_step1", "usmle_step2ck"}:
        return key_of(sheet.text) == ("pass",) or not {"pass", "skip"} & set(key_of(sheet.text))
    if command in {"skip", "stop"}:
        unsure = isinstance(parsed, Certain) and parsed.value == "unsure"
        return len(key_of(sheet.text)) <= (7 if unsure else 4) and "skip" not in key_of(sheet.text)
    return False


def topics_of(sheet: Sheet) -> list[str]:
    """The topics that the classifier is sure of."""
    if sheet.understanding.get("decision") != "act":
        return []
    parts = sheet.understanding.get("parts") or []
    return [str(part.get("label")) for part in parts if str(part.get("label", "")).startswith("faq/")]


def asks_something(sheet: Sheet) -> bool:
    """Whether the message asks something besides the form."""
    if speech.is_question(sheet.text):
        return True
    return bool(sheet.understanding.get("is_question")) and bool(topics_of(sheet))


def is_talk(sheet: Sheet) -> bool:
    """Small talk, thanks, a subject we decline, a topic named without a question."""
    if sheet.understanding.get("decision") != "act":
        return False
    parts = sheet.understanding.get("parts") or []
    labels = [str(part.get("label", "")) for part in parts]
    return any(label.startswith(("faq/", "chitchat/", "decline/")) for label in labels)


def is_small_talk(sheet: Sheet) -> bool:
    """Whether it is small talk and nothing else."""
    parts = sheet.understanding.get("parts") or []
    return is_talk(sheet) and all(str(part.get("label", "")).startswith("chitchat/") for part in parts)
