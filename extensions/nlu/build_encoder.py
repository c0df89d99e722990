"""Room: extensions/nlu. Build step: turns the MiniLM weights into ONNX graphs (float32 and int8) in the
cache.

Run `python -m extensions.nlu.build_encoder`. Needs the development dependency onnx 1.16.2 (newer versions
pull a protobuf that Rasa refuses); serving needs only onnxruntime. Bump RECIPE when the graph changes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from extensions.nlu.weights import (
    MINILM_TOKENIZER,
    MINILM_WEIGHTS,
    WeightsError,
    cache_folder,
    read_safetensors,
    sha256_of,
)

RECIPE = "3"
INT8_GRAPH = "minilm-int8.onnx"
FP32_GRAPH = "minilm-fp32.onnx"
MANIFEST = "manifest.json"
BUILD_COMMAND = "python -m extensions.nlu.build_encoder"

# Sizes of all-MiniLM-L6-v2, as its config.json states them.
LAYERS = 6
HEADS = 12
HIDDEN = 384
EPSILON = 1e-12
# Besides the last layer, the two before the last: on this project's topics they add two points of accuracy,
# as the last layer is bent towards general similarity. Each is averaged over the tokens and has unit length.
POOLED_LAYERS = (5, 4, 3)

logger = logging.getLogger(__name__)


def graph_folder() -> Path:
    """Return the folder of the built graphs; its name changes with the weights and with the recipe."""
    return cache_folder() / f"encoder-{MINILM_WEIGHTS.sha256[:12]}-{RECIPE}"


def onnx_is_importable() -> bool:
    """Return whether the development dependency `onnx` is installed here."""
    return importlib.util.find_spec("onnx") is not None


def _encoder_model(weights: dict[str, np.ndarray]) -> Any:  # noqa: PLR0915 - one graph, from its input to its output
    """Return the ONNX model: `input_ids` int64 [batch, tokens] without padding → `embedding` float32 [batch,
    1152].

    Plain opset-17 operators: onnxruntime fuses attention, GELU and layer normalisation by itself. The output
    is the mean over the tokens of each of POOLED_LAYERS, the last layer first, each part with unit length.
    Every sequence of a batch has the same length, so no mask is needed.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], name=f"node_{output}", **attributes))
        return output

    def norm(source: str, prefix: str, output: str) -> str:
        scale = constant(f"{prefix}.weight", weights[f"{prefix}.weight"])
        shift = constant(f"{prefix}.bias", weights[f"{prefix}.bias"])
        return add("LayerNormalization", [source, scale, shift], output, axis=-1, epsilon=EPSILON)

    def dense(source: str, prefix: str, output: str) -> str:
        matrix = constant(f"{prefix}.weight", weights[f"{prefix}.weight"].T)
        bias = constant(f"{prefix}.bias", weights[f"{prefix}.bias"])
        product = add("MatMul", [source, matrix], f"{output}_product")
        return add("Add", [product, bias], output)

    split_shape = constant("split_shape", np.array([0, 0, HEADS, HIDDEN // HEADS], dtype=np.int64))
    join_shape = constant("join_shape", np.array([0, 0, HIDDEN], dtype=np.int64))
    scale = constant("attention_scale", np.array(np.sqrt(HIDDEN // HEADS), dtype=np.float32))
    root_two = constant("root_two", np.array(np.sqrt(2.0), dtype=np.float32))
    one = constant("one", np.array(1.0, dtype=np.float32))
    half = constant("half", np.array(0.5, dtype=np.float32))

    # One segment only, so the type vector is added to the positions once, here.
    positions = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    words = add(
        "Gather",
        [constant("words", weights["embeddings.word_embeddings.weight"]), "input_ids"],
        "word_vectors",
    )
    shape = add("Shape", ["input_ids"], "shape")
    length = add("Slice", [shape, constant("i1", np.array([1])), constant("i2", np.array([2]))], "length")
    place = add(
        "Slice", [constant("positions", positions), constant("i0", np.array([0])), length], "place_vectors"
    )
    state = norm(add("Add", [words, place], "summed"), "embeddings.LayerNorm", "embedded")
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"
        heads = {}
        for role, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            flat = dense(state, f"{layer}.attention.self.{role}", f"{role}_{index}")
            shaped = add("Reshape", [flat, split_shape], f"{role}_split_{index}")
            heads[role] = add("Transpose", [shaped], f"{role}_heads_{index}", perm=order)
        scores = add("MatMul", [heads["query"], heads["key"]], f"scores_{index}")
        scaled = add("Div", [scores, scale], f"scaled_{index}")
        weighted = add("Softmax", [scaled], f"attention_{index}", axis=-1)
        context = add("MatMul", [weighted, heads["value"]], f"context_{index}")
        turned = add("Transpose", [context], f"turned_{index}", perm=[0, 2, 1, 3])
        joined = add("Reshape", [turned, join_shape], f"joined_{index}")
        attended = dense(joined, f"{layer}.attention.output.dense", f"attended_{index}")
        residual = add("Add", [attended, state], f"residual_{index}")
        state = norm(residual, f"{layer}.attention.output.LayerNorm", f"middle_{index}")
        wide = dense(state, f"{layer}.intermediate.dense", f"wide_{index}")
        erf = add("Erf", [add("Div", [wide, root_two], f"gelu_a_{index}")], f"gelu_b_{index}")
        gate = add("Mul", [wide, add("Add", [erf, one], f"gelu_c_{index}")], f"gelu_d_{index}")
        active = add("Mul", [gate, half], f"gelu_{index}")
        narrow = dense(active, f"{layer}.output.dense", f"narrow_{index}")
        state = norm(
            add("Add", [narrow, state], f"sum_{index}"), f"{layer}.output.LayerNorm", f"layer_{index}"
        )
    floor = constant("floor", np.array(1e-9, dtype=np.float32))
    parts = []
    for index in POOLED_LAYERS:
        mean = add("ReduceMean", [f"layer_{index}"], f"mean_{index}", axes=[1], keepdims=0)
        size = add("ReduceL2", [mean], f"size_{index}", axes=[1], keepdims=1)
        parts.append(add("Div", [mean, add("Max", [size, floor], f"safe_size_{index}")], f"unit_{index}"))
    add("Concat", parts, "embedding", axis=1)

    graph = helper.make_graph(
        nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])],
        [
            helper.make_tensor_value_info(
                "embedding", TensorProto.FLOAT, ["batch", HIDDEN * len(POOLED_LAYERS)]
            )
        ],
        initializer=constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="chha-encoder"
    )
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def build(folder: Path | None = None) -> Path:
    """Write both graphs and their manifest, atomically, and return their folder.

    The folder appears complete or not at all: everything is written beside it and renamed in one step, so a
    build that was interrupted, or two at once, leave nothing half done.

    Raises:
        WeightsError: onnx is not installed, or the weights are not the pinned ones.
    """
    if not onnx_is_importable():
        raise WeightsError(
            f"The encoder graph has to be built once and onnx is not installed; "
            f"run `uv sync` in extensions/ (with its dev group), then `{BUILD_COMMAND}`."
        )
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target = folder or graph_folder()
    weights = read_safetensors(MINILM_WEIGHTS.verified())
    MINILM_TOKENIZER.verified()
    target.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        onnx.save_model(_encoder_model(weights), str(workshop / FP32_GRAPH))
        # Per channel: per tensor the cosine to float32 falls from 0.99 to 0.89.
        logging.getLogger().disabled, silenced = True, logging.getLogger().disabled
        try:
            quantize_dynamic(
                str(workshop / FP32_GRAPH),
                str(workshop / INT8_GRAPH),
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                weight_type=QuantType.QInt8,
            )
        finally:
            logging.getLogger().disabled = silenced
        manifest = {
            "recipe": RECIPE,
            "weights": MINILM_WEIGHTS.sha256,
            "tokenizer": MINILM_TOKENIZER.sha256,
            "files": {name: sha256_of(workshop / name) for name in (FP32_GRAPH, INT8_GRAPH)},
        }
        (workshop / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        workshop.chmod(0o755)
        replaced = None
        if target.exists():
            replaced = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            target.replace(replaced / "graphs")
        workshop.replace(target)
        if replaced is not None:
            shutil.rmtree(replaced, ignore_errors=True)
    finally:
        if workshop.exists():
            shutil.rmtree(workshop, ignore_errors=True)
    logger.info("Built the encoder graphs in %s.", target)
    return target


def verified_graph(name: str = INT8_GRAPH) -> Path:
    """Return a built graph whose hash is the manifest's; build it first when it is absent and onnx is
    installed.

    Raises:
        WeightsError: absent and not buildable here, built from other weights, or changed since it was built.
    """
    folder = graph_folder()
    if not (folder / MANIFEST).is_file():
        build(folder)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        expected = manifest["files"][name]
        origin = (manifest["recipe"], manifest["weights"], manifest["tokenizer"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"The encoder's manifest is not readable; run `{BUILD_COMMAND}`.") from error
    if origin != (RECIPE, MINILM_WEIGHTS.sha256, MINILM_TOKENIZER.sha256):
        raise WeightsError(f"The encoder graph was built from other weights; run `{BUILD_COMMAND}`.")
    path = folder / name
    if not path.is_file() or sha256_of(path) != expected:
        raise WeightsError(
            f"The encoder graph {name} is not the one that was built (wrong SHA-256); run `{BUILD_COMMAND}`."
        )
    return path


def main() -> None:
    """Build the graphs from the command line."""
    parser = argparse.ArgumentParser(
        description="Build the sentence encoder's ONNX graphs into the cache folder."
    )
    parser.add_argument("--check", action="store_true", help="only verify the hashes of what is built")
    arguments = parser.parse_args()
    try:
        if arguments.check:
            verified_graph(INT8_GRAPH)
            print(f"The encoder graphs in {graph_folder()} are as they were built.")
        else:
            folder = build()
            for name in (FP32_GRAPH, INT8_GRAPH):
                print(f"{folder / name}  {(folder / name).stat().st_size / 1e6:.0f} MB")
    except WeightsError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
