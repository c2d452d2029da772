"""Arrays that are no picture, or one in a form that code written for pictures forgets."""

import numpy as np

from tests.hostile.sample import Sample, Samples, portrait


def arrays() -> Samples:
    """Sound ones first."""
    rgb = np.asarray(portrait())
    for name, array in _readable(rgb).items():
        yield Sample("arrays", name, array, readable=True)
    for name, array in _unreadable(rgb).items():
        yield Sample("arrays", name, array, readable=False)


def _readable(rgb: np.ndarray) -> dict[str, np.ndarray]:
    grey = rgb[..., 1]
    frozen = rgb.copy()
    frozen.flags.writeable = False
    return {
        "RGB": rgb,
        "grey": grey,
        "grey, one channel": grey[..., np.newaxis],
        "RGBA": np.dstack([rgb, grey]),
        "read-only": frozen,
        "every other pixel": rgb[::2, ::2],
        "mirrored": rgb[:, ::-1],
        "upside down": rgb[::-1],
        "BGR view": rgb[..., ::-1],
        "Fortran order": np.asfortranarray(rgb),
        "transposed": rgb.swapaxes(0, 1),
        "broadcast": np.broadcast_to(np.uint8(9), (64, 64, 3)),
        "16 bits": rgb.astype(np.uint16) << 8,
        "16 bits, big-endian": rgb.astype(">u2"),
        "unaligned": np.frombuffer(b"\0" + bytes(2 * 48 * 48), "<u2", offset=1).reshape(48, 48),
        "1x1": rgb[:1, :1],
        "1x10000": np.broadcast_to(rgb[:1, :1], (1, 10_000, 3)),
        "10000x1": np.broadcast_to(rgb[:1, :1], (10_000, 1, 3)),
    }


def _unreadable(rgb: np.ndarray) -> dict[str, np.ndarray]:
    floats = rgb.astype(np.float32)
    kinds = ("int8", "int32", "int64", "uint32", "uint64", "bool", "float16", "complex64")
    return {
        **{kind: rgb.astype(kind) for kind in kinds},
        "NaN": np.full_like(floats, np.nan),
        "infinity": np.full_like(floats, np.inf),
        "0 to 1": floats / 255,
        "objects": rgb.astype(object),
        "text": np.full((4, 4), "x"),
        "dates": np.zeros((4, 4), "datetime64[s]"),
        "records": np.zeros((4, 4), [("r", "u1"), ("g", "u1")]),
        "no axis": np.array(5, np.uint8),
        "one axis": rgb.ravel(),
        "four axes": rgb[np.newaxis],
        "two channels": rgb[..., :2],
        "five channels": np.dstack([rgb, rgb[..., :2]]),
        "channels first": rgb.transpose(2, 0, 1),
        "no pixels": rgb[:0],
        "no columns": rgb[:, :0],
        "no channels": rgb[..., :0],
        "20000x20000": np.broadcast_to(np.uint8(9), (20_000, 20_000, 3)),
        "endless": np.broadcast_to(np.uint8(9), (2**31, 2**31)),
    }
