"""Room: extensions/nlu. Sentence vectors: all-MiniLM-L6-v2 (int8, onnxruntime) and WordLlama's static
vectors.

Change here: how a sentence becomes a vector. One session per process, one thread, no padding. Never import
torch, TensorFlow, transformers or the packages that carry the weights; they are read as files.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from extensions.nlu import build_encoder
from extensions.nlu.weights import (
    MINILM_TOKENIZER,
    MINILM_WEIGHTS,
    STATIC_TOKENIZER,
    STATIC_WEIGHTS,
    read_safetensors,
)

CONTEXT_DIMENSIONS = 384  # of one layer; the first part of a vector is the sentence embedding as published
POOLED_DIMENSIONS = CONTEXT_DIMENSIONS * len(build_encoder.POOLED_LAYERS)
STATIC_DIMENSIONS = 256
# The model was trained on at most 128 word pieces; more would be guesswork and slow.
MAX_TOKENS = 128
CACHED_SENTENCES = 4096


class ContextEncoder:
    """all-MiniLM-L6-v2: a sentence → three unit vectors of 384 float32 values, of the last layer and two
    before it.
    """

    def __init__(self, graph: Path, tokenizer: Path) -> None:
        """Load a built graph and its wordpiece tokenizer from files that were already verified."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        # Idle threads that spin would burn the cores that the other processes need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # The file pads to 128 pieces, which would cost the full time on every short message.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, text: str) -> np.ndarray:
        """Return the vectors of one sentence, shape [1152]; beyond 128 word pieces the text is cut."""
        ids = np.asarray([self._tokenizer.encode(text).ids], dtype=np.int64)
        vector: np.ndarray = self._session.run(["embedding"], {"input_ids": ids})[0][0]
        return vector


class StaticEncoder:
    """WordLlama: the mean of static token vectors, a unit vector of 256 float32 values (zero for empty
    text).
    """

    def __init__(self, weights: Path, tokenizer: Path) -> None:
        """Load the vectors and their tokenizer from files that were already verified."""
        self._vectors = read_safetensors(weights)["embedding.weight"]
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, text: str) -> np.ndarray:
        """Return the unit vector of one text, shape [256]."""
        ids = np.asarray(self._tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.int64)
        ids = ids[ids < len(self._vectors)]
        if not len(ids):
            return np.zeros(STATIC_DIMENSIONS, dtype=np.float32)
        mean = self._vectors[ids].astype(np.float32).mean(axis=0)
        size = float(np.linalg.norm(mean))
        return mean / size if size > 0 else mean


class SentenceEncoder:
    """Both encoders behind one cache: a sentence → [MiniLM (3 × 384) ; WordLlama (256)], each part of unit
    length.
    """

    dimensions = POOLED_DIMENSIONS + STATIC_DIMENSIONS

    def __init__(
        self, context: ContextEncoder, static: StaticEncoder, cached: int = CACHED_SENTENCES
    ) -> None:
        """Keep up to `cached` sentences, the least recently used leaves first."""
        self._context = context
        self._static = static
        self._cached = cached
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, text: str) -> np.ndarray:
        """Return the vector of one sentence, shape [1408], read-only float32."""
        with self._lock:
            known = self._cache.get(text)
            if known is not None:
                self._cache.move_to_end(text)
                return known
        vector = np.concatenate([self._context.encode(text), self._static.encode(text)]).astype(np.float32)
        vector.setflags(write=False)
        with self._lock:
            self._cache[text] = vector
            while len(self._cache) > self._cached:
                self._cache.popitem(last=False)
        return vector

    def encode_all(self, texts: list[str]) -> np.ndarray:
        """Return the vectors of many sentences, shape [len(texts), 1408].

        One sentence at a time on each core, as when serving: quantised in a batch, a sentence's vector would
        depend on its neighbours.
        """
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with ThreadPoolExecutor(cores()) as pool:
            return np.stack(list(pool.map(self.encode, texts)))


def cores() -> int:
    """How many cores training may use: those that this process was given."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_load_lock = threading.Lock()


@lru_cache(maxsize=1)
def _loaded() -> SentenceEncoder:
    context = ContextEncoder(build_encoder.verified_graph(), MINILM_TOKENIZER.verified())
    return SentenceEncoder(context, StaticEncoder(STATIC_WEIGHTS.verified(), STATIC_TOKENIZER.verified()))


def sentence_encoder() -> SentenceEncoder:
    """Return this process's encoder; the first call verifies every hash and loads it (about half a second).

    Raises:
        extensions.nlu.weights.WeightsError: a file is absent or is not the pinned one.
    """
    with _load_lock:
        return _loaded()


def fingerprint() -> str:
    """Return a text that changes whenever the vectors could: recipe and pinned hashes."""
    parts = (
        build_encoder.RECIPE,
        MINILM_WEIGHTS.sha256,
        MINILM_TOKENIZER.sha256,
        STATIC_WEIGHTS.sha256,
        STATIC_TOKENIZER.sha256,
        str(MAX_TOKENS),
    )
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
