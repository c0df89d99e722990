"""The benchmark on intent sets, pure part: sets are checked, typos repeat, scores are known."""

import json
from pathlib import Path

import pytest

from extensions.nlu import bench_sets
from extensions.nlu.bench import OURS, STOCK, progress, table
from extensions.nlu.bench_child import pipeline, reading


def write(folder: Path, **rows) -> Path:
    for name, listed in rows.items():
        lines = [row if isinstance(row, str) else json.dumps(row) for row in listed]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def rows(*pairs):
    return [{"text": text, "intent": intent} for text, intent in pairs]


TRAIN = rows(("pay it", "pay/now"), ("pay", "pay/now"), ("cancel it", "cancel"), ("cancel", "cancel"))


def test_sets_are_read_and_a_slash_in_an_intent_is_no_retrieval_intent(tmp_path):
    write(tmp_path, train=TRAIN, test=rows(("please pay", "pay/now")), oos=[{"text": "moon"}])
    sets = bench_sets.read_sets(tmp_path)
    assert [example.intent for example in sets.train] == ["pay_now", "pay_now", "cancel", "cancel"]
    assert sets.oos == [bench_sets.Example("moon", "")]


def test_a_missing_file_is_named(tmp_path):
    write(tmp_path, train=TRAIN, test=TRAIN)
    with pytest.raises(bench_sets.SetError, match=r"lacks oos\.jsonl"):
        bench_sets.read_sets(tmp_path)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("{not json", "line 2: not JSON"),
        ("[]", "line 2: `text` must be"),
        ('{"text": " ", "intent": "pay"}', "line 2: `text` must be"),
        ('{"text": "pay", "intent": 3}', "line 2: `intent` must be"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_place(tmp_path, row, sentence):
    write(tmp_path, train=[TRAIN[0], row, *TRAIN[1:]], test=TRAIN, oos=TRAIN)
    with pytest.raises(bench_sets.SetError, match=sentence):
        bench_sets.read_sets(tmp_path)


def test_a_test_intent_that_was_never_trained_is_told_with_what_to_do(tmp_path):
    write(tmp_path, train=TRAIN, test=rows(("moon", "oos")), oos=TRAIN)
    with pytest.raises(bench_sets.SetError, match=r"move them to oos\.jsonl"):
        bench_sets.read_sets(tmp_path)


def test_one_intent_alone_is_no_choice(tmp_path):
    write(tmp_path, train=TRAIN[:2], test=TRAIN[:1], oos=TRAIN)
    with pytest.raises(bench_sets.SetError, match="two intents at least"):
        bench_sets.read_sets(tmp_path)


def test_a_typo_changes_one_word_and_is_the_same_each_time():
    text = "please transfer money to my savings"
    typed = bench_sets.with_typo(text, seed=7)
    differing = [pair for pair in zip(text.split(), typed.split(), strict=True) if pair[0] != pair[1]]
    assert len(differing) == 1
    assert typed == bench_sets.with_typo(text, seed=7)


def test_a_text_of_short_words_stays_as_it_is():
    assert bench_sets.with_typo("is it 12 or 14?", seed=7) == "is it 12 or 14?"


def test_macro_f1_weighs_each_intent_alike():
    assert bench_sets.macro_f1(["a"] * 9 + ["b"], ["a"] * 10) == pytest.approx((18 / 19) / 2)


def test_auroc_counts_a_tie_half():
    assert bench_sets.auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert bench_sets.auroc([0.5], [0.5]) == 0.5
    assert bench_sets.auroc([0.9, 0.4], [0.5]) == 0.5


def test_rejected_counts_what_lies_below_the_score_that_keeps_the_rest():
    inside = [place / 100 for place in range(100)]
    assert bench_sets.rejected(inside, [0.01, 0.02, 0.5, 0.9]) == 0.5


def test_a_sample_is_the_same_each_time_and_in_order():
    examples = [bench_sets.Example(str(number), "a") for number in range(50)]
    chosen = bench_sets.some(examples, 5)
    assert chosen == bench_sets.some(examples, 5)
    assert [int(one.text) for one in chosen] == sorted(int(one.text) for one in chosen)


def test_few_shots_take_so_many_of_every_intent():
    examples = [bench_sets.Example(str(number), "ab"[number % 2]) for number in range(50)]
    chosen = bench_sets.few(examples, 3)
    assert sorted(one.intent for one in chosen) == ["a"] * 3 + ["b"] * 3


def test_progress_reads_the_last_epoch_of_the_last_component():
    log = "Starting to train component 'DIETClassifier'.\nEpochs:  1%| | 1/100\rEpochs:  2%| | 2/100 [0s]"
    assert progress(log) == "DIETClassifier, epoch 2 of 100"


def test_the_table_puts_both_pipelines_and_their_ratio_in_one_line():
    one = dict.fromkeys(
        ["accuracy", "macro_f1", "auroc", "rejected_at_95_kept", "refused_in_scope", "refused_out_of_scope"],
        0.9,
    ) | dict.fromkeys(["accuracy_typos", "lost_to_typos"], 0.5)
    one |= dict.fromkeys(["milliseconds_median", "milliseconds_p95", "training_seconds"], 3.0)
    one["processor_milliseconds_median"] = 3.0
    one |= dict.fromkeys(["training_memory", "model_size", "memory", "memory_delta"], 300.0)
    one |= {"accuracy_interval": (0.8, 0.95), "components": ["A"]}
    lines = table({"ours": one, "stock": {**one, "training_seconds": 100.0}}).splitlines()
    training = next(line for line in lines if line.startswith("Training"))
    assert training.split() == ["Training", "3.0", "s", "100", "s", "ratio", "0.030"]


def test_our_answer_is_read_from_the_understanding_even_where_the_bot_would_not_act():
    ranking = [["pay", 0.4], ["cancel", 0.3]]
    parsed = {
        "intent": {"name": "nlu_fallback", "confidence": 0.6},
        "understanding": {"parts": [{"ranking": ranking}], "decision": "fallback"},
    }
    assert reading(parsed) == {"label": "pay", "score": 0.4, "refused": True}


def test_the_stock_answer_is_the_best_intent_behind_its_fallback():
    ranking = [{"name": "nlu_fallback", "confidence": 0.3}, {"name": "pay", "confidence": 0.2}]
    parsed = {"intent": ranking[0], "intent_ranking": ranking}
    assert reading(parsed) == {"label": "pay", "score": 0.2, "refused": True}


def test_an_out_of_scope_intent_gives_no_in_scope_score():
    ranking = [{"name": "oos", "confidence": 0.9}, {"name": "pay", "confidence": 0.1}]
    parsed = {"intent": ranking[0], "intent_ranking": ranking}
    assert reading(parsed) == {"label": "oos", "score": 0.1, "refused": False}


def test_our_pipeline_is_the_configured_one_up_to_the_classifier():
    names = [component["name"].rpartition(".")[2] for component in pipeline(OURS)]
    assert names[-1] == "SentenceClassifier"
    assert "DIETClassifier" in [component["name"] for component in pipeline(STOCK)]
