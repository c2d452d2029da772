"""A trained network to one ONNX file that needs nothing beside it.

Scaling, enlarging, mean and std, calibration and softmax are all in the graph; weights are stored
as float16 and cast when the file is loaded, which halves it at no cost in speed.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from emotion.atomic import replacing
from emotion.classify import ATTENTION, FER2013, INPUT, OUTPUT
from emotion.session import runtime
from emotion.types import LABELS
from train.augment import to_pixels
from train.network import ExpressionNet

# Largest difference that float16 may make to each output before a file is written with float32
# weights instead, at twice the size: that of any probability, and the mean of a map, as that is
# looked at.
TOLERANCE = {OUTPUT[0]: 1e-3, FER2013[0]: 1e-3, ATTENTION[0]: 1e-2}
# Smaller tensors stay float32: nearly all the bytes are in the few large ones, nearly all the error
# in the small. Largest difference on 256 faces of valid: 0.0021 with a limit of 256 numbers
# (6.8 MB), 0.0003 with this one (7.0 MB).
SMALL = 16384
# A map whose largest field is below this is left all but 0, and not divided by 0.
NO_EVIDENCE = 1e-6
# The key under which a file carries the log of the prior that training added: JSON, 7 numbers.
LOG_PRIOR = "log_prior"

Floats = npt.NDArray[np.float32]


class Served(nn.Module):
    """uint8 (N, 48, 48) to probabilities (N, 7): the network with all that surrounds it.

    And to attention (N, h, w) where the network has a map of features to read it from, and to
    FER-2013's probabilities (N, 7) where it has a head for them.
    """

    def __init__(self, network: ExpressionNet, size: int) -> None:
        super().__init__()
        self.network, self.size = network, size
        self.explains = network.has_map(size)

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        pixels = to_pixels(faces, self.size)
        maps: tuple[Tensor, ...] = ()
        if self.explains:
            logits, labels, features = self.network.with_map(pixels)
            maps = (attention(features, self.network.head.weight[logits.argmax(1)]),)
        else:
            logits, labels = self.network(pixels)
        last = () if labels is None else (labels.softmax(1),)
        return logits.softmax(1), *maps, *last

    @property
    def outputs(self) -> list[str]:
        """The names of what `forward` gives."""
        names = [OUTPUT[0]]
        if self.explains:
            names.append(ATTENTION[0])
        if self.network.fer2013_head is not None:
            names.append(FER2013[0])
        return names


def attention(features: Tensor, weights: Tensor) -> Tensor:
    """Features (N, C, h, w) and one label's weights for each face (N, C) to (N, h, w) in 0..1."""
    evidence = (features * weights[:, :, None, None]).sum(1).relu()
    return evidence / evidence.amax((1, 2), keepdim=True).clamp_min(NO_EVIDENCE)


def export(
    network: ExpressionNet,
    size: int,
    faces: npt.NDArray[np.uint8],
    path: Path,
    metadata: dict[str, str],
) -> None:
    """Write the network to `path`: a finished run always ends in a file.

    Weights are stored as float16 where faces, uint8 (N, 48, 48), show that the answers survive it,
    and as float32 otherwise. What differs even then from what torch computes is said.
    """
    served = Served(network.cpu().eval(), size).eval()
    whole = _to_onnx(served)
    prior = json.dumps(network.log_prior.tolist())
    describe(whole, {"labels": json.dumps(LABELS), LOG_PRIOR: prior, **metadata})
    model = _as_half(whole)
    if worst := _worst(served, model, faces):
        print(f"With float16 weights {worst}: they are stored as float32.")
        model = whole
        if worst := _worst(served, model, faces):
            print(f"warning: {path}: {worst} from what torch computes")
    onnx.checker.check_model(model, full_check=True)
    save(model, path)


def describe(model: onnx.ModelProto, metadata: dict[str, str]) -> None:
    """Set the metadata that the file carries; keys that are there already are replaced."""
    kept = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, kept | metadata)


def save(model: onnx.ModelProto, path: Path) -> None:
    """Write the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        onnx.save(model, part)


def _to_onnx(served: Served) -> onnx.ModelProto:
    example = torch.zeros(2, 48, 48, dtype=torch.uint8)
    program: Any = torch.onnx.export(
        served,
        (example,),
        input_names=[INPUT[0]],
        output_names=served.outputs,
        dynamic_shapes={"faces": {0: torch.export.Dim("N")}},
        dynamo=True,
        verbose=False,
    )
    model: onnx.ModelProto = program.model_proto
    # Names of this machine's source files, one a node, have no place in a published model.
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    del model.graph.value_info[:]
    return model


def _as_half(whole: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with large float32 tensors as float16, with a cast that onnxruntime folds at load."""
    casts, stored, model = [], [], onnx.ModelProto()
    model.CopyFrom(whole)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= SMALL:
            half = f"{tensor.name}.half"
            casts.append(helper.make_node("Cast", [half], [tensor.name], to=TensorProto.FLOAT))
            with np.errstate(over="ignore"):  # noticed when the answers are compared
                stored.append(numpy_helper.from_array(values.astype(np.float16), half))
        else:
            stored.append(tensor)
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(stored)
    model.graph.node.extend(nodes)
    return model


@torch.no_grad()
def _worst(served: Served, model: onnx.ModelProto, faces: npt.NDArray[np.uint8]) -> str:
    """The first output of the file that differs too much from the network's, in words."""
    session = runtime().InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: list[Floats] = session.run(served.outputs, {INPUT[0]: faces})
    wanted = [part.numpy() for part in served(torch.from_numpy(faces))]
    # Another top label of a tie has another map, and is no difference.
    same = found[0].argmax(1) == wanted[0].argmax(1)
    for name, one, other in zip(served.outputs, found, wanted, strict=True):
        difference = np.abs(one - other).max(initial=0)
        if name == ATTENTION[0]:
            difference = np.abs(one[same] - other[same]).mean() if same.any() else 0.0
        if not difference <= TOLERANCE[name]:  # it may be no number
            return f"{name} differs by {difference:.1e}"
    return ""
