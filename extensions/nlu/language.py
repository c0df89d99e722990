"""Room: extensions/nlu. Says in which language a message is written: by script first, then by function words.

Change here: scripts, word lists, limits. English with a few foreign words stays English. Must not import
Rasa.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from extensions.nlu.wordforms import CHAT_WORDS

DEFAULT = "en"

# Function words that are frequent in one language and are not English words. Romanised Hindi and Urdu are one
# spoken language; words of Persian and Arabic origin that Urdu speakers prefer decide for "ur".
_FUNCTION_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "es": "el la los las una unos unas de del que qué como cómo cuanto cuánto cuanta cuántos cuesta cuestan para por pero porque con sin "
        "mi mis tu su sus es son está estan están estoy soy eres somos hay tengo tiene tienen quiero quiere puedo puede pueden "
        "necesito necesita hacer donde dónde cuando cuándo cual cuál cuales quien quién este esta esto eso ese muy más mas también "
        "tambien gracias hola buenas buenos dias días tardes noches médico medico soy estudiante rotación rotacion residencia ayuda "
        "y o en un al lo le se me te ya si sí nos aquí ahora después antes años meses semanas dinero precio examen",
        "pt": "o os as um uma uns umas de do da dos das que como quanto quanta custa custam para por mas porque com sem meu minha "
        "seu sua é são está estão estou sou somos tem tenho têm quero quer posso pode podem preciso precisa fazer onde quando "
        "qual quais quem este esta isto isso esse muito mais também tambem obrigado obrigada olá ola oi bom boa dia tarde noite "
        "médico medico estudante residência residencia estágio estagio ajuda não nao sim em no na nos nas ao você voce vocês eu "
        "e agora depois antes anos meses semanas dinheiro preço prova",
        "fr": "le la les un une des de du que qui quoi comment combien coûte coute pour par mais parce avec sans mon ma mes ton ta "
        "son sa ses est sont suis êtes etes sommes ai avez avons ont veux voudrais veut peux peut puis pouvez besoin faire où "
        "quand quel quelle quels quelles ce cette ces cela ça ca très tres plus aussi merci bonjour bonsoir salut médecin medecin "
        "étudiant etudiant stage résidence aide ne pas oui non et ou dans sur au aux je tu il elle nous vous ils il j'ai c'est "
        "qu'est d'un d'une l'examen est-ce maintenant après avant ans mois semaines argent prix",
        "de": "der die das den dem des ein eine einen einem und oder aber ich du er sie wir ihr ist sind bin war habe haben hat "
        "kann können koennen muss müssen wie was wo wann warum wer welche welcher nicht kein keine mit ohne für fuer von zu zum "
        "zur auf im in bei nach vor danke bitte hallo guten kostet viel sehr auch mein meine arzt möchte moechte",
        "it": "il lo la gli le un uno una di del della dei che come quanto costa costano per perché perche ma con senza mio mia "
        "è sono sei siamo ho hai ha abbiamo voglio vuole posso può puo bisogno fare dove quando quale quali chi questo questa "
        "molto più piu anche grazie ciao buongiorno buonasera medico studente aiuto non sì e ed nel nella",
        "tr": "ve veya bir bu şu o ben sen biz siz için icin ile ne nasıl nasil nerede kadar kaç kac var yok mı mi mu mü değil degil "
        "istiyorum istiyor olarak çok cok daha da de merhaba selam teşekkürler tesekkurler lütfen lutfen doktor hangi zaman",
        "id": "saya aku anda kamu kami ini itu yang dan atau di ke dari untuk dengan apa apakah bagaimana berapa dimana kapan siapa "
        "tidak bukan ada bisa dapat mau ingin harus sudah belum terima kasih selamat halo dokter biaya tolong",
        "tl": "ang ng mga sa ako ikaw siya kami tayo kayo ito iyan yan po opo ba na nang para kung paano magkano saan kailan sino "
        "ano hindi oo may wala gusto kailangan pwede puwede salamat kumusta ko mo namin",
        "hi": "kya kyaa hai hain ho hoon hu hun tha thi the mujhe mujhko mera meri mere main mai mein hum hume humko aap apka aapka aapki "
        "tum tumhara kaise kaisa kaisi kab kahan kaha kitna kitne kitni kyun kyu kyon kaun konsa kaunsa nahi nahin nhi nai haan "
        "ji chahiye chaiye chahta chahti karna karne karta karo kar karun karu raha rahi rahe sakta sakti sakte ke ki ka ko se par pe "
        "aur ya lekin magar agar toh bhi abhi baad pehle wala wali wale yeh ye woh wo hoga hogi milega milegi milta bata batao "
        "bataye bataiye dijiye namaste dhanyavaad dhanyawad kripya yaar bhai accha acha theek thik kuch koi saal mahina mahine paisa "
        "paise kharcha liye lagta lagega lagenge jeene mann padhai",
        "ur": "shukriya shukria meherbani mehrbani barah karam janab khuda hafiz assalam salam alaikum walaikum inshallah "
        "mashallah guzarish wazahat maloomat daakhla dakhla taleem zaroorat zarurat raqam fees muddat kitnay kahin mujhay hamein "
        "hamain kyunke kyunkay kaisay thora batayen bataen farmaiye",
        "ar": "ana anta enta enti ayna wayn kayf keef kif kam shu shoo eish esh mish laysa hal hatha hadha fi min ila ala "
        "ala3 3ala 3ndi 3andi 3indi 7abibi ya3ni ma3lesh mabrook shukran marhaba ahlan salam momken mumkin aywa na3am la2 law samaht "
        "bidi biddi abgha abi ureed bikam bikam",
        "ru": "kak skolko gde kogda pochemu chto eto mne nado nuzhno mozhno spasibo privet zdravstvuyte pozhaluysta ya khochu hochu "
        "dlya bez ili est net da vrach",
        "zh": "wo ni ta women nimen shi bu hao ma ne duoshao qian zenme shenme weishenme nihao xiexie yisheng shixi",
    }.items()
}

# Unicode blocks that belong to one language here, by the first word of the character's name.
_SCRIPT_LANGUAGE = {
    "DEVANAGARI": "hi",
    "CYRILLIC": "ru",
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "BENGALI": "bn",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "SINHALA": "si",
    "THAI": "th",
    "GREEK": "el",
    "HEBREW": "he",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "ETHIOPIC": "am",
    "MYANMAR": "my",
    "KHMER": "km",
    "LAO": "lo",
}
# Letters that Urdu, Persian and Ukrainian write and their neighbours do not.
_URDU_LETTERS = frozenset("ٹڈڑںھہےگچپژۓ")
_URDU_ONLY = frozenset("ٹڈڑںےۓھہ")
_PERSIAN_LETTERS = frozenset("گچپژک")
_UKRAINIAN_LETTERS = frozenset("іїєґІЇЄҐ")
# Words that English-speaking applicants write as part of an English message.
_BORROWED = frozenset(
    "salam assalam alaikum walaikum namaste hola ciao inshallah mashallah shukran merci gracias yaar bhai ji dr de la el "
    "do no a me as on an un par son se use in is to i the die was man war hat pour mi ma ha da ta sa e o y il id main mai "
    "ho hum the tha par pe ke ki ka se or ya sei hai bin den des plus ne net est sur sans ni ma shi bu ba na ito sin con "
    "fees min ya te ala hal mas para como fi may po kar per come estate sale pie fin ten mu bu da de fee kam med".split()
)
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*", re.UNICODE)
_MIN_SCRIPT_SHARE = 0.3


def _script_of(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def _by_script(text: str) -> str | None:
    letters = [character for character in text if character.isalpha()]
    foreign = [character for character in letters if not character.isascii() and ord(character) > 0x24F]
    if not letters or len(foreign) < _MIN_SCRIPT_SHARE * len(letters):
        return None
    scripts = Counter(_script_of(character) for character in foreign[:400])
    if scripts.get("HIRAGANA", 0) + scripts.get("KATAKANA", 0) > 0.1 * sum(scripts.values()):
        return "ja"
    script = scripts.most_common(1)[0][0]
    if script == "ARABIC":
        found = set(text)
        if found & _URDU_ONLY:
            return "ur"
        return "fa" if found & _PERSIAN_LETTERS else "ar"
    if script == "CYRILLIC" and set(text) & _UKRAINIAN_LETTERS:
        return "uk"
    return _SCRIPT_LANGUAGE.get(script)


def recognise(text: str, known_english: frozenset[str] | set[str] = frozenset()) -> str:
    """Return the ISO 639-1 code of a message's language, "en" when in doubt.

    `known_english` are words that count as English however they look (the bot's own words).
    """
    by_script = _by_script(text)
    if by_script is not None:
        return by_script
    words = [word.lower() for word in _WORD.findall(text)[:200]]
    if not words:
        return DEFAULT
    scores: dict[str, float] = {}
    for language, functions in _FUNCTION_WORDS.items():
        clear = sum(
            word in functions and word not in _BORROWED and word not in _ENGLISH_WORDS for word in words
        )
        weak = sum(word in functions and (word in _BORROWED or word in _ENGLISH_WORDS) for word in words)
        if clear:
            scores[language] = clear + 0.35 * weak
    if not scores:
        accented = sum(any(not letter.isascii() for letter in word) for word in words)
        return _by_accents(text) if accented >= max(2, 0.4 * len(words)) else DEFAULT
    english = sum(word in _ENGLISH_WORDS or word in CHAT_WORDS for word in words)
    best = max(scores, key=lambda language: scores[language])
    if best == "hi" and scores.get("ur", 0) >= 1:
        best = "ur"
        scores["ur"] += scores["hi"]
    elif best == "ur" and scores.get("hi", 0):
        scores["ur"] += scores["hi"]
    # One foreign word in an English sentence is a greeting or a quotation.
    enough = scores[best] >= 2 or (scores[best] >= 1 and len(words) <= 3 and english == 0)
    if enough and scores[best] > english and scores[best] >= 0.2 * len(words):
        return best
    return DEFAULT


def _by_accents(text: str) -> str:
    lower = text.lower()
    for language, marks in (
        ("pt", "ãõ"),
        ("es", "ñ"),
        ("tr", "ğışİ"),
        ("de", "äöüß"),
        ("fr", "çèêœà"),
        ("es", "áéíóú"),
    ):
        if any(mark in lower for mark in marks):
            return language
    return DEFAULT


_ENGLISH_WORDS = frozenset(
    "i me my mine we us our you your he she it its they them their this that these those the a an and or but if because so "
    "as of at by for with about between into through during before after to from in on off over under again then once here there "
    "when where why how what which who whom all any both each few more most other some such no nor not only own same than too very "
    "can could will would shall should may might must do does did done have has had having be am is are was were been being "
    "get got give want need know tell please thanks thank hello hi hey yes ok year years month months week weeks exam visa match "
    "residency internship rotation rotations program programs apply application medical school doctor student graduate hospital "
    "score step usmle letter cost price pay salary interview interviews time long much many start first second go going "
    "one two three also just like make take work usa".split()
)
