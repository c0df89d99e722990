"""Room: extensions/nlu. Judges whether a message reports crisis, emergency or harassment: phrases and
classifier together.

Change here: how the two witnesses are combined. Phrases live in safety_phrases. Must not import Rasa.
"""

from __future__ import annotations

from typing import Any

from extensions.nlu import safety_phrases
from extensions.nlu.language import DEFAULT as ENGLISH

# From which calibrated probability on the classifier alone raises the alarm. Crisis is tuned for recall; the
# other two have neighbours (medical questions, complaints) that are also met with care.
ALONE = {"crisis": 0.3, "emergency": 0.5, "harassment": 0.8}
# Behind a figure of speech ("this exam is killing me"), or in a language that the encoder does not read, the
# classifier alone must be nearly certain; without any word of distress, more certain than with one.
NEARLY_CERTAIN = 0.95
WITHOUT_DISTRESS = 0.6
# From this probability on, the classifier counts as agreeing with a phrase.
AGREES = 0.2


def judge(
    texts: list[str],
    probabilities: dict[str, float],
    alone: dict[str, float] = ALONE,
    language: str = ENGLISH,
) -> dict[str, str] | None:
    """Return {"kind", "by"} of the gravest harm that phrases or classifier report, or None.

    Args:
        texts: versions of the message (as typed, as spelled).
        probabilities: for each kind the classifier's highest probability over sentences.
        alone: limits for the classifier without a phrase.
        language: ISO code of the message.
    """
    phrase, figurative = safety_phrases.find(texts)
    doubtful = figurative or language != ENGLISH
    distress = any(safety_phrases.shows_distress(text) for text in texts)
    for kind in safety_phrases.KINDS:
        probability = probabilities.get(kind, 0.0)
        if phrase == kind:
            return {"kind": kind, "by": "both" if probability >= AGREES else "phrase"}
        limit = alone[kind]
        if doubtful:
            limit = max(limit, NEARLY_CERTAIN)
        elif kind == "crisis" and not distress:
            limit = max(limit, WITHOUT_DISTRESS)
        if probability >= limit:
            return {"kind": kind, "by": "classifier"}
    return None


def only_a_figure(texts: list[str]) -> bool:
    """Return whether a message holds a figure of speech ("dying to match") and no word of distress."""
    return safety_phrases.find(texts)[1] and not any(safety_phrases.shows_distress(text) for text in texts)


def hardly_meant(texts: list[str], language: str = ENGLISH) -> bool:
    """Return whether harm as the likeliest reading alone says little: a mere figure of speech, or a language
    that the encoder does not read.
    """
    return language != ENGLISH or only_a_figure(texts)


def settle(
    understood: dict[str, Any],
    texts: list[str],
    probabilities: dict[str, float],
    alone: dict[str, float] = ALONE,
    language: str = ENGLISH,
) -> bool:
    """Give harm the last word on a message, or take the word from it; return whether anything was changed.

    Args:
        understood: intent, intent_ranking and understanding of the message; changed in place.
        texts, probabilities, alone, language: as for `judge`; the last text is the one that is answered.
    """
    verdict = judge(texts, probabilities, alone, language)
    if verdict is not None:
        take_over(understood, verdict, probabilities.get(verdict["kind"], 0.0), texts[-1])
        return True
    parts = (understood.get("understanding") or {}).get("parts") or []
    if parts and str(parts[0]["label"]).startswith("safety/") and hardly_meant(texts, language):
        stand_down(understood)
        return True
    return False


def stand_down(understood: dict[str, Any]) -> None:
    """Take harm, its likeliest reading, out of a message that hardly means it; changes it in place.

    What is left was the second likeliest at best, so the message counts as not understood.
    """
    part = understood["understanding"]["parts"][0]
    ranking = [pair for pair in part["ranking"] if not pair[0].startswith("safety/")]
    label, confidence = ranking[0]
    left = {**part, "label": label, "confidence": confidence, "ranking": ranking}
    understood["understanding"] = {**understood["understanding"], "parts": [left], "decision": "fallback"}
    intent = {"name": "nlu_fallback", "confidence": round(1.0 - confidence, 4)}
    others = [entry for entry in understood["intent_ranking"] if entry["name"] != "safety"]
    understood["intent"], understood["intent_ranking"] = intent, [intent, *others]


def take_over(understood: dict[str, Any], verdict: dict[str, str], probability: float, text: str) -> None:
    """Make a verdict the only reading of a message: changes `intent`, `intent_ranking` and `understanding` in
    place.
    """
    understanding = dict(understood.get("understanding") or {})
    label = f"safety/{verdict['kind']}"
    confidence = round(probability if verdict["by"] == "classifier" else max(probability, 0.99), 4)
    first = (understanding.get("parts") or [{"ranking": []}])[0]
    ranking = [[label, confidence], *[pair for pair in first["ranking"] if pair[0] != label]][:5]
    understanding["parts"] = [{"text": text, "label": label, "confidence": confidence, "ranking": ranking}]
    understanding["decision"] = "act"
    understanding["safety"] = verdict
    understanding.setdefault("language", "en")
    understanding.setdefault("is_question", False)
    understanding.pop("more", None)
    intent = {"name": "safety", "confidence": confidence}
    others = [entry for entry in understood.get("intent_ranking") or [] if entry.get("name") != "safety"]
    understood["intent"] = intent
    understood["intent_ranking"] = [intent, *others][:10]
    understood["understanding"] = understanding
