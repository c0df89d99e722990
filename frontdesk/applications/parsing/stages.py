"""Student or graduate: whether the medical degree is still to come or held. Pure.

"Internship", "house job" and the like mean both things in the world, so they are asked about.
"""

from __future__ import annotations

import re

from frontdesk.applications.parsing.result import Certain, Confirm, Context, Parsed, Unclear
from frontdesk.applications.parsing.speech import folded, read_past_slips

_NOT_IN_SCHOOL = re.compile(
    r"\b(?:pre ?med(?:ical)?|premed|high ?school|undergrad(?:uate)?|college freshman|a levels?"
    r"|12th (?:grade|class)|secondary school|bachelors? (?:in|of) (?:biology|science)"
    r"|not (?:yet )?in (?:medical|med) school|before (?:medical|med) school|nursing student|nurse"
    r"|dental student|dentist"
    r"|pharmacy student|pharmacist|physician assistant|pa student)\b"
)
_STILL = re.compile(
    r"\b(?:not (?:yet )?(?:graduated?|finished|completed|a graduate|done)|(?:havent|have not"
    r"|didnt|did not|hasnt|has not|yet to|still to|about to) (?:\w+ )?(?:graduated?|finish\w*"
    r"|complet\w*|get|receive\w*|got)"
    r"|still (?:a |an |in |my |her |his |at |doing |medical |med )*(?:student|studying|stud\w*"
    r"|school|university|college|learning|medical school|enrolled)|stud(?:y|ies|ying) still"
    r"|(?:will|shall|going to|gonna|expect(?:ed|ing)? to|due to|hope to|yet to|to be) (?:\w+ "
    r"){0,2}?(?:graduat\w+|finish\w*|complete\w*|pass out|get (?:my|the|her|his) (?:degree"
    r"|diploma))"
    r"|graduating|passing out|no (?:degree|diploma|titulo) yet|without (?:a |the |my |her |his "
    r")?(?:degree|diploma|titulo|title)|(?:degree|diploma) (?:comes|is coming|will come|after"
    r"|pending|awaited|next)"
    r"|not (?:have|hold|got) (?:the |my |a |her |his )?(?:degree|diploma)|dont (?:have|hold) "
    r"(?:the |my |a )?(?:degree|diploma)|undergraduate medical)\b"
)
_STUDENT = re.compile(
    r"\b(?:(?:medical |med |mbbs |md |final year |current |full time )*students?|studying|studies"
    r"|study|enrolled|estudiante|alumno|alumna|etudiante?|estudante|ogrenci|estudyante|talib"
    r"|talibah"
    r"|ms ?(?:[1-6]|i{1,3}|iv)|oms ?(?:[1-4]|i{1,3}|iv)|m[1-6]|(?:1|2|3|4|5|6|7)(?:st|nd|rd|th)? "
    r"?(?:yr|year)|(?:yr|year) ?(?:[1-7]|one|two|three|four|five|six|seven|i{1,3}|iv|vi?)"
    r"|(?:first|second|third|fourth|fifth|sixth|seventh|final|last|pre ?final|penultimate) ?(?:yr"
    r"|year)|semester|in (?:medical|med) (?:school|college)|clerkship year|[1-9]\w* sem"
    r"|\d(?:er|do|to|mo)? ano|ultimo ano)\b"
)
_STILL_MORE = re.compile(
    r"\b(?:not (?:yet )?(?:a |an )?(?:doctor|physician|md)(?: yet)?|finishing|(?:final|first"
    r"|second|third|fourth|[1-4](?:st|nd|rd|th)) prof(?:essional)?|clinical years?|clerkship "
    r"phase)\b"
)
_RESIDENT = re.compile(r"\b(?:resident|registrar|trainee doctor|fellow|attending)\b(?! of\b)")
_PAST_STUDENT = re.compile(
    r"\b(?:not (?:a |an )?(?:student|studying)(?: (?:anymore|any more|now))?|no longer (?:a |an "
    r")?(?:student|studying)|was (?:a |an )?(?:\w+ )?student|graduate student|former student"
    r"|studied|no student|finished (?:my |the )?(?:studies|study|studying))\b"
)
_GRADUATE = re.compile(
    r"\b(?:grad|grads|graduates?|graduated|i graduated|img|fmg|alumn\w*|degree holder|hold(?:s"
    r"|ing)? (?:the |my |a |an |her |his )?(?:\w+ )?(?:degree|diploma)"
    r"|(?:have|has|got|hold|earned) (?:the |my |a |an |her |his )?(?:md|mbbs|mbchb|mbbch)(?= already|$)"
    r"|(?:have|has|got|received|obtained|awarded) (?:the |my |a |an |her |his )?(?:\w+ "
    r")?(?:degree|diploma|titulo)|(?:degree|diploma) (?:completed|received|in hand|done|holder"
    r"|already)"
    r"|(?:passed|cleared|completed|complete|did|done|finished)(?: (?:my|the|with))* "
    r"(?:mbbs|mbchb|mbbch|md)"
    r"|(?:mbbs|mbchb|mbbch) (?:passed|cleared|completed|complete|done|finished|holder)"
    r"|(?:finished|completed|done with|passed out)(?: (?:from|of|my|the|her|his|with))*(?: "
    r"(?:medical|med|mbbs|md|medicine|university|school|college|studies|degree|everything|it|long"
    r"|already|all))?"
    r"|passed out|medical doctor|physician|doctor|licensed|practi[sc]ing|gp|general practitioner"
    r"|medical officer|resident|residency in|specialist|consultant|post ?grad(?:uate)?|pg trainee"
    r"|graduad[oa]|egresad[oa]|titulad[oa]|medic[oa] (?:general|cirujan[oa])|medic[oa]|diplome"
    r"|formad[oa]|mezun|dokter|lulus|lulusan|degree already|already (?:a )?(?:doctor|graduate\w*))\b"
)
_TRAINING_YEAR = re.compile(
    r"\b(?:intern|interns|internship|house ?job|house ?man(?:ship)?|house ?officer|housemanship"
    r"|foundation (?:year|doctor)|fy ?[12]|f1|f2|crmi|internado|pasante|pasantia|servicio social"
    r"|social service"
    r"|rural service|compulsory service|rotatory|rotating|tus|imtiyaz|emtiaz|imtiaz|excellence "
    r"year|co ?op|bond)\b"
)
_DEGREE_ONLY = re.compile(r"^(?:i am |im |an? )?(?:md|mbbs|mbchb|mbbch|do|mbbs md|md mbbs)(?: po| sir)?$")


_LEXICON = frozenset(
    "student students graduate graduated graduating studying internship intern degree diploma "
    "doctor physician university completed finished final".split()
)


def parse(text: str, context: Context) -> Parsed:
    """As below; a misspelt answer is read with its slips mended, and then asked about."""
    return read_past_slips(_parse, text, context, _LEXICON)


def _parse(text: str, context: Context) -> Parsed:
    """ "student" or "graduate"."""
    line = re.sub(r"\bm d\b", "md", re.sub(r"\bunder grad", "undergrad", folded(text)))
    if not line:
        return None
    if re.search(r"\b(?:ug|undergrad\w*)\b", line) and len(line.split()) <= 3:
        return Confirm("student", "confirm_student", otherwise=Certain("graduate"))
    if re.search(
        r"\b(?:complet\w+|finish\w+|done|passed)\b.*\b(?:degree|diploma|convocation"
        r"|graduation)\b.*\b(?:not|yet|await\w*|pending|wait\w*)\b"
        r"|\b(?:await\w*|waiting for|pending)(?: \w+)? (?:degree|diploma|convocation|graduation)\b",
        line,
    ):
        return Unclear("stage_which")
    if _NOT_IN_SCHOOL.search(line) and not re.search(
        r"\bmedical (?:student|graduate)\b|\bmed student\b", line
    ):
        return Unclear("stage_not_in_school")
    if _DEGREE_ONLY.match(line):
        return Confirm("graduate", "confirm_graduate", otherwise=Certain("student"))
    if _RESIDENT.search(line) and not re.search(r"\bstudent\b|\bpermanent\b", line):
        return Certain("graduate")
    still = bool(_STILL.search(line)) or bool(_STILL_MORE.search(line))
    line = _STILL_MORE.sub(" ", line)
    rest = _STILL.sub(" ", line)
    past = bool(_PAST_STUDENT.search(rest))
    rest = _PAST_STUDENT.sub(" ", rest)
    student = still or bool(_STUDENT.search(rest))
    graduate = past or bool(_GRADUATE.search(rest))
    between = bool(_TRAINING_YEAR.search(rest))
    if re.search(r"\bgraduate student\b", line) and not still:
        return Unclear("stage_which")
    if still and not past:
        return Certain("student")
    if student and graduate:
        # "Graduate of 2019, was a student at …" is settled above; what is left says both.
        if re.search(r"\bnot (?:an? )?(?:graduate|doctor)\b", line):
            return Certain("student")
        return Unclear("stage_which")
    if between:
        if student and re.search(r"\bstudents?\b|\bestudiante\b", line):
            return Certain("student")
        if re.search(
            r"\b(?:graduat\w+|(?:hold\w*|have|has|got|received|earned) (?:the |my |a |her |his )?(?:\w+ )?"
            r"(?:degree|diploma)|(?:degree|diploma) (?:in hand|completed|received|done|holder|already))\b",
            rest,
        ):
            return Certain("graduate")
        if re.search(
            r"\b(?:finished|completed|done|after|did)\b.*\b(?:intern\w*|house|servicio|service)\b", rest
        ):
            return Confirm("graduate", "confirm_graduate", otherwise=Certain("student"))
        return Unclear("stage_internship")
    if student:
        return Certain("student")
    if graduate:
        return Certain("graduate")
    if (
        re.search(
            r"\b(?:degree|diploma|md|mbbs|dr|doctor)\b.*\b(?:since|in|from)\b(?: (?:19|20)\d{2}| hand)", line
        )
        or line == "dr"
    ):
        return (
            Certain("graduate")
            if line != "dr"
            else Confirm("graduate", "confirm_graduate", otherwise=Certain("student"))
        )
    return None
