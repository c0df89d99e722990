"""The language of a message: another one is recognised, English with a few foreign words stays English."""

from __future__ import annotations

import pytest

from extensions.nlu.language import recognise
from extensions.nlu.text_normalizer import TextNormalizer

OTHERS = [
    ("es", "quiero hacer una rotación en un hospital de Estados Unidos"),
    ("es", "cuanto cuesta el programa para medicos"),
    ("es", "soy estudiante de medicina y necesito ayuda con los documentos"),
    ("es", "buenos días, ¿dónde puedo aplicar?"),
    ("ar", "أنا طالب طب وأريد التدريب في أمريكا"),
    ("ar", "ما هي الأوراق المطلوبة؟"),
    ("ar", "هل يوجد سكن قريب من المستشفى"),
    ("hi", "मैं भारत से डॉक्टर हूँ, आवेदन कैसे करूँ?"),
    ("hi", "क्या रोटेशन के लिए वीज़ा चाहिए"),
    ("hi", "mujhe usa me rotation karna hai kaise kare"),
    ("hi", "kitna paisa lagega aur kab start hoga"),
    ("ur", "میں ڈاکٹر ہوں اور امریکہ جانا چاہتا ہوں"),
    ("ur", "کیا آپ رہائش میں مدد کرتے ہیں؟"),
    ("ur", "janab mujhay maloomat chahiye daakhla kab hota hai"),
    ("pt", "quero fazer um estágio em um hospital dos Estados Unidos"),
    ("pt", "sou estudante de medicina, como posso participar?"),
    ("pt", "quanto tempo dura e quais são os documentos"),
    ("fr", "je suis médecin et je voudrais faire une résidence aux États-Unis"),
    ("fr", "combien de semaines dure le stage"),
    ("fr", "bonjour, quels documents sont nécessaires ?"),
    ("ru", "Я врач из Казахстана, как мне подать заявку?"),
    ("ru", "нужна ли виза для практики"),
    ("ru", "skolko stoit programma i kogda nado platit"),
    ("zh", "我是医学生，想申请美国的临床实习"),
    ("zh", "需要什么文件？"),
    ("zh", "住院医师培训要几年"),
    ("de", "ich bin Arzt und möchte wissen, wie viel das kostet"),
    ("it", "sono un medico e vorrei sapere quanto costa il programma"),
    ("tr", "merhaba, staj için ne kadar ödemem gerekiyor ve hangi belgeler lazım"),
    ("fa", "من دانشجوی پزشکی هستم و می‌خواهم در آمریکا دوره بگیرم چگونه"),
    ("uk", "я лікар і хочу пройти стажування у США"),
    ("bn", "আমি একজন ডাক্তার, আবেদন কীভাবে করব"),
    ("ko", "저는 의대생인데 미국에서 실습하고 싶어요"),
    ("ja", "アメリカの病院で実習したいです"),
    ("ta", "நான் மருத்துவ மாணவர்"),
]
ENGLISH = [
    "what is a rotation",
    "salam, how do i apply for a rotation",
    "Namaste sir, what documents do you need",
    "hola! when does the match start",
    "merci for the answer, and the price?",
    "inshallah I will graduate in 2027, can I start in July",
    "bhai tell me the step 1 passing score",
    "my name is José Muñoz and I studied in São Paulo",
    "I am from Côte d'Ivoire",
    "I am graduate of Universidad de los Andes in Mérida",
    "is the school الجامعة الأردنية on your list of accepted schools or not, I need to know",
    "visa",
    "J-1",
    "ok",
    "no",
    "",
    "12345",
    "?",
    "residency me how many years",
    "plz do the needful and revert",
    "r u AI",
]


@pytest.mark.parametrize(("code", "text"), OTHERS)
def test_another_language_is_recognised(normalizer: TextNormalizer, code: str, text: str) -> None:
    assert normalizer.prepare(text).language == code


@pytest.mark.parametrize("text", ENGLISH)
def test_english_with_foreign_words_stays_english(normalizer: TextNormalizer, text: str) -> None:
    assert normalizer.prepare(text).language == "en"


def test_a_few_foreign_letters_do_not_decide() -> None:
    assert recognise("the word انٹرنشپ stands on the letter from my school in Lahore") == "en"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("observership kaise milega", "observership how get"),
        ("ECFMG ke liye kya chahiye?", "ecfmg ke for what needed ?"),
        ("visa interview kab hota hai", "visa interview when is is"),
    ],
)
def test_hindi_and_urdu_words_among_english_terms_are_read_as_english(
    normalizer: TextNormalizer, typed: str, read: str
) -> None:
    assert normalizer.prepare(typed).normalized.replace("?", " ?").split() == read.split()


def test_an_english_word_that_looks_like_another_languages_stays(normalizer: TextNormalizer) -> None:
    assert normalizer.prepare("is it a mere formality").normalized == "is it a mere formality"
