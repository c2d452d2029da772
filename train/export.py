"""A trained network to one ONNX file that needs nothing beside it.

Scaling, enlarging, mean and std, calibration and softmax are all in the graph; weights are stored
as float16 and cast when the file is loaded, which halves it at no cost in speed.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from emotion.classify import ATTENTION, INPUT, OUTPUT
from emotion.types import LABELS
from train.augment import to_pixels
from train.calibrate import Calibration, sharpened
from train.errors import TrainError
from train.network import ExpressionNet

# Largest difference of a probability between torch and the exported file, float16 included.
TOLERANCE = 1e-3
MAP_TOLERANCE = 1e-2
# Smaller tensors stay float32: nearly all the bytes are in the few large ones, nearly all the error
# in the small. Largest difference on 256 faces of valid: 0.0021 with a limit of 256 numbers
# (6.8 MB), 0.0003 with this one (7.0 MB).
SMALL = 16384


# A map whose largest field is below this is left all but 0, and not divided by 0.
NO_EVIDENCE = 1e-6


class ExportError(TrainError):
    """The exported file does not compute what the network computes; nothing was written."""


class Served(nn.Module):
    """uint8 (N, 48, 48) to probabilities (N, 7): the network with all that surrounds it.

    And to attention (N, h, w) where the network has a map of features to read it from.
    """

    def __init__(self, network: ExpressionNet, size: int, calibration: Calibration) -> None:
        super().__init__()
        self.network, self.size = network, size
        self.temperature = calibration.temperature
        self.register_buffer("bias", torch.tensor(calibration.bias))
        self.register_buffer("sharpness", torch.tensor(calibration.sharpness))
        self.explains = network.has_map(size)

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        pixels = to_pixels(faces, self.size)
        if not self.explains:
            return (self._probabilities(self.network(pixels)[0]),)
        logits, features = self.network.with_map(pixels)
        probabilities = self._probabilities(logits)
        weights = self.network.label_head.weight[probabilities.argmax(1)]
        return probabilities, attention(features, weights)

    def _probabilities(self, logits: Tensor) -> Tensor:
        return sharpened(logits / self.temperature + self.bias, self.sharpness).softmax(1)

    @property
    def outputs(self) -> list[str]:
        """The names of what `forward` gives."""
        return [OUTPUT[0], ATTENTION[0]] if self.explains else [OUTPUT[0]]


def attention(features: Tensor, weights: Tensor) -> Tensor:
    """Features (N, C, h, w) and one label's weights for each face (N, C) to (N, h, w) in 0..1."""
    evidence = (features * weights[:, :, None, None]).sum(1).relu()
    return evidence / evidence.amax((1, 2), keepdim=True).clamp_min(NO_EVIDENCE)


def export(
    network: ExpressionNet,
    size: int,
    faces: np.ndarray,
    path: Path,
    *,
    calibration: Calibration,
    metadata: dict[str, str],
) -> None:
    """Write the network to `path`, after checking it on faces, uint8 (N, 48, 48).

    Raises ExportError, and writes nothing, where the file would differ from the network.
    """
    served = Served(network.cpu().eval(), size, calibration).eval()
    model = _to_onnx(served)
    _store_as_half(model)
    describe(model, {"labels": json.dumps(LABELS), **metadata})
    onnx.checker.check_model(model, full_check=True)
    _check_parity(served, model, faces)
    save(model, path)


def describe(model: onnx.ModelProto, metadata: dict[str, str]) -> None:
    """Set the metadata that the file carries; keys that are there already are replaced."""
    kept = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, kept | metadata)


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    onnx.save(model, beside)
    beside.replace(path)


def _to_onnx(served: Served) -> onnx.ModelProto:
    example = torch.zeros(2, 48, 48, dtype=torch.uint8)
    program = torch.onnx.export(
        served,
        (example,),
        input_names=[INPUT[0]],
        output_names=served.outputs,
        dynamic_shapes={"faces": {0: torch.export.Dim("N")}},
        dynamo=True,
        verbose=False,
    )
    model = program.model_proto
    # Names of this machine's source files, one a node, have no place in a published model.
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    del model.graph.value_info[:]
    return model


def _store_as_half(model: onnx.ModelProto) -> None:
    """Keep large float32 tensors as float16, with a cast that onnxruntime folds at load."""
    casts, stored = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= SMALL:
            half = f"{tensor.name}.half"
            casts.append(helper.make_node("Cast", [half], [tensor.name], to=TensorProto.FLOAT))
            stored.append(numpy_helper.from_array(values.astype(np.float16), half))
        else:
            stored.append(tensor)
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(stored)
    model.graph.node.extend(nodes)


@torch.no_grad()
def _check_parity(served: Served, model: onnx.ModelProto, faces: np.ndarray) -> None:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    got, *maps = session.run(served.outputs, {INPUT[0]: faces})
    expected, *expected_maps = (part.numpy() for part in served(torch.from_numpy(faces)))
    difference = _largest_difference(got, expected)
    # A tie within the tolerance has no top label to agree on.
    top = np.take_along_axis(expected, got.argmax(1)[:, None], 1)[:, 0]
    other_label = int((expected.max(1) - top > TOLERANCE).sum())
    if difference > TOLERANCE or other_label:
        raise ExportError(
            f"the exported model differs from the network by {difference:.1e} "
            f"(at most {TOLERANCE:.0e} allowed), with another label on {other_label} faces"
        )
    # Another top label of a tie has another map.
    same = got.argmax(1) == expected.argmax(1)
    for found, wanted in zip(maps, expected_maps, strict=True):
        difference = _largest_difference(found[same], wanted[same])
        if difference > MAP_TOLERANCE:
            raise ExportError(
                f"the exported model's attention differs from the network's by {difference:.1e} "
                f"(at most {MAP_TOLERANCE:.0e} allowed)"
            )


def _largest_difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max(initial=0))
