"""Room: extensions/nlu. Phrases that demand what is always refused: a promise, another set of rules, the law.

A second witness beside the classifier, as safety_phrases is for harm: what a demand is about changes from
message to message, how it is put does not. Change here: phrases only, each with a line in the table of
tests/extensions/nlu/test_limit_phrases.py. Must not import Rasa.
"""

from __future__ import annotations

import re

_OUTCOME = (
    r"(?:match\w*|unmatch\w*|resid\w+|seats?|spots?|positions?|interviews?|visas?|accept\w*|select\w*|admi\w+"
    r"|approv\w*|success\w*|succeed\w*|pass\w*|scores?|letters?|lors?|get in|got in|gets in|in for sure|place)"
)
_WORD_FOR_IT = r"(?:guarant\w+|promis\w+|assur\w+|swear\w*|certain\w*|100 ?(?:%|percent|per cent))"

_UNSAFE = re.compile(
    "|".join(
        (
            r"\b(?:ignor\w+|disregard\w*|forget|overrid\w+|bypass\w*) (?:\w+ ){0,4}?"
            r"(?:instructions?|rules?|prompts?|guidelines?|polic(?:y|ies)|restrictions?|filters?|safety|training)\b",
            r"\b(?:repeat|say|write|type|print|copy)\b.{0,15}\bafter me\b",
            r"\b(?:repeat|say|print|output|answer|reply|respond|type) (?:\w+ ){0,3}"
            r"(?:exactly|verbatim|word for word|the following|these words)\b",
            r"\b(?:repeat|print|reveal|show|tell|give|leak|dump|translate|summari[sz]e|output)\b.{0,25}"
            r"\b(?:system prompt|(?:your|the|hidden|secret|internal|initial) (?:\w+ )?"
            r"(?:prompts?|instructions|configuration|source code|api keys?|tokens?))\b",
            r"\byou(?:'re| are)? (?:now|no longer)\b(?! (?:open|accepting|closed|taking|offering|there))",
            r"\bfrom now on\b.{0,12}\byou(?:'re| are| will| must| have| act| answer| speak)\b",
            r"^(?:please )?(?:pretend|role ?-?play|imagine)\b.{0,20}\b(?:you(?:'re| are)|to be|as|yourself)\b",
            r"^(?:please |now |you )*act (?:as|like)\b",
            r"\b(?:developer|debug|god|admin|dan|jailbreak) mode\b|\bjailbreak\w*\b|\bsystem prompt\b",
            r"\b(?:new|updated?) (?:system )?(?:instructions?|policy|task) ?:|^\W*(?:system|assistant|developer)"
            r" ?(?:message|note)? ?:",
            r"\bdrop table\b|\bselect \S+ from\b|\bunion select\b|\bor 1 ?= ?1\b|<script|\brm -rf\b|\.\./",
        )
    )
)
_PROMISE = re.compile(
    "|".join(
        (
            r"\b(?:promise|guarantee|assure|ensure|swear to) (?:me|us|him|her|my \w+)\b",
            rf"\b(?:confirm|say|state|declare|write|put|sign|give|tell|certify)\b.{{0,25}}"
            rf"\b(?:in writing|on paper|written|a contract|{_WORD_FOR_IT})\b.{{0,60}}\b{_OUTCOME}\b",
            r"\b(?:in writing|on paper|written|signed)\b.{0,40}\b(?:guarant\w+|promis\w+|assur\w+)\b",
            rf"\b(?:confirm|certify|swear|promise|assure)\b.{{0,12}}\bthat\b.{{0,60}}\b{_OUTCOME}\b",
            r"\b(?:say|tell me|just say|confirm)\b.{0,20}\b(?:i|he|she|we|my \w+)(?:'ll| will| am going to| is "
            r"going to) (?:surely |definitely |certainly |100% )*(?:match|get in|be accepted|be selected|pass)\b",
            r"\b(?:money|cash) ?back\b.{0,30}\b(?:match|resid|seat|interview|fail)\w*",
            r"\bno match,? (?:no|then no) (?:fee|pay|money|payment)\b",
        )
    )
)
_LAW = re.compile(
    "|".join(
        (
            r"\bi (?:\w+ )?(?:sue|sued)\b|\bto sue\b|\bsuing\b|\blitigat\w+\b|\b(?:file|filing|start) a lawsuit\b",
            r"\b(?:take|taking|drag|bring)\b.{0,40}\b(?:to|in) court\b|\bcourt case\b",
            r"\blegal (?:action|proceedings|notice|advice|case|remed\w+|claim)\b|\bpress(?:ing)? charges\b",
            r"\bbreach of (?:contract|agreement)\b",
            r"\b(?:marry|marrying|marriage)\b.{0,40}\b(?:stay|green card|visa|papers|waiver|way (?:around|out)|two[- ]year|home (?:rule|residence))\b",
            r"\b(?:(?:apply|file|claim|seek|ask)\w* (?:for )?asylum|deport\w*|overstay\w*|out of status|unlawful presence|immigration judge)\b",
            r"\b(?:my|good|hire|need|get|call|find) (?:an? )?(?:\w+ )?(?:lawyer|attorney|solicitor|advocate)\b",
        )
    )
)
_FORGERY = re.compile(
    "|".join(
        (
            r"\b(?:write|draft|compose|make|prepare|finish|do)\b.{0,40}\b(?:statement|essay|ps|exam|test)\b"
            r".{0,25}\b(?:for me|instead of me|in my place)\b",
            r"\b(?:write|email|e-mail|message|call|contact|talk|speak|send)\b.{0,50}\b(?:in my name|as if (?:you|it) (?:are|were|was|is) me"
            r"|pretending to be me)\b",
            r"\b(?:sit|take|write) (?:the |my )?(?:exam|step|test|oet)\b.{0,20}\b(?:for me|in my place|instead of me)\b",
            r"\b(?:fake|forged?|false|duplicate) (?:\w+ )?(?:letters?|lors?|diploma|degree|certificate|transcript|papers?|documents?"
            r"|experience|invitation)\b",
        )
    )
)
_PATTERNS = {
    "decline/misconduct": _FORGERY,
    "decline/unsafe_input": _UNSAFE,
    "decline/guarantee": _PROMISE,
    "decline/legal_advice": _LAW,
}


def named(text: str) -> list[str]:
    """Return the labels whose phrases stand in a text (lower case, as prepared for the classifier)."""
    flat = text.lower().replace("’", "'")
    return [label for label, pattern in _PATTERNS.items() if pattern.search(flat)]
