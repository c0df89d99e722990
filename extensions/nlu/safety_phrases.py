"""Room: extensions/nlu. Phrases of crisis, emergency and harassment in several languages, and figures of
speech.

Change here: phrases only, with a line in the table of tests/extensions/nlu/test_safety.py for each. They are
written for recall: a false alarm costs one kind sentence, a miss may cost a life. Must not import Rasa.
"""

from __future__ import annotations

import re
import unicodedata

KINDS = ("crisis", "emergency", "harassment")

_SELF = r"(?:my ?self|him ?self|her ?self|them ?sel(?:f|ves)|our ?selves)"
_HE = r"(?:i|he|she|they|we|you|u)"
_NOT = (
    r"(?:do not|don'?t|did not|didn'?t|does not|doesn'?t|can ?not|can'?t|would not|wouldn'?t|will not|won'?t|no longer|"
    r"never|not|do n't)"
)

# What people say of exams and waiting; it is removed before the crisis phrases are looked for.
_FIGURES = re.compile(
    r"\b(?:dying|dyin|die|dead) (?:to|for|of) (?:match|know|start|get|see|hear|join|work|meet|learn|be in|become|go|try|ask|laughter|laughing|curiosity|boredom|happiness|joy|excitement|stress|heat|hunger|embarrassment|a (?:seat|spot|chance|coffee|place))\b"
    r"|\b(?:kill(?:s|ing|ed)?|murder(?:s|ing|ed)?) (?:me|it|us|the (?:exam|test|step|interview|match|boards?)|this (?:exam|test|step)|my (?:exam|step|interview|test|budget|family budget|time|mood|vibe|brain|back|feet|eyes|phone|battery))\b"
    r"|\bkill(?:ing)? (?:my ?self|himself|herself) (?:studying|laughing|working|over (?:this|these|the) (?:exam|step|essay|statement|application)s?|with (?:work|study|questions|uworld))\b"
    r"|\b(?:would|could|i'd|'d) (?:kill|die) (?:for|to (?:get|have|match|work|train))\b"
    r"|\b(?:scared|bored|worried|nervous|tired|sick|stressed|worked|loved?|frightened) to death\b"
    r"|\bto die for\b|\bdie[- ]?hard\b|\bdead(?:line|lines| tired| serious| end| weight| sure)\b|\bdrop[- ]dead\b"
    r"|\bsuicid\w+ (?:risk|patients?|assessment|prevention|rates?|screening|cases?|statistics|hotline)\b|\boverdose (?:management|case|question|protocol)\b"
    r"|\b(?:phone|laptop|battery|plant|hope|internet|wifi|computer|computer's|car) (?:is|was|are|has|just)? ?(?:dying|died|dead)\b"
    r"|\b(?:over my dead body|do or die|live or die|matter of life and death|dying breed|killer (?:cv|score|application|personal statement))\b"
    r"|\b(?:killed|nailed|crushed|murdered) (?:the|my|that) (?:exam|interview|test|step|shelf)\b"
    r"|\bcut (?:my ?self|himself|herself) (?:some|a) (?:slack|break)\b"
    r"|\b(?:the )?death of me\b|\b(?:scares?|bores?|worr(?:y|ies)|frightens?) (?:me|us|my \w+) to death\b|\blicen[sc]e to kill\b|\bto kill time\b"
    r"|\b(?:murdering|killing) (?:me|us)\b|\bsuicide to (?:apply|rank|choose|take|sit|go|send|pick|have)\b|\b(?:career|academic|financial) suicide\b"
    r"|\b(?:wallet|pocket|bank account|budget|savings) (?:is|are) (?:bleeding|dying|dead|crying)\b|\bcrash(?:ed|es|ing)? and burn(?:ed|s|ing)?\b"
    r"|\bnot (?:an )?emergency\b|\boverdose (?:patients?|cases?|victims?|protocol)\b|\btrauma surgery\b|\b(?:kicked|threw|throws?|logged|signed) me out\b"
    r"|\bmuert[oa] de (?:cansancio|risa|hambre|sueno|miedo|curiosidad|ganas)\b|\bme muero (?:por|de (?:ganas|risa|curiosidad|hambre))\b"
    r"|\bmorr(?:endo|o) de (?:curiosidade|vontade|fome|sono|rir|medo)\b|\bmeurs d'envie\b|\bmort de (?:rire|fatigue|faim)\b"
    r"|\b(?:ke|ki) liye mar (?:raha|rahi|rha|rhi)\b|\bmar (?:raha|rahi|rha|rhi) (?:hu|hoon|hun) (?:match|visa|jane|usmle)\w*"
    r"|\b(?:end|ends|ended|ending) (?:it|everything|the (?:chat|call|conversation)) (?:here|now|for today)\b"
)

_CRISIS = re.compile(
    "|".join(
        (
            # English
            rf"\b(?:kill|killin|killed|killing|hang|hanging|hurt|hurting|harm|harming|cut|cutting|burn|burning|shoot|shooting|drown|drowning|poison|poisoning|end|ending|starve|starving|strangle|strangling) {_SELF}\b",
            r"\bself[- ]?(?:harm\w*|injur\w*|mutilat\w*)\b|\bsu[ai]?[sc]+[iu]d(?:e|al|ed|ing|es)?\b|\bsuicid\w*|\bunaliv\w*|\bkms\b",
            r"\b(?:want|wants|wanted|wanna|wannna|wish|like|going|gonna|ready|prefer|rather|decided|plan|planning|need|hope|hoping|think(?:ing)? (?:about|of)|feel like|feels like) (?:to |i (?:will |could |can )?|that i |just |only |really |really |about |of )*(?:die|dying|be dead|death|never exist(?:ed)?|not exist|stop living|stop existing)\b",
            rf"\b(?:wish|if only) {_HE} (?:was|were|had been|am) (?:dead|gone|never born|not (?:alive|born|here))\b|\bwish {_HE} (?:had never|was never|were never|never) (?:been )?(?:born|existed|woke)",
            r"\b(?:better|best|easier|happier|fine|good) (?:off )?(?:if (?:i|he|she) (?:was|were|am|is|be|would be|just) (?:dead|gone|not here|not alive|no more)|(?:off )?dead|when i(?:'?m| am) (?:dead|gone))\b",
            r"\b(?:better|happier|easier|best|fine|relieved|improve\w*) (?:off )?without (?:me|him|her) ?(?:$|[.,!?;]|and|in (?:it|this world)|around|anyway|alive|because|after|third|now)",
            r"\b(?:world|everyone|everybody|family|parents|they|all|people|life)\b.{0,30}\b(?:better|happier|easier) (?:off )?without me\b",
            r"\b(?:i(?:'| a)?m|i am) (?:only |just |such )?(?:a )?burden\b.{0,60}\b(?:gone|die|disappear|dead|end|better)\b",
            r"\b(?:end|ending|take|taking|took|finish|finishing) (?:of )?(?:my|his|her|their|our|own)(?: own)? li[fv]e?s?\b",
            r"\b(?:end|finish) (?:it all|everything|all of (?:it|this)|it (?:tonight|today|now|tomorrow|soon)|this (?:life|tonight|pain forever))\b|\bending (?:it all|everything|it tonight)\b",
            rf"\b{_NOT} (?:want|wanna|wish|plan|deserve|intend|desire|feel like|care) (?:to )?(?:live|living|be alive|exist|being alive|be here (?:any ?more|any longer)|go on living|stay alive|continue (?:my life|living)|wake up)\b",
            r"\b(?:no|not|any|see the|see a|see any|there is|without) ?(?:more )?(?:reason|point|use|meaning|purpose|sense|will|wish|desire) (?:left )?(?:(?:to|in|of|for|for me to) )?(?:live|living|life|being alive|be alive|staying alive|stay alive|exist|existing|go on|going on living|my life|wake up|waking up|to wake up)\b",
            r"\b(?:point|use|reason|meaning|sense|purpose) (?:of|in|for|to) (?:being alive|living|staying alive|my (?:life|existence)|stay alive|continue living)\b",
            r"\b(?:tired|sick|done|fed up|finished|exhausted|bored) (?:of|with|from) (?:living|life|my life|being alive|this life|existing|existence)\b",
            rf"\b{_NOT} (?:go on|live|continue|survive|take it|bear it|do this) (?:any ?more|any ?longer|like this|with this (?:life|shame)|without matching)\b(?=.{{0,80}}\b(?:life|live|die|dead|end|pain|stop|forever|goodbye|alive|everything)\b)",
            rf"\b{_NOT} (?:go on|live) (?:any ?more|any ?longer|like this|with this)\b|\bcan(?:not|'?t| not) go on\b(?! (?:with|to|the|this page|website|my rotation))",
            r"\b(?:hope|hoping|wish|want|pray|praying|prayed|like|rather)\b.{0,20}\b(?:do not|don'?t|dont|never|not|wo not|won'?t|will not) (?:to )?(?:wake|woke|waking) ?up\b",
            r"\bnever (?:to )?wake(?: up)?(?: again)?\b|\bsleep (?:for ?ever|and never)\b|\bsleep forever\b",
            r"\b(?:no|no ?body|no one|noone)(?: one)? (?:will|would|is going to|gonna) miss me\b",
            r"\b(?:life|living|it) (?:is|was|'s|has)? ?(?:not|isn'?t|no longer|never) (?:be )?worth (?:living|it any ?more|to live)\b|\bnot worth living\b|\blife has no (?:meaning|sense|point|value)\b|\blife is (?:meaningless|over|finished|ended) (?:for me|now|any ?more)?",
            r"\b(?:suicide|good ?bye|farewell|last) (?:note|letter)\b|\bgood ?bye (?:world|forever|for ever|cruel)\b",
            r"\b(?:cut|cutting|slit|slitting|slash|slashing|burned|burning|burn) my (?:own )?(?:arms?|wrists?|veins?|skin|legs?|thighs?)\b",
            r"\bjump(?:ing|ed)? (?:off|from|out of|down|in front of|into) (?:of )?(?:the |a |my |this )?(?:bridge|roof|building|window|balcony|train|metro|terrace|floor|river|cliff|hostel|\d+(?:st|nd|rd|th) floor)\b",
            r"\b(?:giving|gave|gives|give) (?:away )?(?:all )?(?:my|his|her|their) (?:things|belongings|stuff|possessions|books)(?: and \w+)?(?: away| to)\b|\bgiv(?:ing|es|en?) away (?:all )?(?:his|her|their|my) (?:things|belongings|stuff|possessions|clothes|books)\b",
            r"\bsay(?:ing|s)? (?:good ?)?bye to (?:everyone|everybody|all (?:of )?(?:his|her|my|us)|(?:his|her|my) (?:friends|family|parents|roommates))\b",
            r"\b(?:disappear|vanish|gone|leave|leaving) (?:from )?(?:this|the) world\b|\bdisappear for ?ever\b|\bwant to (?:just )?(?:disappear|vanish)\b",
            r"\b(?:pills|tablets|rope|knife|blade|razor|poison|gun)\b.{0,25}\b(?:ready|on (?:the|my) (?:table|desk|bed)|in (?:the|my) hands?|(?:next to|beside|in front of) me)\b",
            r"\b(?:will not|won'?t|wont|not going to|do not|don'?t) (?:be around|be here|need (?:anything|it|any of it))\b.{0,25}\b(?:any ?way|after|by|in|then|any ?more)\b",
            r"\b(?:i|he|she) (?:have|has|got|already have) (?:a |my |the |his |her )?plan\b.{0,25}\b(?:date|day|when|how|note|end)\b",
            r"\bdecided (?:not to be alive|to leave (?:this|the) (?:world|life)|that i (?:should|will) (?:not live|die|be gone))\b|\bnot (?:to )?be alive\b",
            r"\b(?:found|be found) dead\b|\bbullet in (?:my|his|her|their|the) (?:own )?head\b|\b(?:looking|stares?|staring|looked) at (?:his|her|my|the|a) (?:\w+ ?'?s? )?(?:gun|pistol|rifle|rope|knife)\b",
            r"\b(?:better off|richer|happier) with (?:the |my )?(?:insurance|money)\b|\b(?:after|when|if) i (?:am|'m|was) (?:dead|gone)\b|\bpasse[sd]? away before\b.{0,20}\b(?:start|rotation|program)\b",
            r"\b(?:skip|stop|stopped|skipping|refus)\w* (?:my |the )?(?:insulin|dialysis|food|eating|medicine|medication|pills)\b.{0,20}\bon purpose\b|\bon purpose\b.{0,30}\b(?:slowly|job|end|finish)\b",
            r"\b(?:no|any|a|see no|don'?t see a|don'?t see any|not see a) reason (?:to|for) (?:keep|keeping|go|going|carry|carrying) (?:going|on)\b|\b(?:go|leave|gone) for (?:good|ever)\b.{0,40}\b(?:my|in my place|parents|give)\b",
            r"\b(?:see|meet) you (?:all )?(?:on|in) (?:the )?other (?:side|life|world)\b|\b(?:sorry|forgive me),? (?:mummy|mama|mommy|mom|papa|dad|amma|abbu|ammi)\b.{0,20}\b(?:papa|mama|mummy|dad|amma|abbu|ammi)\b",
            r"\btak(?:e|ing) the exit\b|\bwhich (?:drug|medicine|poison|pill)\b.{0,40}\bpainless\b|\b(?:plan b|backup)\b.{0,60}\b(?:tylenol|paracetamol|pills|rope|bottle of)\b",
            r"\bloans?\b.{0,80}\b(?:if|when|after) (?:i|an? applicant|the applicant|someone) (?:dies?|passe?s? away)\b|\b(?:wants?|going|trying|threat\w*|says? (?:that )?(?:he|she)(?:'ll| will| is going to)) (?:to )?(?:kill|hurt) (?:him|her)self\b",
            r"\bse (?:va|quiere|quere) a? ?(?:matar|morir|suicidar)\b|\bse matar\b|\bquiere matarse\b|\bme desped[ií] (?:de|da)\b|\bj[aá] me despedi\b|\bperd[ií] (?:as |todas as |la )?esperan[cçz]as?\b.{0,40}\b(?:despedi|vida|morrer|morir)\b",
            r"\bplus de raison (?:de|pour) (?:continuer|vivre)\b|\bni la vie\b|\bva se (?:tuer|suicider)\b|\bveut (?:se tuer|mourir|se suicider)\b",
            r"\b(?:ab )?(?:main|mai|me|mein|hum) nahi+n? ra+hu+n?ga\b|\bnahi+n? ra+hu+n?gi\b|\bhaath kaat\w*\b|\bkh?ud se nafrat\b|\bnas kaat\w*\b|\bkhud ko maar\w*",
            r"\bkendini oldur\w*|\bolsem\b|\bhayattan b[iı]kt[iı]m\b|\boldurecegini soyl\w*|\bcanima kiyaca\w*",
            "стою (?:у окна|на крыше|на мосту)|думаю (?:шагнуть|прыгнуть)|шагнуть из окна|хочет (?:умереть|убить себя)|убьет себя|убьёт себя|прощайте все|跳楼|跳下去|从楼上跳|想跳|割腕|أقتل نفس|سيقتل نفسه|يقتل نفسه|ستقتل نفسها|تقتل نفسها|زندہ نہیں رہنا|زندہ رہنا نہیں|اب نہیں جی|ज़िंदा नहीं रह|जिंदा नहीं रह",
            r"\bbetter dead than\b|\bdeath is (?:better|the only|my only)\b|\bonly (?:way out|option|solution|escape) (?:left )?(?:is|would be) (?:death|to die|dying|suicide)\b",
            r"\b(?:took|take|taken|swallow(?:ed)?|taking)\b.{0,25}\b(?:pills|tablets|overdose|poison)\b.{0,40}\b(?:on purpose|to die|to end|want(?:ed)? (?:it|to)|over|result)\b|\b(?:bought|have|got|found) (?:a )?(?:rope|poison)\b.{0,40}",
            r"\b(?:way|ways|method|methods|how|pills|tablets) to (?:die|kill (?:my ?self|yourself|oneself))\b|\bpainless (?:death|way)\b|\bleast painful way\b",
            r"\bno will to live\b|\blost (?:the |my |all )?(?:will|hope|wish|desire) (?:to|of|in) (?:live|life|living)\b|\bhurts to (?:exist|be alive|live)\b",
            r"\bnot safe with my ?self\b|\b(?:am|are|is|be) a danger to (?:my|him|her)self\b|\bhate (?:being alive|my existence|that i (?:am alive|exist))\b",
            r"\b(?:will|would|shall) not (?:be alive|exist|live) (?:any ?more|tomorrow|next|for|by|after|until|to see)\b",
            # Hindi and Urdu, romanised
            r"\bma+rna (?:chaht\w+|hai|chahu\w*|hoga|padega|behtar)\b|\bmarne (?:ka|ko|ki) (?:man+|dil|soch\w*|khayal|khyal|ji|iccha)\b|\bmar (?:ja(?:na|aun|un|u|unga|ungi|oon|oonga)|jaa?na) ?(?:chaht\w+|chahu\w*|behtar|acha|accha|hai|hi|to)?\b",
            r"\bjee?na? ?(?:hi )?(?:nahi+n?|nhi|ni|nai) (?:hai|chaht\w+|chahiye|ab|mujhe|mujhko|he|h)\b|\bjee?ne? (?:ka|ki|ke) (?:ab |koi )*(?:man+|dil|ji|fay?da|matlab|wajah|iccha|icha|ichha|maqsad|himmat|shauq|sense)\b|\bjee?na? nahi+n?\b|\bjeen[ae] se\b",
            r"\bzinda (?:nahi+n?|nhi|hi nahi) (?:reh\w*|rah\w*)\b|\bz[ie]ndagi (?:khatam|khatm|khtm|se (?:tang|thak|haar|har)|barbad ho gayi|ka (?:koi )?(?:fay?da|matlab) nahi|nahi chahiye|khatm)\b|\bz[ie]ndagi (?:ko )?(?:khatam|khatm|khtm)\b",
            r"\bkh?ud ?[kc]us?h+[iy]\b|\bkhud ?khus[h]?i\b|\ba+tma? ?hat?ya\b|\bapni ja+n\b|\bja+n (?:de|dene|dedu|dedunga) ?(?:du\w*|doo?n\w*|dunga|dungi|raha|rahi|ka|ki)?\b|\bkhud ko (?:khatam|khatm|khtm|ma+r\w*|nuksan|nuqsan|hurt)\b|\bmaut (?:behtar|acchi|achi|chahiye|aa jaye|de de)\b",
            # Hindi, Urdu, Persian, Bengali
            "मरना चाह|मर जाना|मर जाऊ|मरने का|मरना है|आत्महत्या|ख़?ुदकुशी|खुदकुशी|जीना नहीं|जीने का मन|जान दे दू|जीने की इच्छा नहीं|ज़िंदगी खत्म|जिंदगी खत्म|खुद को खत्म",
            "مرنا چاہ|مر جانا|مرنا ہے|مر جاؤں|خود ?کشی|خودکشی|جینا نہیں|جینے کا دل|زندگی ختم|جان دے د|بمیرم|خودکشی کنم|আত্মহত্যা|মরতে চাই|বাঁচতে চাই না",
            # Arabic, script and romanised
            "انتحر|انتحار|[أا]ريد [أا]ن [أا]موت|[أا]ريد الموت|بدي [أا]?موت|عا[يو]ز[ةه]? [أا]موت|[أا]بغ[ىي] [أا]موت|ودي [أا]موت|نفسي [أا]موت|[أا]تمن[ىي] الموت|[أا]قتل نفسي|[أا]نهي حياتي|ل[ائ]? ?[أا]ريد [أا]ن [أا]عيش|ما بدي [أا]?عيش|مش عا[يو]ز[ةه]? [أا]عيش|[إا]يذاء نفسي|الموت [أا]حسن|الموت [أا]فضل",
            r"\b(?:ayez|3ayez|3ayza|3awez|aayez|awez|biddi|bidi|bedi|badi|abgha|abi|ureed|oreed|areed|orid|nefsi|nifsi|wedi)\b.{0,12}\b(?:a?m[ou]+t|mout|mawt|amout|antah[ae]r|anta7er|a2tel nafsi|aqt[uo]l nafsi)\b|\b(?:intihar|inti7ar|antaher|anta7er|aqt[uo]l nafsi|a2tel nafsi)\b|\b(?:mish|mesh|msh|mo|ma) (?:3ayez|ayez|bidi|biddi|abgha|abi) (?:a?3ish|a3eesh|aeesh|aish)\b|\bma b(?:i|e)d+i 3ish\b",
            # Spanish, Portuguese, French, Italian
            r"\b(?:quiero|quisiera|ganas de|prefiero|deseo|mejor) (?:morir(?:me)?|matarme|estar muert[oa]|suicidarme|desaparecer)\b|\bno quiero (?:seguir |mas |ya )*(?:vivir|viviendo|vivo|viva|existir)\b|\b(?:quitarme|acabar con|terminar con|quitar) (?:con )?(?:la|mi) vida\b|\bme (?:quiero|voy a|quisiera) (?:matar|morir|suicidar|quitar la vida)\b|\bsin ganas de vivir\b|\bno tengo (?:ganas|motivos|razones) (?:de|para) vivir\b|\bhacerme dano\b|\bmejor muert[oa]\b",
            r"\bquero (?:morrer|me matar|sumir do mundo|desaparecer)\b|\bn[ao]o? (?:quero|aguento|consigo) (?:mais )?viver\b|\bvou me matar\b|\bme matar\b|\btirar (?:a )?minha (?:propria )?vida\b|\bacabar com (?:a )?minha vida\b|\bvontade de (?:morrer|me matar)\b",
            r"\b(?:veux|voudrais|envie de|vais|prefere|preferer?ais) (?:plus )?(?:mourir|me tuer|me suicider|en finir|disparaitre)\b|\bmettre fin a (?:mes jours|ma vie)\b|\b(?:plus envie|ne veux plus|veux plus) (?:de )?vivre\b|\bme suicider\b|\ben finir avec (?:la|ma) vie\b|\bme faire du mal\b",
            r"\bvoglio (?:morire|uccidermi|ammazzarmi|farla finita)\b|\bnon voglio (?:piu )?vivere\b|\b(?:ich )?(?:will|mochte|moechte) (?:nicht mehr leben|sterben|mich umbringen)\b|\bmich umbringen\b|\bselbstmord\b|\bnicht mehr leben\b",
            # Russian, Ukrainian, Turkish, Tagalog, Indonesian, Chinese, Japanese, Korean
            r"хочу (?:я )?(?:умереть|сдохнуть|вмерти)|не хочу (?:больше |уже )?(?:жить|жити)|самоуб|суицид|покончить с (?:собой|жизнью)|уби(?:ть|ваю) себя|нет смысла жить|\b(?:ho|kho)chu umeret\b|\bne (?:ho|kho)chu (?:bolshe )?zhit\b|\bsamoubi\w+",
            r"\bolmek istiyorum\b|\bintihar\b|\byasamak istemiyorum\b|\bkendimi oldur\w*|\bmagpakamatay\b|\bgusto ko n(?:ang|a) (?:pong )?mamatay\b|\bayoko n(?:ang|a) mabuhay\b|\bbunuh diri\b|\b(?:ingin|mau|pengen) mati\b|\btidak (?:ingin|mau) hidup\b",
            r"\bw(?:an|na|an+)[tn]?a? ?(?:to|2|too|t)? ?die+\b|\bi (?:should|must|better|will|could) (?:just |now |really )?(?:die\b|be dead|not exist)|\b(?:better|easier|best|deserve|ready|ought) (?:to|if i) (?:just )?(?:die|died|be dead)\b|\bi(?:'ll| will) be dead\b|\bbe dead (?:by|before|when|soon|tomorrow)\b|\bif i (?:just )?(?:die|died|disappear|disappeared|vanish|was gone|were gone|am gone|was dead)\b",
            r"\b(?:nothing|no ?one|nobody|no reason|only reason) (?:left )?(?:to|for me to) live(?: for)?\b|\bpoint (?:of|in) (?:my )?life\b|\bmy life is (?:over|finished|done|ended|a failure and)\b|\b(?:am|'m|feel like|just|only|being) (?:only |just |such )?(?:a|such a) (?:huge |big )?burden\b|\b(?:no ?body|no one) (?:will|would|is going to) (?:care|notice|cry|mind)\b",
            r"\b(?:can not|can'?t|cant|cannot|no) (?:bear|take|stand|continue|keep|strength (?:left )?to) (?:(?:this|the|my) (?:pain|life|shame)|liv(?:e|ing))\b|\b(?:done|finished) living\b|\bkeep living\b|\bcontinue living\b|\bstrength (?:left )?to live\b|\b(?:can not|can'?t|cannot) live (?:any ?more|after|like this|$)|\bstay alive\b",
            r"\b(?:today|tonight|this|tomorrow) is my last (?:day|night|message|chat|conversation|evening)\b(?! (?:of|at|in|on|with|for|before))|\b(?:these are )?my last (?:words|message)\b|\bshould i (?:just )?die\b|\b(?:not|don'?t|can'?t) (?:think i can )?go on\b(?! (?:with|to|the))|\bpills (?:would|will|can|could) kill\b|\bnobody has to worry about me\b|\b(?:use|point) of (?:me|my) (?:still )?being (?:here|around|alive)\b|\b(?:don'?t|do not) (?:want to be (?:in|here)|belong) ?(?:in )?(?:this world)?(?=\W*$|.{0,12}\bworld\b)|\bhe will jump\b|\bkill my?s\w{2,3}\b|\bsuic\w?de\b|\b(?:want|going|gonna|will|close|ready|about|think\w*|decided|because i)\b.{0,6}\bend(?:ing)? (?:it|this)(?: (?:tonight|today|soon|all|forever))?$|\btonight i(?:'ll| will| am going to)? end\b|\b(?:how|want|ways?) to end (?:my |a |this )?life\b|\bi(?:'m| am) ending (?:it|this)\b",
            r"\b(?:take|took|taking|swallow|eat) (?:all )?(?:of )?(?:my|the|these|\d\d+) (?:\w+ )?(?:pills|tablets|medicines|paracetamol)\b(?! (?:for|every|before|after|daily))|\b(?:pills|tablets) (?:are )?(?:ready|in (?:my hand|front))\b|\b(?:have|has|got) (?:the|a lot of|many|some|enough) (?:pills|tablets)\b|\b(?:going|want|plan\w*|about|ready) to overdose\b|\boverdose (?:on purpose|after|because)\b|\bpills (?:would|will|to) kill\b|\b(?:which|what|get|buy|find) (?:a )?poison\b",
            r"\b(?:standing|stand|sitting|i'm|i am|he is|she is) (?:here )?(?:on|at|near|by) (?:the|a|an|my) (?:edge|ledge|roof ?top|roof|bridge|train tracks|railway|tracks|cliff)\b|\bon the bridge right now\b|\b(?:will|want to|wants to|going to|gonna|think\w* (?:of|to|about)|about to) jump(?:ing)?\b(?! (?:to|into (?:the )?(?:residency|match|fellowship)|ahead|over|on (?:a|the) call))",
            r"\bknife (?:to|on|at|against) my\b|\buse it on my ?self\b|\bcutting (?:again|my|his|her)\b|\bcuts? (?:my|his|her|their) (?:own )?(?:wrists?|arms?|veins?)\b|\b(?:scratch|hit|beat) (?:my arms|my ?self) until\b|\bdo something (?:bad |stupid )?to my ?self\b|\btrust my ?self\b.{0,12}\balive\b|\bby my own hand\b",
            r"\b(?:will not|won'?t|would not|not going to) be (?:alive|here (?:tomorrow|next|any ?more|soon|by then|to see)|around (?:for|to see|any ?more))\b|\bnever hear from me\b|\b(?:not|never) hear from me (?:again|any ?more)\b|\b(?:wrote|written|writing|left) (?:my|a) (?:will|good ?bye|note for my)\b|\bgood ?bye (?:letters?|message)\b|\b(?:said|say|saying|told) (?:good ?)?bye to (?:my|all|every)\w*|\btell my (?:mother|mom|mum|father|dad|parents|family|wife|husband|kids|children)\b.{0,20}\blove\b",
            r"\b(?:crash|crashing|drive|driving) (?:my|the|a)? ?car (?:so that|on purpose|into)\b|\bdriving into a\b|\b(?:join|be with) my (?:dead|late)\b|\bbe with my \w+ who died\b|\bwant (?:it all|everything|the pain|this pain|all this|it) to (?:be over|stop|end)\b|\bwish i could (?:just )?(?:disappear|vanish|sleep forever|die)\b|\b(?:trapped|hopeless|worthless)\b.{0,40}\b(?:no future|not exist|no way out|worthless|please|nothing)\b|\bneeds? (?:my|his|her) things any ?more\b|\bgave away (?:my|all|everything)\b|\bgiving away everything\b|\bgave (?:my|all my) \w+ (?:away|to my \w+) because\b|\bonly death\b|\bdeath (?:feels|seems|looks|would be) (?:like )?(?:the )?(?:only|best|better|good|easier)\b|\bnot afraid of death\b",
            r"\b(?:nahi+n?|nhi|nai) jee?na\b|\bjiya (?:nahi+n?|nhi) ja\w*|\b(?:nahi+n?|nhi) jiya ja\w*|\bz[ae]*h[ae]*r (?:kha|pi)\w*|\b(?:f|ph)a+n?si (?:laga|lagau|laga lu)\w*|\bchh?at se (?:koo?d|kud|gir)\w*|\b(?:karta|karti|hota) jee?ne ka\b|\bmar ja(?:ye|ega|yega|yegi|egi|o)\b|\bmarne se kisi\b|\bnahi+n? rahu?n?ga to\b|\bmere jee?ne\b",
            "[أا]نتحر|سانتحر|العيش بعد الان|لا [أا]ريد العيش|جاهز للموت|活着没意思|活着没有意义|не вижу смысла жить|жить не хочется|незачем жить|исчезнуть навсегда|убью себя|покончу с|покончить с",
            r"\bha?nta(?:her|7er)\b|\bha2tel\b|\b3ay[ei]?z? a?m[ou]t\b|\bma(?:3ad)? ?b[aie]?d+i 3ish\b|\bmabi a3ish\b|\bal 3aysh\b|\bvoy a matarme\b|\bmatarme\b|\bdejar de existir\b|\bacabar con todo\b|\bme corto (?:los|las)\b|\bsumir (?:para sempre|do mundo)\b|\bpense a (?:en finir|mourir)\b|\bpokonchit s\b|\bolsem daha iyi\b|\bintihar\w*|\bganang mabuhay\b|\bnang mawala\b|\bbemiram\b|\bnataka kufa\b",
            "想死|自杀|自殺|不想活|活不下去|结束生命|結束生命|轻生|輕生|不想再活|死にたい|自殺したい|죽고 싶|자살",
        )
    )
)

# Words without which the classifier alone is not believed easily: most sad stories hold one.
_DISTRESS = re.compile(
    r"\b(?:die[ds]?|dying|dead|death|kill\w*|suic\w*|alive|liv(?:e|ing)|life|exist\w*|hurt\w*|harm\w*|pain\w*|cut(?:ting)?|blood|bleed\w*|"
    r"pills?|tablets?|overdos\w*|poison|knife|rope|roof|bridge|jump\w*|tracks|window|goodbye|bye|farewell|gone|disappear\w*|vanish|"
    r"end(?:ing|ed)?|over|last|tonight|hope(?:less)?|alone|lonely|burden|worthless|useless|empty|hate|cry\w*|tired|exhausted|"
    r"depress\w*|sad|sleep|wake|miss me|nobody|no one|anymore|any more|give up|giving (?:up|away)|gave (?:up|away)|shame|ashamed|"
    r"scared|worr\w+|lost|broken|trapped|my ?self|himself|herself|voices|will to|world|existence|point)\b"
)


def shows_distress(text: str) -> bool:
    """Return whether a text holds a word of distress, or is not written in Latin letters."""
    reduced, _ = without_figures(flat(text))
    return bool(_DISTRESS.search(reduced)) or not reduced.isascii()


_BODY = r"(?:legs?|thighs?|back|body|hand|hands|breasts?|chest|butt|bottom|hips?|waist|shoulders?|hair|neck|knee|face|cheek|arm)"
_PERSON = r"(?:preceptor|doctor|dr|attending|supervisor|resident|physician|nurse|coordinator|staff|professor|boss|mentor|fellow|chief|landlord|manager|employee|interviewer|director|he|she|they|someone|somebody|patient|man|guy)"

# In South Asian English one passes out of a school: "passing out March 2027", "passed out from KMC, batch of 2019".
_OF_SCHOOL = (
    r"(?:(?: \w+){0,4}? (?:(?:19|20)\d\d|batch|mbbs)\b"
    r"|(?: of| from)(?: \w+){0,4}? (?:college|university|med(?:ical)? school)\b"
    r"| (?:doctors?|graduates?|students?)\b)"
)

_EMERGENCY = re.compile(
    "|".join(
        (
            r"\b(?:my|have|having|has|got|feel|feeling|severe|bad|strong|sudden|with|is) (?:a |an |some |severe |bad |strong |sudden |heavy |terrible )*(?:chest (?:pain|pains|pressure|tightness)|pain in (?:my |the )?chest|heart attack|stroke|seizure|fits?|anaphylaxis)\b(?! (?:patient|case|unit|center|question|management|protocol|rotation))",
            r"\bchest (?:pain|hurts|is (?:tight|heavy|hurting|paining|burning)|tightness)\b(?=.{0,80}\b(?:now|right|since|arm|sweat|minute|breath|numb|help|during|shift|emergency|today|bad|severe)\b)|\b(?:left )?arm (?:is |went |gone |feels )?(?:numb|paining)\b",
            rf"\b(?:can ?not|can'?t|cant|unable to|hard to|trouble|difficulty|not|isn'?t|stopped) (?:be able to )?(?:breathe|breathing|breath)\b|\bnot breathing\b|\bno pulse\b|\b{_PERSON} (?:is|was|has)? ?(?:choking|suffocating|drowning)\b|\bis choking\b|\bthroat is (?:closing|swelling)\b",
            rf"\b(?:is|was|became|went|lying|found|fell|he'?s|she'?s) (?:now )?(?:unconscious|unresponsive|not responding|turning blue|collapsed)\b|\b(?:collapsed|passed out|passing out|fainted|fainting)\b(?!{_OF_SCHOOL})(?=.{{0,60}}\b(?:now|here|help|me|him|her|floor|breath|front|just|what)\b)|\b(?:does not|doesn'?t|doesnt|will not|won'?t|not) (?:wake|waking) up\b(?=.{{0,40}}$)(?<!hope i do not wake up)",
            r"\b(?:overdosed?(?! (?:patient|case|victim|protocol))|took an overdose|(?:swallowed|took|drank|ate) (?:a lot|lots|plenty|a handful|a bottle|a whole \w+|too many|too much|all) of (?:my|the|his|her)|swallowed (?:bleach|poison|pills|many|too many|acid))\b|\btook too many (?:\w+ )?(?:pills|tablets)\b|\bpoison(?:ed|ing)\b(?! (?:lecture|case|topic))",
            r"\b(?:bleeding (?:a lot|heavily|badly|so much|and|not stop\w*|will not stop|won'?t stop)|lot of blood|blood (?:does not|doesn'?t|will not|won'?t) stop|losing (?:a lot of )?blood|vomiting blood|blood vomiting|coughing (?:up )?blood)\b",
            r"\b(?:call|calling|need|send|get) (?:an |me an |a |the )?(?:ambulance|911|112|999|paramedics?|108)\b|\bambulance (?:now|please|fast|quick)\b|\bmedical emergency\b(?! (?:medicine|response|training|drill))",
            r"\b(?:shooter|active shooting|has a gun|with a gun|gunshot(?! (?:patients?|victims?|cases?|wounds|injuries|care|training))|got shot|i was shot|stabbed|got stabbed|held at knife)\b|\b(?:house|room|building|hospital|flat|apartment) (?:is )?on fire\b|\bfire in (?:the|my) (?:house|building|room|flat)\b|\bgas leak\b|\bbroke into my\b",
            r"\b(?:needle ?stick|needlestick)\b(?=.{0,60}\b(?:hour|now|just|minutes?|today|ago|bleeding)\b)|\bwater broke\b|\b(?:snake|dog) bit(?:e|ten)? me\b|\belectric(?:al)? shock\b(?=.{0,40}\b(?:floor|lies|now|help|unconscious)\b)",
            r"\bdolor (?:en el|de) pecho\b|\bno puedo respirar\b|\bemergencia medica\b|\binfarto\b|\bdesmay\w+\b(?=.{0,30}\b(?:ayuda|ahora)\b)|\bdor no peito\b|\bnao consigo respirar\b|\bmal a la poitrine\b|\bpeux pas respirer\b|\bappelez (?:une ambulance|le samu)\b",
            r"\bsaa?ns (?:nahi+n?|nhi|nai) (?:aa|le|arah\w*|ar)\w*\b|\b(?:seene|sine|chhati|chati) (?:me|mei|mein) (?:bahut )?dard\b|\bbehosh (?:ho|pad|hai)\w*\b|\bkhoon (?:beh|nikal)\w*\b(?=.{0,30}\b(?:bahut|ruk|nahi)\b)",
            r"^(?:please |help |help me |urgent )*(?:i think (?:it's|it is|i have|he has|she has) (?:a |an )?|having (?:a |an )?|he has (?:a |an )?|she has (?:a |an )?|there is (?:a |an )?|it's (?:a |an )?)?(?:stroke|seizure|heart attack|anaphylaxis|anaphylactic shock|allergic shock|asthma attack|cardiac arrest|snake ?bite|choking|unconscious|bleeding|emergency|fire)(?: (?:now|help|please|here|urgent|symptoms now|person here))*\W*$",
            rf"\b(?:he|she|he'?s|she'?s|person|someone|somebody|father|mother|papa|mama|dad|mom|brother|sister|friend|wife|husband|son|daughter|baby|child|patient|roommate) (?:is )?(?:here |now )?(?:dying|drowning|fainting|crashing and)\b|\bdrowned\b|\b(?:he|she|father|mother|brother|sister|friend|son|daughter|baby|child|patient|person|someone|somebody) (?:just |suddenly )?(?:collapsed|fainted)\b|\b(?:lost|losing|loss of) consciousness\b|\b(?:about|going) to (?:faint|pass out|collapse|black out)\b|\bi am fainting\b|\bpassing out\b(?!{_OF_SCHOOL})|\bin a coma\b",
            r"\b(?:am|is|are|and|keeps?|still|heavily|nose|won'?t stop) bleeding\b(?! (?:edge|disorder))|\bheavy bleeding\b|\bblood (?:everywhere|is coming|coming fast|is pouring)\b|\bcut an artery\b|\b(?:lips?|tongue|throat|face) (?:is |are )?(?:swelling|swollen|closing|drooping)\b|\b(?:half of my |my )?face (?:is )?(?:numb|drooping)\b|\bweak(?:ness)? on (?:one|left|right)\b|\bone side is (?:weak|numb|paralysed|paralyzed)\b|\b(?:can not|can'?t|cannot) (?:feel|move) my (?:legs?|arms?|body|face|hands?)\b",
            r"\b(?:car|road|bus|bike|motorbike) (?:accident|crash)\b(?! (?:insurance|patient|rotation))|\bhit by a (?:car|bus|truck|train)\b|\b(?:had|in|was in) an accident\b|\bpeople (?:are )?injured\b|\b(?:someone|man|woman|person|he|she|they) (?:is |are )?attacking (?:me|us)\b|\b(?:man|someone|person|guy) with a (?:knife|gun)\b|\b(?:someone|somebody|he|she|i) (?:is|was|got|has been) shot\b(?! (?:at|of|in the (?:arm )?(?:for|against)))|\bcall the police\b|\bthere is a fire\b",
            r"\b(?:drank|drunk|ate|swallowed|took) (?:\w+ ){0,3}(?:bleach|poison\w*|medicine|acid|battery|detergent|times the dose)\b|\bcarbon monoxide\b(?=.{0,40}\b(?:dizzy|we|help|now|alarm)\b)|\bburne?[dt] (?:badly|with|severely)\b|\bbone (?:is )?coming out\b|\bhead injury\b(?=.{0,30}\b(?:and|vomit|confus|now)\w*)|\bhit (?:her|his|my) head\b|\bfell (?:from|down|off)\b.{0,40}\b(?:move|stairs|building|not talking|unconscious|head)\b|\bgiving birth\b|\bbaby is coming\b|\bheart (?:is )?(?:racing|beating)\b.{0,40}\b(?:collapse|faint|pain|die|180|sweat)\w*",
            r"\b(?:it'?s|it is|this is|its) (?:an |a )?(?:real |medical )?emergency\b(?! (?:medicine|residency|program|rotation|number|room))|\bemergency (?:help|please|now)\b|\burgent medical help\b|\bneed (?:a |an )?doctor (?:now|urgent\w*|immediately|fast)\b|\b(?:no|lost) (?:pulse|heart ?beat)\b|\bcardiac arrest\b(?! (?:lecture|training|question|course|management))|\b(?:snake|dog) bite\b|\bbitten by a\b|\bworst headache of my life\b|\b(?:asthma|panic) attack\b(?=.{0,40}\b(?:now|inhaler|help|breath|empty|right)\w*)|\bcrushing chest\b|\bpain in (?:my |the )?chest\b|\bsharp pain in my chest\b|\bpregnant\b.{0,20}\bbleeding\b|\bsugar \d{2,3}\b.{0,40}\b(?:vomit|uncons|pass|faint)\w*",
            r"\bambulanc(?:e|ia|a|ia) bula\w*|\bambulancia\b|\bsaa?ns le\w* (?:me|mei|mein)\b|\bkhoon\b.{0,12}\b(?:beh|nikal|bahut)\w*|\bgoliya?n? kha\b|\bheart attack (?:aa|ho|a)\b|\baccident ho\b|\bduele (?:mucho )?el pecho\b|\b(?:no|nao|ne) (?:respira|respire)\b|\bne respire plus\b|\bsangrando\b|\bdemasiadas pastillas\b|\bmuchas pastillas\b|\bperdu connaissance\b|\bse desmayo\b|\bwaga\w* (?:fi )?sadri\b|\b(?:mish|msh|mesh) (?:2?ader|adir) (?:a?tnaf+as|atnafas)\b|\bgogsum agriyor\b|\bnefes al[ai]m[iı]yorum\b|\bbay[iı]ld[iı]\b|\bg[oö][gğ]s[uü]m\b",
            "نزيف شديد|الاسعاف|الإسعاف|اسعاف|سيارة إسعاف|нужна скорая|вызовите скорую|скорую помощь|сердечный приступ|胸口疼|胸口痛|喘不过气|喘不過氣|एम्बुलेंस|खून बह|دل کا دورہ|ایمبولینس",
            "सीने में दर्द|सांस नहीं|साँस नहीं|बेहोश|سینے میں درد|سانس نہیں|بے ہوش|[أا]لم في صدري|[أا]لم بالصدر|لا [أا]ستطيع التنفس|مش قادر [أا]تنفس|فاقد الوعي|боль в груди|не могу дышать|без сознания|胸痛|胸口痛|不能呼吸|呼吸困难|昏倒|救护车",
        )
    )
)

_HARASSMENT = re.compile(
    "|".join(
        (
            r"\b(?:sexual|sexually|sex) (?:harass\w*|assault\w*|abus\w*|favou?rs?|advances?|comments?|jokes?|relation\w*|with me)\b|\bharr?ass(?:ed|ing|es|ment|er)?\b(?! (?:training|policy|policies|course|module|certificate))|\bmolest(?:ed|ing|er|ation|s)?\b|\brap(?:ed?|ing|ist)\b|\bgrop(?:ed?|ing)\b|\bassault(?:ed|ing|s)?\b",
            rf"\b(?:touch(?:ed|es|ing)?|grab(?:bed|s|bing)?|rub(?:bed|s|bing)?|kiss(?:ed|es|ing)?|hug(?:ged|s|ging)?|fondl\w+|strok(?:ed|es|ing)|squeez\w+|caress\w*) (?:me|my {_BODY}|us|the female|female|girls?|students?|a student|another student|women)\b",
            rf"\b(?:put|puts|putting|place[sd]?|placing|lay|laid|keeps?)\b.{{0,12}}\b(?:his|her|their) (?:hands?|arms?) (?:on|around|in|over|under) (?:me|my|a student|the student)\b|\b(?:hand|hands) on my {_BODY}\b",
            r"\b(?:come|go|visit|meet|stay|sleep|alone)\b.{0,25}\b(?:to|in|at) (?:his|her) (?:apartment|hotel(?: room)?|home|house|room|place|flat|bed)\b|\b(?:go|going|went) out with (?:him|her)\b|\bsleep with (?:him|her|me|them)\b|\bsex (?:for|with|in exchange)\b|\bwants? (?:to have )?sex\b|\bask(?:s|ed|ing)? me (?:out|for (?:a date|sex|dates|nudes?|naked|my photos?|photos|pictures))\b|\bnaked (?:pictures?|photos?|pics?)\b|\bnudes?\b|\bporn\w*",
            r"\b(?:only if|unless) i (?:go out|sleep|date|kiss|pay (?:him|her)|have sex|meet (?:him|her))\b",
            r"\b(?:racist|racism|racial(?:ly)?|sexist|sexism|islamophob\w*|xenophob\w*|homophob\w*|antisemit\w*|anti-?muslim)\b|\bdiscriminat(?:ed|ion|ing|es?|ory)\b|\bdiscrimnat\w+",
            r"\b(?:jokes?|laugh(?:s|ed|ing)?|fun|mock(?:s|ed|ing)?|insult(?:s|ed|ing)?|comments?|remarks?|bad|rude|rejected|refused?|treat\w*|hate\w*|judged?|excluded|shouted?|yell\w*) (?:of |about |at |on |to |me |us |him |her |because |for |due |by )*(?:of |to )?(?:my|our|his|her|their|me (?:because|for)) ?(?:of )?(?:my )?(?:hijab|headscarf|head scarf|religion|faith|race|skin(?: colou?r)?|colou?r|accent|nationality|country|ethnicity|gender|sex|pregnan\w*|disabilit\w*|turban|beard|name|origin|caste|veil|body|weight|looks|being)\b",
            r"\b(?:reject\w*|refus\w*|excluded?|fired|dismissed|insult\w*|bad(?:ly)?|rude\w*|mistreat\w*|hate[sd]?|unfair\w*|removed?|humiliat\w*|laugh\w*|treat\w*)\b.{0,40}\bbecause (?:of )?(?:i am|i'm|i was|my|our)\b.{0,12}\b(?:hijab|religion|muslim|black|indian|african|arab|jewish|hindu|sikh|gay|lesbian|woman|female|pregnan\w+|brown|asian|nationality|skin|race|disab\w+|gender|accent|turban|faith)\b|\b(?:told|tells?|telling|said|says|shouted|asked)\b.{0,25}\bgo back to (?:my|your|our) (?:own )?countr(?:y|ies)\b",
            r"\b(?:slap(?:ped|s)?|punch(?:ed|es)?|kick(?:ed|s)?(?! me out)|push(?:ed|es)?|shov(?:ed|es)|spat (?:at|on)|beat|hits?|pinch(?:ed|es)?) me\b(?! (?:to|hard|up|that|when|with))|\b(?:threw|throws?|thrown|throwing)\b.{0,25}\b(?:at|on|towards?) (?:me|us|the student)\b",
            r"\b(?:do not|don'?t|dont|did not|not|never|no longer|isn'?t) (?:really )?(?:feel|feeling|felt) (?:very )?(?:safe|secure)\b|\bfeel(?:ing|s)? (?:very |so |really )?unsafe\b|\b(?:unsafe|dangerous|not safe) (?:site|clinic|hospital|place|rotation|housing|work)\b|\b(?:site|clinic|hospital|place|rotation|preceptor|housing) (?:is|was|feels) (?:very |really |so )?(?:unsafe|not safe|dangerous)\b|\b(?:scared|afraid|terrified|frightened) (?:to go back|of (?:him|her|my (?:preceptor|supervisor|attending|doctor|boss)|the (?:doctor|preceptor|attending)))",
            r"\b(?:bull(?:y|ied|ying|ies))\b|\b(?:abus(?:ed|ing|ive|es?)) (?:me|us|by|doctor|preceptor|attending|resident|staff|supervisor|behaviou?r|physically|verbally)\b|\b(?:verbally|physically|sexually|emotionally) abus\w+|\bthreat(?:en(?:s|ed|ing)?)\b.{0,25}\b(?:me|us|my|fail|immigration|deport|career)\b|\b(?:stalk(?:s|ed|ing|er)?|follow(?:s|ed|ing)? me (?:home|to my|from|every|outside))\b|\bhumiliat(?:ed|es|ing)\b|\bmistreat(?:ed|ment|s|ing)\b",
            rf"\b{_PERSON}\b.{{0,20}}\b(?:is|was|comes?|came|works?|always|looks?|being) (?:to work |always |often )?(?:drunk|high on|intoxicated)\b",
            r"\b(?:keep|keeps|kept|took|takes|taking|holds?|holding) my passport\b|\blocked (?:me|the door)\b",
            r"\b(?:me|nos) (?:acosa\w*|toc(?:a|o|aron)|maltrat\w+|discrimin\w+|violo|agredi\w+)\b|\bacos[oa] sexual\b|\bassedi\w+\b|\bharc[eè]l\w+|\bharcel\w+|\bagress\w+ sexuel\w*|\bme assedi\w+",
            r"\b(?:galat|ganda|gande) (?:tarike|tareeke|tarah|touch|nazar|ishare)\b|\b(?:chh?u(?:a|ta|te|ya|ne)|chheda|chhed\w*|chedch?aa?d)\b.{0,20}\b(?:mujhe|hai|tha|diya|raha|ne)\b|\bmujhe chh?\w+\b.{0,10}\b(?:hai|tha)\b|\bzabardasti\b",
            rf"\b{_PERSON} (?:\w+ ){{0,2}}(?:insult(?:ed|s)?|humiliat(?:ed|es)|scream(?:s|ed)?|yell(?:s|ed)?|shout(?:s|ed)?|attack(?:ed|s)|abuse[sd]?|stares?|behaved inappropriately|undress|sexually|slapped|pinched) ?(?:me|at me|on me|us|with me)?\b|\bcall(?:s|ed|ing)? me (?:stupid|names|sexy|sweetheart|baby|honey|the n|monkey|terrorist|idiot|a racist|dirty|slave|an? (?:animal|dog))\w*|\b(?:i was|i am|i'm|was|were|been|being) (?:abused|attacked|insulted|humiliated|assaulted|bullied|harassed|molested|groped|threatened|stalked|discriminated|mistreated)\b|\breport (?:an? )?(?:abuse|abuser|racist|racism|harass\w*|discrimination|misconduct)\b|\breport (?:a|my|the) (?:doctor|preceptor|attending|supervisor)\b",
            r"\b(?:dirty|sexual|inappropriate|obscene|sexy) (?:messages?|comments?|jokes?|pictures?|photos?|touch\w*|remarks?|things|way)\b|\bundress\b|\b(?:my|her) breasts?\b|\bthat i am sexy\b|\b(?:for|wants?|asks? for|offer\w*|demand\w*)\b.{0,20}\bsex\b|\bdinner and more\b|\bhis (?:bed ?room|hotel)\b|\b(?:enters?|enter|comes? into) my room\b|\basks? (?:me )?for my (?:pictures?|photos?)\b|\bsends? me messages at night\b|\btouched (?:her|him|a student|another)\b|\b(?:he|she|doctor|preceptor|someone|man) follows me\b",
            r"\bhijab\w*\b.{0,40}\b(?:remove|take off|off|reject\w*|refus\w*|problem|insult\w*|sent home|jokes?|laugh\w*|leave|fired|not allow\w*)\b|\b(?:remove|take off|jokes? about|laugh\w* at|reject\w*|refus\w*|because of|problem with|insult\w*|can'?t wear|not wear)\b.{0,25}\b(?:hijab\w*|headscarf|head scarf|veil|turban|niqab)\b|\b(?:reject|refuse|hate|discriminate(?: against)?|not (?:take|want|accept)|don'?t (?:take|want|accept)|doesn'?t (?:take|want|accept)|do not (?:take|want|accept)|does not (?:take|want|accept)) (?:\w+ ){0,2}(?:muslims?|black(?: people| doctors)?|indians?|africans?|arabs?|hijab\w*|my religion|religious|pregnant(?: women)?|women|gay|jews?|jewish|hindus?|foreigners|people with hijab)\b",
            r"\b(?:muslims?|blacks?|black people|indians?|africans?|arabs?|women|foreigners) (?:are|smell|should|must) (?:terrorists?|lazy|dirty|stupid|leave|all leave|go)?\b(?<=.{4})(?=.{0,40}$)(?:(?<=lazy)|(?<=dirty)|(?<=stupid)|(?<=leave)|(?<=terrorist)|(?<=terrorists)|(?<=smell )|(?<=go))|\bn[- ]word\b|\bterrorists?\b|\bcall\w* me (?:a )?monkey\b|\bindians smell\b|\b(?:asked|asks|asking) (?:me )?(?:about|for) (?:my religion|my sexual)|\bbecause i (?:am|'m) (?:a woman|a girl|trans|gay|muslim|black|pregnant|wear\w*)\b|\bbecause i wear\b|\bworse than (?:white|american|other)\b.{0,10}\b(?:students?|people)\b|\bfrom my country because of race\b|\bskin colou?r\b|\bforeigners of my\b",
            r"\b(?:says?|said|threat\w*|will|going to) (?:he |she |they |will |to |would )*(?:destroy|ruin|end|cancel|kill) (?:my|me)(?: (?:career|visa|life|future|reputation))?\b(?<!kill my)(?=.{0,60})(?:(?<=career)|(?<=visa)|(?<=life)|(?<=future)|(?<=reputation)|(?<=kill me))|\bdeath threats?\b|\bthreaten(?:s|ed|ing)?\b.{0,12}\bme\b|\bthreatening messages?\b|\bcomments? on my (?:clothes|body)\b|\bhumiliate[sd]? me\b|\b(?:afraid|scared) (?:to go|of going) (?:back )?to (?:the|my) (?:rotation|clinic|hospital|site)\b|\b(?:smells? of|smelled of|drinks?|drunk|uses?|takes?|on) (?:alcohol|drugs)\b|\b(?:they|he|she|preceptor|doctor|attending|supervisor|staff|clinic) (?:always |often )?forc(?:e|es|ed) (?:me|us|students) to\b|\bmake[s]? me treat patients alone\b|\bno (?:\w+ )?(?:protective equipment|gloves|safety rules|mask or gloves|masks)\b|\bunsafe (?:working|conditions)\b|\bhurt patients\b|\btreated like (?:a )?(?:slave|animal|dog|servant)s?\b|\blet me pray\b|\bcan'?t pray here\b",
            r"\b(?:ne )?mujhe chh?u\w*|\b(?:galat|gandi|gande|ganda) (?:jagah|message|messages|baat|baatein|tarah)\b|\bbhedbhav\b|\bmaza[kq] uda\w*|\bdhamki\b|\bgali dete\b|\best[aá]n? acosando\b|\bpide sexo\b|\bdiscriminaci[oó]n\b|\bdiscrimina[cç][aã]o\b|\b(?:m'a|me) (?:touchee?|toco|tocou|insult\w+)\b|\bta7ar+ash\b|\bdokundu\b|\btaciz\w*|\bhaath laga\w*",
            "пристают|пристает|трогал меня|оскорбля|унижа|домогательств|骚扰|騷擾|摸我|يتنمر|لمسني|يسخرون من|سخروا من|يهددني|مذاق اڑا|دھمکی|मज़ाक उड़ा|धमकी|भेदभाव|छुआ",
            "छेड़|यौन|बलात्कार|ہراس|چھیڑ|زیادتی|تحرش|يتحرش|[إا]غتصاب|تمييز عنصري|عنصري[ةه]?|домога|изнасил|расизм|дискримина|性骚扰|強姦|强奸|歧视",
        )
    )
)
_PATTERNS = {"crisis": _CRISIS, "emergency": _EMERGENCY, "harassment": _HARASSMENT}
_MARKS = re.compile(r"[^\w\s'.,!?;-]", re.UNICODE)
_SPACES = re.compile(r"\s+")


def flat(text: str) -> str:
    """Return a text as the phrases expect it: lower case, Latin letters without accents, single spaces."""
    text = text.lower().replace("’", "'")
    if not text.isascii():
        text = "".join(_without_accent(character) for character in text)
    # Vowel signs of Indic scripts are no word characters, so only Latin marks are removed.
    return _SPACES.sub(" ", _MARKS.sub(_mark, text)).strip()


def _mark(found: "re.Match[str]") -> str:
    return (
        found.group() if ord(found.group()) > 0x24F and unicodedata.category(found.group())[0] == "M" else " "
    )


def _without_accent(character: str) -> str:
    if ord(character) > 0x24F:
        return character
    return unicodedata.normalize("NFD", character)[0]


def without_figures(text: str) -> tuple[str, bool]:
    """Return a flat text without figures of speech, and whether it held any."""
    reduced, count = _FIGURES.subn(" ", text)
    return reduced, bool(count)


def find(texts: list[str]) -> tuple[str | None, bool]:
    """Return (kind of harm that a phrase reports or None, whether figures of speech stand in the texts).

    `texts` are versions of one message (as typed, as spelled); crisis comes before emergency before
    harassment.
    """
    versions = []
    figurative = False
    for text in texts:
        reduced, found = without_figures(flat(text))
        figurative = figurative or found
        versions.append(reduced)
    for kind in KINDS:
        if any(_PATTERNS[kind].search(version) for version in versions):
            return kind, figurative
    return None, figurative
