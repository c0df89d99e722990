"""Specialties, exams, visas, programs, countries, months and documents are found as people write them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from extensions.nlu.gazetteer import Gazetteer, GazetteerEntityExtractor
from extensions.nlu.normalizer import PREPARED
from extensions.nlu.text_normalizer import TextNormalizer
from extensions.nlu.vocabulary import ENTITY_KINDS, Vocabulary, VocabularyError, load

FOUND = [
    ("specialty", "pediatrics", "I love peds and nothing else"),
    ("specialty", "pediatrics", "paediatrics in Boston"),
    ("specialty", "internal medicine", "internal med residency"),
    ("specialty", "internal medicine", "IM residency for img"),
    ("specialty", "family medicine", "fam med rotation"),
    ("specialty", "obstetrics and gynecology", "is there a seat in OB/GYN"),
    ("specialty", "general surgery", "how many years is surgery"),
    ("specialty", "neurosurgery", "to be a brain surgeon"),
    ("specialty", "otolaryngology", "ENT residency length"),
    ("specialty", "physical medicine and rehabilitation", "what about PM&R"),
    ("specialty", "dermatology", "dermetology is my dream"),
    ("specialty", "orthopedic surgery", "orthopaedics"),
    ("specialty", "psychiatry", "psychatry"),
    ("specialty", "diagnostic radiology", "radiology for img"),
    ("exam", "step 1", "passed step one last year"),
    ("exam", "step 2 ck", "Step 2CK score"),
    ("exam", "step 2 ck", "my ck is booked"),
    ("exam", "step 3", "usmle 3"),
    ("exam", "oet", "the occupational english test"),
    ("exam", "usmle", "umsle exam dates"),
    ("visa", "j-1", "is it on J1"),
    ("visa", "h-1b", "h 1b sponsor"),
    ("visa", "b-2", "can I come on a tourist visa"),
    ("visa", "green card", "I hold a greencard"),
    ("program", "observership", "an obsevership of two weeks"),
    ("program", "clinical rotation", "rotaion in chicago"),
    ("program", "elective", "final year electives"),
    ("program", "sub-internship", "a sub-I in medicine"),
    ("program", "fellowship", "felowship after that"),
    ("country", "NG", "I am a Nigerian doctor"),
    ("country", "PK", "my school is in Pakistan"),
    ("country", "GB", "trained in the UK"),
    ("country", "EG", "egyptian graduate"),
    ("country", "CI", "I come from Ivory Coast"),
    ("month", "may", "can we start in May 2027"),
    ("month", "september", "sept intake"),
    ("month", "february", "from febuary on"),
    ("document", "letter of recommendation", "two LORs please"),
    ("document", "cv", "shall I send my c.v."),
    ("document", "mspe", "the dean's letter"),
    ("document", "immunization record", "which vaccinations"),
    ("document", "tb test", "is quantiferon needed"),
    ("document", "passport", "a pasport copy"),
]


def found(gazetteer: Gazetteer, text: str) -> list[tuple[str, str]]:
    return [(entity["entity"], entity["value"]) for entity in gazetteer.find(text)]


@pytest.mark.parametrize(("kind", "value", "text"), FOUND)
def test_an_alias_is_found_as_its_value(gazetteer: Gazetteer, kind: str, value: str, text: str) -> None:
    assert (kind, value) in found(gazetteer, text)


@pytest.mark.parametrize("text", [text for _, _, text in FOUND])
def test_an_entity_stands_where_its_words_stand(gazetteer: Gazetteer, text: str) -> None:
    for entity in gazetteer.find(text):
        assert text[entity["start"] : entity["end"]].strip() == text[entity["start"] : entity["end"]] != ""


@pytest.mark.parametrize(
    "text", ["family medicine", "Step 2 CK", "general surgery residency", "child neurology"]
)
def test_a_longer_match_hides_the_shorter_one_inside_it(gazetteer: Gazetteer, text: str) -> None:
    spans = [(entity["start"], entity["end"]) for entity in gazetteer.find(text)]
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert spans[0][0] == 0


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("may I ask something", "month"),
        ("we march on", "month"),
        ("im from nepal", "specialty"),
        ("can you say where i may go", "month"),
        ("what is a gas station", "specialty"),
        ("please resume my application", "document"),
        ("do I need it", "specialty"),
        ("where can I do it", "country"),
        ("i am in love with this", "specialty"),
    ],
)
def test_an_everyday_word_is_no_entity(gazetteer: Gazetteer, text: str, absent: str) -> None:
    assert absent not in {kind for kind, _ in found(gazetteer, text)}


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("IM residency", ("specialty", "internal medicine")),
        ("in march or april", ("month", "march")),
        ("i want to do it in may", ("month", "may")),
        ("EM", ("specialty", "emergency medicine")),
        ("GI fellowship", ("specialty", "gastroenterology")),
    ],
)
def test_an_everyday_word_counts_beside_a_telling_one(
    gazetteer: Gazetteer, text: str, entity: tuple[str, str]
) -> None:
    assert entity in found(gazetteer, text)


def test_several_entities_of_one_message_come_in_order(gazetteer: Gazetteer) -> None:
    text = "cardiology or neurology in July on a J1, I am Indian"
    assert [value for _, value in found(gazetteer, text)] == ["cardiology", "neurology", "july", "j-1", "IN"]


@pytest.mark.parametrize(
    ("typed", "value"),
    [("is there anesthesiolgy", "anesthesiology"), ("residency in neurosurgry", "neurosurgery")],
)
def test_a_misspelling_of_no_list_is_found_after_spelling_where_it_was_typed(
    normalizer: TextNormalizer, gazetteer: Gazetteer, typed: str, value: str
) -> None:
    message = Message({TEXT: typed, PREPARED: normalizer.prepare(typed).as_dict()})
    GazetteerEntityExtractor(gazetteer).process([message])
    [entity] = [one for one in message.get(ENTITIES) if one["entity"] == "specialty"]
    assert entity["value"] == value
    assert typed[entity["start"] : entity["end"]] == typed.rpartition(" ")[2]


def test_a_long_message_is_searched_up_to_its_bound(gazetteer: Gazetteer) -> None:
    assert found(gazetteer, "word " * 900 + "neurology") == []
    assert ("specialty", "neurology") in found(gazetteer, "neurology " + "word " * 3000)


@pytest.mark.parametrize("kind", ENTITY_KINDS)
def test_every_label_of_the_vocabulary_is_found(
    gazetteer: Gazetteer, vocabulary: Vocabulary, kind: str
) -> None:
    missed = [entry.id for entry in vocabulary.entries[kind] if not gazetteer.find(entry.label)]
    assert missed == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- a list", "needs `kind`"),
        ("kind: specialty", "needs `kind`"),
        ("kind: planet\nentries: []", "unknown kind 'planet'"),
        ("kind: exam\nentries:\n- {label: x}", "needs an `id`"),
        ("kind: exam\nentries:\n- {id: a, colour: red}", "unknown key colour"),
        ("kind: exam\nentries:\n- {id: a, aliases: b}", "must be a list"),
        ("kind: exam\nentries:\n- {id: a, guarded: [b]}", "neither id, label nor alias"),
        ("kind: exam\nentries:\n- {id: a}\n- {id: a}", "a stands twice"),
        ("kind: [", "is not YAML"),
    ],
)
def test_a_faulty_vocabulary_is_told_with_its_place(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "faulty.yml").write_text(content)
    with pytest.raises(VocabularyError, match=r"faulty\.yml") as error:
        load(tmp_path)
    assert told in str(error.value)


def test_the_vocabularys_hash_changes_with_any_word(tmp_path: Path) -> None:
    file = tmp_path / "exam.yml"
    file.write_text("kind: exam\nentries:\n- {id: a}")
    before = load(tmp_path).sha256
    file.write_text("kind: exam\nentries:\n- {id: b}")
    assert load(tmp_path).sha256 != before
