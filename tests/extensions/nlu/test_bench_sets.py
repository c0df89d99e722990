"""The benchmark on intent sets, pure part: sets are checked, typos repeat, scores are known."""

import json
from pathlib import Path

import pytest

from extensions.nlu import bench, bench_sets
from extensions.nlu.bench import OURS, STOCK, Answers, figures, progress, table
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


@pytest.mark.parametrize("missing", ["train", "test"])
def test_a_missing_file_is_named(tmp_path, missing):
    write(tmp_path, train=TRAIN, test=TRAIN, oos=TRAIN)
    (tmp_path / f"{missing}.jsonl").unlink()
    with pytest.raises(bench_sets.SetError, match=rf"lacks {missing}\.jsonl"):
        bench_sets.read_sets(tmp_path)


def test_both_missing_files_are_named_and_no_more(tmp_path):
    with pytest.raises(bench_sets.SetError, match=r"lacks train\.jsonl and test\.jsonl;"):
        bench_sets.read_sets(tmp_path)


@pytest.mark.parametrize("content", [None, "", "\n\n"], ids=["no file", "an empty file", "empty lines"])
def test_a_set_may_hold_nothing_out_of_scope(tmp_path, content):
    write(tmp_path, train=TRAIN, test=TRAIN)
    if content is not None:
        (tmp_path / "oos.jsonl").write_text(content)
    sets = bench_sets.read_sets(tmp_path)
    assert (len(sets.train), len(sets.test), sets.oos) == (4, 4, [])


@pytest.mark.parametrize("name", ["train", "test"])
def test_an_empty_file_of_examples_is_told(tmp_path, name):
    write(tmp_path, train=TRAIN, test=TRAIN)
    (tmp_path / f"{name}.jsonl").write_text("\n")
    with pytest.raises(bench_sets.SetError, match=rf"{name}\.jsonl holds no example"):
        bench_sets.read_sets(tmp_path)


def test_a_line_out_of_scope_that_cannot_be_used_is_told(tmp_path):
    write(tmp_path, train=TRAIN, test=TRAIN, oos=[{"text": "moon"}, {"intent": "oos"}])
    with pytest.raises(bench_sets.SetError, match=r"oos\.jsonl, line 2: `text` must be"):
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
        "understanding": {"parts": [{"ranking": ranking}], "decision": "fallback", "in_scope": 0.2},
    }
    assert reading(parsed) == {"label": "pay", "score": 0.2, "refused": True}


def test_our_score_is_the_judgement_of_scope_and_not_how_sure_the_best_intent_is():
    parsed = {
        "understanding": {"parts": [{"ranking": [["pay", 0.1]]}], "decision": "act", "in_scope": 0.9},
    }
    assert reading(parsed) == {"label": "pay", "score": 0.9, "refused": False}


def test_where_our_best_intent_stands_for_what_is_out_of_scope_the_next_one_gives_the_score():
    ranking = [["oos", 0.7], ["pay", 0.2]]
    parsed = {"understanding": {"parts": [{"ranking": ranking}], "decision": "act", "in_scope": 0.9}}
    assert reading(parsed) == {"label": "oos", "score": 0.2, "refused": False}


def test_an_understanding_of_nothing_is_an_answer_too():
    parsed = {"understanding": {"parts": [], "decision": "fallback", "in_scope": 0.0}}
    assert reading(parsed) == {"label": "", "score": 0.0, "refused": True}


def test_the_stock_answer_is_the_best_intent_behind_its_fallback():
    ranking = [{"name": "nlu_fallback", "confidence": 0.3}, {"name": "pay", "confidence": 0.2}]
    parsed = {"intent": ranking[0], "intent_ranking": ranking}
    assert reading(parsed) == {"label": "pay", "score": 0.2, "refused": True}


def test_an_out_of_scope_intent_gives_no_in_scope_score():
    ranking = [{"name": "oos", "confidence": 0.9}, {"name": "pay", "confidence": 0.1}]
    parsed = {"intent": ranking[0], "intent_ranking": ranking}
    assert reading(parsed) == {"label": "oos", "score": 0.1, "refused": False}


# --- figures that a set cannot give ---

RESOURCES = {
    "training_seconds": 3.0,
    "training_memory": 300.0,
    "model_size": 5.0,
    "memory": 200.0,
    "memory_delta": 100.0,
    "components": ["A"],
}
OF_SCOPE = {"auroc", "rejected_at_95_kept", "refused_out_of_scope"}


def answered(*labels):
    count = len(labels)
    return Answers(list(labels), [0.9] * count, [False] * count, [2.0] * count, [1.0] * count)


@pytest.fixture
def without_scope():
    """The figures of a set that holds nothing out of scope: one of two test messages answered right."""
    expected = [bench_sets.Example("pay it", "pay"), bench_sets.Example("stop it", "stop")]
    return figures(expected, answered("pay", "pay"), Answers(), answered("pay", "stop"))


def test_without_messages_out_of_scope_only_their_figures_are_missing(without_scope):
    assert {name for name, value in without_scope.items() if value != value} == OF_SCOPE
    assert (without_scope["accuracy"], without_scope["accuracy_typos"]) == (0.5, 1.0)


def test_a_figure_that_is_missing_is_a_dash_in_the_table(without_scope):
    lines = table({OURS: {**RESOURCES, **without_scope}, STOCK: {**RESOURCES, **without_scope}}).splitlines()
    auroc = next(line for line in lines if line.startswith("Out-of-scope AUROC"))
    assert auroc.split()[2:] == ["–", "–"]


def measured(monkeypatch, folder, without_scope):
    """The exit code of a benchmark whose pipelines gave these figures, and the sets they were given."""
    given = []

    def run(sets, names, work):
        given.append(sets)
        return {name: {**RESOURCES, **without_scope} for name in names}

    monkeypatch.setattr(bench, "run", run)
    # Whoever ends the tests is not to end them with the benchmark's exit code.
    monkeypatch.setattr(bench.signal, "signal", lambda *_: None)
    return bench.main([str(folder), "--out", str(folder / "out")]), given[0]


@pytest.mark.parametrize("oos", [None, []], ids=["no file", "an empty file"])
def test_a_set_without_messages_out_of_scope_is_measured_and_its_json_has_null(
    tmp_path, monkeypatch, capsys, without_scope, oos
):
    write(tmp_path, train=TRAIN, test=TRAIN, **({} if oos is None else {"oos": oos}))

    code, sets = measured(monkeypatch, tmp_path, without_scope)

    assert (code, sets.oos) == (0, [])
    assert "and 0 out-of-scope messages" in capsys.readouterr().out
    raw = next((tmp_path / "out").glob("*.json")).read_text()
    assert "NaN" not in raw
    for pipeline_figures in json.loads(raw)["pipelines"].values():
        assert {name for name, value in pipeline_figures.items() if value is None} == OF_SCOPE


def test_our_pipeline_is_the_configured_one_up_to_the_classifier():
    names = [component["name"].rpartition(".")[2] for component in pipeline(OURS)]
    assert names[-1] == "SentenceClassifier"
    assert "DIETClassifier" in [component["name"] for component in pipeline(STOCK)]
