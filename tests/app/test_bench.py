"""The benchmark's pure parts: figures, the stock project's files, messages, the table."""

from __future__ import annotations

import pytest
import yaml

from tests.bench import figures, form, messages, sections, stock
from tests.bench.doors import messages as events_of
from tests.bench.processes import training_progress
from tests.bench.report import Row, table

NLU = {
    "a.yml": 'version: "3.1"\nnlu:\n- intent: faq/cost\n  examples: |\n    - how much\n    - what is it\n'
    "    - price\n- intent: back\n  examples: |\n    - go back\n    - one back\n",
    "b.yml": 'version: "3.1"\nnlu:\n- intent: apply\n  examples: |\n    - apply\n    - sign me up\n',
}
FIELDS = {"full_name": "What is your name?", "email": "What is your e-mail?"}


def made(name: str) -> dict:
    return yaml.safe_load(stock.files(NLU, {"faq/cost": "It is free."}, FIELDS)[name])


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert figures.percentile([1, 2, 3, 4, 5], 50) == 3
    assert figures.percentile([0, 10], 95) == pytest.approx(9.5)


def test_few_values_have_no_95th_percentile() -> None:
    assert figures.Figure.of([1.0, 2.0]) == figures.Figure(1.5, None, 2)


def test_a_ratio_that_holds_in_each_pair_has_a_narrow_interval_however_noisy_the_machine() -> None:
    stock_times = [10.0, 90.0, 12.0, 55.0, 11.0, 70.0, 13.0, 10.5] * 5
    found = figures.ratio([value / 2 for value in stock_times], stock_times)
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_growth_leaves_out_what_the_machine_does_to_both_conversations() -> None:
    busy = [1.0] * 20 + [3.0] * 20
    assert figures.growth([10 * factor for factor in busy], busy, 20) == pytest.approx(1.0)
    assert figures.growth([10.0] * 20 + [20.0] * 20, [10.0] * 40, 20) == pytest.approx(2.0)


def test_no_message_is_said_twice_and_none_goes_to_two_hands() -> None:
    asked = messages.questions(iter(["What is a rotation?", "IMG: what does it mean?"]), 12)
    hands = messages.dealt(asked, 3)
    assert len({text for hand in hands for text in hand}) == 12


def test_too_few_questions_are_said_to_be_too_few() -> None:
    with pytest.raises(messages.TooFewQuestions, match="the topics give 10"):
        messages.questions(["What is a rotation?"], 11)


def test_the_stock_domain_answers_each_label_with_our_words() -> None:
    responses = made("domain.yml")["responses"]
    assert responses["utter_faq/cost"] == [{"text": "It is free."}]
    assert responses["utter_ask_application_form_email"] == [{"text": "What is your e-mail?"}]


def test_the_stock_form_binds_each_text_slot_to_its_question() -> None:
    domain = made("domain.yml")
    assert domain["forms"]["application_form"]["required_slots"] == list(FIELDS)
    assert domain["slots"]["email"]["mappings"] == [
        {
            "type": "from_text",
            "conditions": [{"active_loop": "application_form", "requested_slot": "email"}],
        }
    ]


def test_the_stock_rules_leave_rasas_own_intents_to_rasa() -> None:
    ruled = [rule["steps"][0].get("intent") for rule in made("data/rules.yml")["rules"]]
    assert "back" not in ruled
    assert {"faq", "apply", "nlu_fallback"} <= set(ruled)


def test_the_stock_project_learns_from_the_same_examples() -> None:
    files = stock.files(NLU, {}, FIELDS)
    assert files["data/nlu/a.yml"] == NLU["a.yml"]
    assert stock.count_examples(NLU) == 7


def test_a_sample_keeps_every_label_and_so_many_examples_of_each() -> None:
    sample = {name: stock.sampled(content, 1) for name, content in NLU.items()}
    assert stock.labels_of(sample) == stock.labels_of(NLU)
    assert stock.count_examples(sample) == 3


def test_a_training_tells_its_component_and_epoch() -> None:
    log = (
        "INFO rasa.engine - Starting to train component 'TEDPolicy'.\nEpochs: 100%|██| 100/100 [00:01]\n"
        "INFO rasa.engine - Starting to train component 'DIETClassifier'.\n"
        "Epochs:   0%|    | 0/100 [00:00<?]\rEpochs:  34%|███| 34/100 [00:20<00:39, loss=1.2]"
    )
    assert training_progress(log) == "DIETClassifier, epoch 34 of 100"


def test_the_stream_gives_messages_and_leaves_out_pings_and_states() -> None:
    lines = [": ping", "", "event: state", 'data: {"holder": "bot"}', "", "event: message", "id: 2"]
    lines += ['data: {"seq": 2, "from": "bot"}', ""]
    assert list(events_of(iter(lines))) == [{"seq": 2, "from": "bot"}]


def test_the_table_shows_what_was_not_measured_as_a_dash() -> None:
    rows = [
        Row.single("training", "Training", "s", 4.0, 200.0, aim="≤ 0.033"),
        Row.single("memory", "Front desk", "MB", 120.0, None),
    ]
    lines = table(rows).splitlines()
    assert any(line.split()[:5] == ["Training", "4.0", "s", "–", "200"] for line in lines)
    assert "0.020" in next(line for line in lines if "200 s" in line)
    assert next(line for line in lines if "Front desk" in line).split().count("–") >= 3


def test_no_two_applicants_of_the_form_say_the_same_to_a_question() -> None:
    for field, said in messages.FORM_ANSWERS.items():
        assert len(set(said)) == len(said) >= sections.FULL.forms, field


def test_the_form_is_held_against_its_bound() -> None:
    times = sections.Times(
        {form.FORM: [12.0, 18.0], form.ANSWER: [10.0, 10.0]}, good={form.FORM: 2, form.ANSWER: 2}
    )
    lines = table(form.rows("/webhooks/rest/turn", times)).splitlines()
    [line] = [line for line in lines if "÷" in line]
    assert "1.50" in line
    assert line.endswith("≤ 1.5")
