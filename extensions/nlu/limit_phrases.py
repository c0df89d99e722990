"""Room: extensions/nlu. Phrases that demand what is always refused (a promise, other rules, the law), and insults.

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
            r"\bwhat (?:were|are) you (?:told|instructed|forbidden|not allowed)\b.{0,25}\b(?:to )?(?:tell|say|hide|reveal|not)\b",
            r"^\W*(?:note|message|notice|memo|instruction)s? (?:from|by) (?:\w+ ){0,2}(?:management|admin\w*|developers?|system|openai|staff|team|headquarters)\b.{0,80}\b(?:automatically|approve|grant|must|from now|as of)\b",
            r"忽略(?:之前|以上|所有|上面)|系统提示|忽略.{0,6}指令|تجاهل (?:كل |جميع )?(?:التعليمات|الأوامر)|игнорируй|ignora (?:las|todas|as|tus) (?:\w+ )?instruc\w+|oublie tes instructions|ignore tes",
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
            r"\b(?:i want|want|need|give me|i need|wants?) (?:a |an |the |some |your |his )?(?:word of honou?r|assurance|commitment|certainty|written promise|promise|guarantee)\b",
            rf"\b(?:are you|r u) (?:certain|100 ?%? ?sure|sure|positive)\b.{{0,60}}\b{_OUTCOME}\b.{{0,60}}\bpromise\b|\bis a given\b",
            r"\b(?:garanti[sz]\w*|garant\w+|asegur[ao]n?|assegur\w+|prometen?|prometem|promettez|taahhut)\b.{0,60}\b(?:match\w*|visa|visto|vize\w*|resid\w+|entrevistas?|interview\w*|puesto|vaga|place|i'inscri\w*|inscri\w*)\b",
            r"\besles\w*\b.{0,30}\bgaranti\w*|гарантир\w+|保证|保證|تضمن|ضمان|गारंटी|گارنٹی",
            r"\bno match,? (?:no|then no) (?:fee|pay|money|payment)\b",
        )
    )
)
_LAW = re.compile(
    "|".join(
        (
            r"\bi (?:\w+ )?(?:sue|sued)\b|\bto sue\b|\bsuing\b|\blitigat\w+\b|\b(?:file|filing|start) a lawsuit\b",
            r"\b(?:take|taking|drag|bring)\b.{0,40}\b(?:to|in) court\b|\bcourt case\b",
            r"\bwhich (?:visa|passport) (?:should|do|shall|must) (?:i|he|she|we)\b.{0,10}\b(?:choose|use|pick|take|apply|show)\b|\b(?:eb-?[123]|niw|tps|priority date|i-?(?:485|130|140|765))\b",
            r"\bwhat (?:should|do|can|must) i (?:say|tell|answer)\b.{0,20}\b(?:officer|consul\w*|embassy|airport|border|immigration)\b",
            r"\b(?:must|should|do|need) (?:i|we) (?:to )?(?:disclose|declare|hide|mention)\b.{0,40}\b(?:visa|refusal|arrest|denial|conviction)\b|\bviolated the match\b|\bdraft my defen[cs]e\b",
            r"\b(?:lied|false information|wrong information)\b.{0,40}\b(?:esta|visa|ds-?160|application form)\b|\b(?:hide|conceal)\b.{0,40}\b(?:refus\w+|denial|luggage|suitcase|officer|arrest)\b",
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
            r"^(?:please |can you |could you |pls )*(?:write|draft|compose) (?:me )?(?:my|a|the|his|her|our|whole|full) (?:whole |full |complete )?"
            r"(?:personal statement|statement|essay|ps|letter of recommendation|lor)\b",
            r"\b(?:tell|say|pretend)\b.{0,25}\byou(?:'re| are) me\b|\b(?:sell|buy|pay for) (?:me )?(?:an? )?(?:authorship|papers?|publications?)\b",
            r"\b(?:make|change|edit|alter|correct)\b.{0,25}\b(?:transcript|diploma|certificate|degree|letter)\b.{0,40}\b(?:look like|in place of|instead of|another year)\b",
            r"\banswers (?:to|of|for) the\b.{0,20}\b(?:quiz|exam|test)\b",
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
_INSULT = re.compile(
    "|".join(
        (
            r"\b(?:f\*+k?|fuck\w*|screw) (?:you|u|off|this bot)\b|\b(?:stupid|dumb|useless|idiot\w*|moron\w*|pathetic|trash|garbage) (?:bot|chat ?bot|robot|machine|ai|thing)\b",
            r"\b(?:bot|robot|chatbot|machine|you|u) (?:is|are|r) (?:so |such an? |really |just |an? )*(?:stupid|dumb|useless|idiot|moron|pathetic|trash|garbage)\b",
            r"\b(?:bakwas|bakwaas|gadh[ae]|chutiya|bewakoof|kamina|ullu)\b|\b(?:aptal|salak|gerizekal)\w*|\b(?:burro|idiota|imbecil|est[uú]pid[oa]|tont[oa]|mierda|merda|ferrar)\b",
            r"\b(?:d[ée]bile|cr[ée]tin|connard|abruti|stupide)\b|\bt'es (?:vraiment )?nul\b|туп(?:ой|ая|ица)|бесполезн|идиот|дурак|垃圾|笨蛋|白痴|傻|滚|غبي|حمار|تافه|بیوقوف|گدھا|बेवकूफ|गधा|बकवास",
        )
    )
)
_PATTERNS = {
    "chitchat/insult": _INSULT,
    "decline/misconduct": _FORGERY,
    "decline/unsafe_input": _UNSAFE,
    "decline/guarantee": _PROMISE,
    "decline/legal_advice": _LAW,
}


def named(text: str) -> list[str]:
    """Return the labels whose phrases stand in a text (lower case, as prepared for the classifier)."""
    flat = text.lower().replace("’", "'")
    return [label for label, pattern in _PATTERNS.items() if pattern.search(flat)]
