"""Room: extensions/nlu. Keeps the vectors of training examples on disk, so that a training after ten new
examples encodes ten and not fourteen thousand.

Change here: the file (one `vectors-<encoder>.npz` in the cache folder: digests of texts and their vectors).
It holds no text and can be deleted at any time. Must not import Rasa.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from extensions.nlu import encoder
from extensions.nlu.encoder import SentenceEncoder
from extensions.nlu.weights import cache_folder

logger = logging.getLogger(__name__)
# Fewer texts than this are encoded in a second or two: not worth a file.
WORTH_KEEPING = 500
_DIGEST_BYTES = 16


def encode(texts: list[str], sentences: SentenceEncoder, folder: Path | None = None) -> np.ndarray:
    """Return the vectors of texts, shape [len(texts), 1408], float32; what is on disk is not encoded again.

    Afterwards the file holds these texts and no others, so it does not grow with what the data once held.

    Args:
        texts: normalised texts.
        sentences: encodes what is not on disk.
        folder: where the file is; the cache folder by default.
    """
    if len(texts) < WORTH_KEEPING:
        return sentences.encode_all(texts)
    path = (folder or cache_folder()) / f"vectors-{encoder.fingerprint()[:12]}.npz"
    digests = [hashlib.sha256(text.encode()).digest()[:_DIGEST_BYTES] for text in texts]
    known = _read(path)
    missing = {digest: text for digest, text in zip(digests, texts) if digest not in known}
    known.update(zip(missing, sentences.encode_all(list(missing.values()))))
    if missing:
        _write(path, {digest: known[digest] for digest in digests})
    return np.stack([known[digest] for digest in digests])


def _read(path: Path) -> dict[bytes, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            digests, vectors = file["digests"], file["vectors"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        logger.warning("%s cannot be read and is made anew: %s", path.name, type(error).__name__)
        return {}
    sized = digests.shape == (len(vectors), _DIGEST_BYTES) and vectors.shape[1:] == (
        SentenceEncoder.dimensions,
    )
    if not sized or vectors.dtype != np.float32:
        logger.warning("%s is of another kind and is made anew.", path.name)
        return {}
    return dict(zip((digest.tobytes() for digest in digests), vectors))


def _write(path: Path, known: dict[bytes, np.ndarray]) -> None:
    """Replace the file in one step; a full or read-only disk only costs the next training its time."""
    digests = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(len(known), _DIGEST_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=path.stem) as beside:
            np.savez(Path(beside) / path.name, digests=digests, vectors=np.stack(list(known.values())))
            (Path(beside) / path.name).replace(path)
    except OSError as error:
        logger.warning("The vectors of the training are not kept: %s", error)
