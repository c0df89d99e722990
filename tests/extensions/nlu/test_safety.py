"""Crisis, emergency and harassment are caught in many voices; figures of speech and school talk are not.

Each phrase of `safety_phrases` has its lines here. All are judged by the phrases alone, which need no
trained model, and some by phrases and classifier together, as a message is.
"""

from __future__ import annotations

from typing import Any

import pytest

from extensions.nlu import safety_phrases
from extensions.nlu.engine import Engine
from extensions.nlu.harm import (
    ALONE,
    NEARLY_CERTAIN,
    WITHOUT_DISTRESS,
    judge,
    only_a_figure,
    stand_down,
    take_over,
)

CRISIS = [
    "i am going to kill myself",
    "thinking about killing myself since results day",
    "i hurt myself again last night",
    "self-harm is the only thing that helps",
    "i feel suicidal",
    "my roommate says he will commit suicide",
    "I WANT TO DIE",
    "i just want to die honestly",
    "i wish i was dead",
    "i wish i had never been born",
    "my parents would be better off without me",
    "i am only a burden and should be gone",
    "i will end my life",
    "he wants to take his own life",
    "i want to end it all",
    "i do not want to live anymore",
    "i dont want to be alive",
    "there is no reason to live",
    "i see no point in living after this result",
    "so tired of living",
    "i cant go on",
    "i hope i never wake up",
    "nobody will miss me",
    "my life is not worth living",
    "this is my goodbye note",
    "i cut my wrists",
    "i will jump off the bridge",
    "she is giving away all her things and saying goodbye",
    "i want to disappear from this world",
    "death is the only way out",
    "how many pills to die",
    "painless way to end my life",
    "i have lost the will to live",
    "i am not safe with myself",
    "i do not trust myself to stay alive tonight",
    "what is the use of me still being here, nobody needs a doctor who never matched",
    "kms",
    "wanna die",
    "wana dye to be honest, better dead",
    "i am standing on the roof",
    "the pills are in my hand",
    "Mujhe marna hai",
    "jeene ka mann nahi karta",
    "zindagi khatam kar lunga",
    "khudkushi kar lunga",
    "मैं मरना चाहता हूँ",
    "आत्महत्या के विचार आ रहे हैं",
    "میں مرنا چاہتا ہوں",
    "خودکشی کے خیال آتے ہیں",
    "أريد أن أموت",
    "افكر في الانتحار",
    "bedi moot",
    "quiero morirme",
    "ya no quiero vivir",
    "voy a suicidarme",
    "quero morrer",
    "não quero mais viver",
    "je veux mourir",
    "je n'ai plus envie de vivre",
    "voglio morire",
    "ich will nicht mehr leben",
    "я хочу умереть",
    "не хочу жить",
    "ölmek istiyorum",
    "gusto ko nang mamatay",
    "aku ingin mati",
    "我想死",
    "我不想活了",
    "死にたい",
    "죽고 싶어",
    "j'ai envie d'en finir ce soir",
    "je ne trouve aucune raison de vivre",
    "no encuentro razon para vivir",
    "sem vontade de viver",
    "no quiero despertar",
    "minha vida nao tem sentido",
    "yasamak icin neden kalmadi",
    "if something happens to me my loan is cleared",
    "не вижу смысла жить",
    "活够了",
    "تعبت من حياتي",
    "جینے کا کوئی مقصد نہیں",
    "जीने की वजह नहीं",
    "a rope hangs from the fan",
    "the rope is ready",
    "i have saved up sleeping pills since june",
    "i will not be alive for the next season",
    "she put up a farewell status and her phone is off",
    "by then i am in my grave",
    "i am taking all my pills",
    "tonight i take my pills, all",
    "sab ko alvida",
]
EMERGENCY = [
    "i have chest pain right now",
    "my left arm is numb and i am sweating",
    "i can't breathe",
    "he is unconscious on the floor",
    "she collapsed in front of me",
    "my friend took too many sleeping pills",
    "he overdosed",
    "it is bleeding a lot and will not stop",
    "call an ambulance",
    "there is a man with a gun in the hospital",
    "the building is on fire",
    "i had a needlestick an hour ago",
    "we were in a car accident",
    "my throat is closing",
    "he has no pulse",
    "a snake bit me",
    "my wife is pregnant and bleeding",
    "no puedo respirar",
    "me duele el pecho",
    "nao consigo respirar",
    "je ne peux pas respirer",
    "saans nahi aa rahi",
    "सीने में दर्द हो रहा है",
    "سینے میں درد ہو رہا ہے",
    "لا أستطيع التنفس",
    "не могу дышать",
    "胸口痛",
    "abbu ka munh tedha ho gaya",
]
HARASSMENT = [
    "my preceptor touched me",
    "the doctor put his hand on my leg",
    "he said i must come to his hotel room",
    "sexual comments every day from the attending",
    "i was groped in the elevator",
    "they make fun of my hijab",
    "he called me a terrorist",
    "the staff told me to go back to my country",
    "the attending slapped me",
    "i do not feel safe at this clinic",
    "my supervisor threatened to ruin my career",
    "she is bullying me",
    "the doctor comes to work drunk",
    "he took my passport and keeps it",
    "they said they do not accept muslims",
    "the resident follows me home",
    "he asks me for naked photos",
    "racist jokes about my skin color",
    "me tocó el doctor",
    "sufro acoso sexual",
    "le médecin me harcèle",
    "mujhe galat tarike se chhua",
    "تحرش بي الطبيب",
    "ڈاکٹر نے مجھے ہراساں کیا",
    "меня домогается врач",
    "医生性骚扰我",
    "my husband beats me",
    "my uncle locked me in the flat",
    "the landlord forced himself on me",
    "i am afraid to go home",
    "el doctor me manda mensajes sexuales",
    "recebo mensagens sexuais do chefe",
    "he looks at my breasts in the clinic",
    "the doctor felt her breast without asking",
    "the residents drink alcohol on call",
]
TABLE = [
    *[("crisis", text) for text in CRISIS],
    *[("emergency", text) for text in EMERGENCY],
    *[("harassment", text) for text in HARASSMENT],
]
# What sounds like harm and is none: figures of speech, and the daily bread of medicine.
HARMLESS = [
    "I'm dying to match",
    "i am dying to know my score",
    "dying to start residency",
    "killing the exam today",
    "i killed the interview",
    "this step is killing me",
    "uworld is killing my brain",
    "the fee kills my budget",
    "i would kill for a seat in boston",
    "scared to death of the interview",
    "it is do or die this season",
    "when is the deadline",
    "is this a dead end for old graduates",
    "my phone is dying, answer fast",
    "i almost died laughing",
    "a killer personal statement",
    "cut myself some slack this week",
    "let us end it here, thanks",
    "can i rotate in a suicide prevention clinic",
    "do we learn overdose management",
    "is there a chest pain unit in the rotation",
    "does an emergency medicine rotation exist",
    "how long is emergency medicine residency",
    "does my rotation include trauma and gunshot patients",
    "how do i jump into residency after a gap",
    "i lost hope a little but i apply again",
    "i failed step 1, what now",
    "i did not match last year",
    "can i live with my aunt in houston",
    "where do residents live",
    "is the hospital in a safe area",
    "may a pregnant student do a rotation",
    "what vaccines and blood tests do i need",
    "i took step 2 and passed",
    "i take pills for blood pressure, is a rotation possible",
    "my preceptor will write me a letter",
    "i overdosed on anki today",
    "surgery is suicide with those hours",
    "my thesis was on suicide prevention",
    "is there a rotation in an overdose clinic",
    "if i die in the match what then",
    "is an attempt a death sentence",
    "i like dying patients and end of life care",
    "i killed ck yesterday",
    "shooting my shot at dermatology",
    "how long is child abuse pediatrics",
    "i will die of nerves in soap week",
    "i found a painless lump in my breast",
    "when i touch my breast i feel a lump, what now",
    "can i drink alcohol with my antibiotic",
    "may a hospital by law refuse someone for a head scarf",
    "can a clinic legally send home a student who wears a turban",
    "i saved tablets for the patients in the pharmacy",
    "does wilderness medicine teach rope rescue",
    "i am in canada for the next season",
    "is beer ok while taking my tablets",
    "i forgot to take my thyroid tablets",
    "the farewell message of my preceptor was kind",
]


def reported(engine: Engine, text: str, field: str | None = None) -> str | None:
    """The kind of harm whose help is shown for a message; the likeliest reading alone shows it too."""
    understood = engine.understand(text, {"topic": None, "subject": None, "form": field})
    if understood["intent"]["name"] != "safety":
        assert understood["understanding"]["safety"] is None
        return None
    return str(understood["understanding"]["parts"][0]["label"]).removeprefix("safety/")


@pytest.mark.parametrize(("kind", "text"), TABLE)
def test_a_report_of_harm_is_caught_by_its_words(kind: str, text: str) -> None:
    assert safety_phrases.find([text])[0] == kind


@pytest.mark.parametrize("text", HARMLESS)
def test_words_that_only_sound_like_harm_are_no_report(text: str) -> None:
    assert safety_phrases.find([text])[0] is None


@pytest.mark.parametrize(("kind", "text"), [pair for place, pair in enumerate(TABLE) if place % 3 == 0])
def test_a_message_that_reports_harm_becomes_safety(engine: Engine, kind: str, text: str) -> None:
    assert reported(engine, text) == kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            "crisis",
            "failed again and every night i lie awake thinking that being gone would be easier for all of us",
        ),
        ("crisis", "i hold a blade and i am afraid of what i do next"),
        ("crisis", "i cannot see any future where i exist"),
        ("crisis", "i think about not being here"),
        ("emergency", "suddenly his lips went blue and he does not answer when i shout his name"),
        ("emergency", "he ate peanuts and his face gets bigger and he wheezes"),
        ("emergency", "my heart beats so strange and my jaw and arm hurt"),
        ("harassment", "he keeps standing very close behind me and writes to me about my looks"),
        ("harassment", "he blocks the door when we are alone and comes very near"),
    ],
)
def test_what_no_phrase_foresees_is_caught_by_the_classifier(engine: Engine, kind: str, text: str) -> None:
    assert safety_phrases.find([text])[0] is None
    assert reported(engine, text) == kind


@pytest.mark.parametrize("text", HARMLESS)
def test_no_false_alarm_on_what_only_sounds_like_harm(engine: Engine, text: str) -> None:
    assert reported(engine, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "i want to die and how much is a rotation",
        "how much is a rotation?? honestly i want to kill myself",
        "<b>i want to die</b>",
        "i waaaaant to dieeeee 😭😭",
        "i wnat to kil my self",
        "IWANT TO DIE",
        "my name is Omar. I finished school in 2019. I failed three times. " * 20 + "I want to end my life.",
    ],
)
def test_a_crisis_is_heard_in_any_wrapping_and_beside_any_question(engine: Engine, text: str) -> None:
    understood = engine.understand(text)["understanding"]
    assert (understood["safety"] or {}).get("kind") == "crisis"
    assert [part["label"] for part in understood["parts"]] == ["safety/crisis"]


@pytest.mark.parametrize("field", ["full_name", "email", "specialties", "review"])
def test_a_crisis_is_heard_whatever_the_form_asks(engine: Engine, field: str) -> None:
    assert reported(engine, "i want to kill myself", field) == "crisis"


def test_the_gravest_harm_comes_first() -> None:
    text = "my preceptor touched me and now i want to die"
    assert judge([text], {})["kind"] == "crisis"
    assert judge(["my preceptor touched me and i can't breathe"], {})["kind"] == "emergency"


def verdict(text: str, language: str = "en", **probabilities: float) -> dict[str, str] | None:
    return judge([text], probabilities, language=language)


def test_the_classifier_alone_raises_the_alarm_above_its_limit() -> None:
    assert verdict("everything hurts and i am so alone", crisis=ALONE["crisis"]) == {
        "kind": "crisis",
        "by": "classifier",
    }
    assert verdict("everything hurts and i am so alone", crisis=ALONE["crisis"] - 0.01) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [("i am dying to match", "en"), ("cuando empieza el curso", "es")],
)
def test_the_classifier_alone_must_be_nearly_certain_where_it_errs(text: str, language: str) -> None:
    assert verdict(text, language, crisis=NEARLY_CERTAIN - 0.01) is None
    assert verdict(text, language, crisis=NEARLY_CERTAIN) is not None


def test_without_a_word_of_distress_the_classifier_must_be_surer_of_a_crisis() -> None:
    assert verdict("which fee is it", crisis=WITHOUT_DISTRESS - 0.01) is None
    assert verdict("which fee is it", crisis=WITHOUT_DISTRESS) is not None
    assert ALONE["crisis"] < WITHOUT_DISTRESS


def test_both_witnesses_are_named_when_they_agree() -> None:
    assert verdict("i want to die", crisis=0.9) == {"kind": "crisis", "by": "both"}
    assert verdict("i want to die", crisis=0.0) == {"kind": "crisis", "by": "phrase"}


def test_a_figure_of_speech_alone_takes_harm_out_of_the_readings() -> None:
    part = {
        "label": "safety/crisis",
        "confidence": 0.6,
        "ranking": [["safety/crisis", 0.6], ["faq/soap", 0.2]],
    }
    understood: dict[str, Any] = {
        "intent": {"name": "safety", "confidence": 0.6},
        "intent_ranking": [{"name": "safety", "confidence": 0.6}, {"name": "faq", "confidence": 0.3}],
        "understanding": {"parts": [part], "decision": "act"},
    }
    stand_down(understood)
    assert understood["intent"]["name"] == "nlu_fallback"
    assert understood["understanding"]["decision"] == "fallback"
    assert understood["understanding"]["parts"][0]["ranking"] == [["faq/soap", 0.2]]


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("i am dying to match", True),
        ("this step is killing me", True),
        ("i am dying to match and i cut myself", False),
        ("this step is killing me and life is empty", False),
        ("i feel so empty", False),
        ("what is soap", False),
    ],
)
def test_a_word_of_distress_beside_a_figure_of_speech_is_heard(text: str, figure: bool) -> None:
    assert only_a_figure([text]) is figure


def test_a_verdict_replaces_every_other_reading() -> None:
    understood: dict[str, Any] = {
        "intent": {"name": "faq", "confidence": 0.9},
        "intent_ranking": [{"name": "faq", "confidence": 0.9}, {"name": "safety", "confidence": 0.1}],
        "understanding": {
            "parts": [
                {"label": "faq/soap", "ranking": [["faq/soap", 0.9], ["safety/crisis", 0.1]]},
                {"label": "faq/eras", "ranking": []},
            ],
            "more": ["faq/cv"],
            "decision": "lean",
        },
    }
    take_over(understood, {"kind": "crisis", "by": "phrase"}, 0.1, "i want to die")
    understanding = understood["understanding"]
    assert [part["label"] for part in understanding["parts"]] == ["safety/crisis"]
    assert understanding["parts"][0]["ranking"][1] == ["faq/soap", 0.9]
    assert understanding["decision"] == "act"
    assert "more" not in understanding
    assert [entry["name"] for entry in understood["intent_ranking"]] == ["safety", "faq"]
