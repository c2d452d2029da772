"""Pictures in the sizes that suit a detector: as a whole, and a large one also in tiles."""

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from emotion.detection.found import MAX_OVERLAP, Found, join, one_per_face, overlaps
from emotion.detection.upright import angle_of, upright
from emotion.types import Face

Pixels = npt.NDArray[np.uint8]

# The whole picture is shrunk until its longer side has this many pixels. What counts is the width
# of a face after that: YuNet finds faces from about 12 pixels, MTCNN from 16.
LONGEST_SIDE = 640

# Shorter pictures are enlarged: of 200 FER-2013 frames (48x48) YuNet finds 151 as they are, and 197
# at 160.
SHORTEST_SIDE = 160

# Pictures with more pixels are also looked at from near: Full HD is not.
ONE_LOOK = 2_100_000
# The near look is for faces with fewer pixels than this in the first one, which finds the larger
# ones by itself: what only the near look takes for a large face hardly ever is one.
SMALL = 32
# What the first look finds with fewer pixels than this doesn't count beside the near look, which
# shows it better: in a crowd, it lies between two faces.
TINY = 16
# For that the picture is halved once, and on until its longer side has no more than this many
# pixels: YuNet finds faces of 24 pixels in pictures of 4, 12 and 24 megapixels.
NEAR_SIDE = 3200
# Tiles bound the memory. The overlap is wider than any face that only the near look finds.
TILE, TILE_OVERLAP = 1280, 160

# At most so many faces of a picture, the largest ones, are looked at again, and none with fewer
# pixels: there a turned face can't be told from an upright one.
MOST_AGAIN, LEAST_AGAIN = 16, 24
# Faces with fewer than SMALLISH pixels in the first look score less, upright or turned: of 139
# press photographs shown with 24 to 40 pixels, 95 % score at least 0.87 to 0.90 upright, and at
# most 0.75 to 0.87 turned by 45 or 180 degrees (YuNet).
SMALLISH, LESS_IF_SMALLISH = 48, 0.05

NARROW = 64

# From RGB uint8 (H, W, 3) to all proposals.
Find = Callable[[Pixels], Found]


def find_faces(
    image: Pixels, find: Find, min_score: float, sure: float = 0.0, level: float = 180.0
) -> list[Face]:
    """The faces in RGB uint8 (H, W, 3) of any size, the largest first; boxes in its pixels.

    A face that scores less than `sure`, or whose eyes are `level` degrees or more from level, may
    be turned. Where none is sure, one that scores less than min_score may be a turned face too.
    """
    fitted, scale_xy = fit(image, LONGEST_SIDE)
    proposals = find(fitted).in_source(scale_xy)
    is_large = image.shape[0] * image.shape[1] > ONE_LOOK
    if is_large:
        proposals = proposals.take(proposals.sides * min(scale_xy) >= TINY)
    weakest = 0.0 if proposals.scores.max(initial=0) < sure else min_score
    found = one_per_face(proposals, weakest)
    if is_large:
        near = one_per_face(_find_near(image, find, min_score), min_score)
        shared = overlaps(near.boxes, found.boxes)[0]
        # A face found in both looks keeps its first box, whatever the size of the picture.
        closer = near.scores[:, np.newaxis] * (shared > MAX_OVERLAP)
        found.scores[:] = np.maximum(found.scores, closer.max(axis=0, initial=0))
        new = (shared <= MAX_OVERLAP).all(axis=1) & (near.sides * min(scale_xy) < SMALL)
        found = join([found, near.take(new)])
    sides, angles = found.sides, np.array([abs(angle_of(points)) for points in found.points])
    enough = np.where(sides * min(scale_xy) < SMALLISH, sure - LESS_IF_SMALLISH, sure)
    doubtful = ((found.scores < enough) | (angles > level)) & (sides > LEAST_AGAIN)
    largest = [index for index in np.argsort(-sides) if doubtful[index]]
    for index in largest[:MOST_AGAIN]:
        if turned := upright(image, found.points[index], find):
            found.points[index], found.scores[index] = turned
    if is_large or largest:
        found = one_per_face(found, min_score)
    return found.take(found.scores > min_score).to_faces()


def _find_near(image: Pixels, find: Find, min_score: float) -> Found:
    near, scale = half(image), 0.5
    while max(near.shape[:2]) > NEAR_SIDE:
        near, scale = half(near), scale / 2
    height, width = near.shape[:2]
    tiles = []
    for top, bottom in _spans(height):
        for left, right in _spans(width):
            tile = np.ascontiguousarray(near[top:bottom, left:right])
            found = one_per_face(find(tile), min_score)
            # What an inner edge cuts is whole in the next tile.
            beyond = np.hstack([found.boxes[:, :2] <= 0, found.boxes[:, 2:] >= [right, bottom]])
            inner = np.array([left, top, width - right, height - bottom]) > 0
            whole = np.all(~(beyond & inner), axis=1)
            tiles.append(found.take(whole).in_source((scale, scale), (left / scale, top / scale)))
    return join(tiles)


def _spans(length: int) -> Iterator[tuple[int, int]]:
    """Equal parts of a side, none longer than TILE, each sharing TILE_OVERLAP with the next."""
    count = max(1, math.ceil((length - TILE_OVERLAP) / (TILE - TILE_OVERLAP)))
    part = math.ceil((length + (count - 1) * TILE_OVERLAP) / count)
    for number in range(count):
        start = min(number * (part - TILE_OVERLAP), length - part)
        yield start, start + part


def fit(image: Pixels, longest_side: int) -> tuple[Pixels, tuple[float, float]]:
    """The image with its longer side from SHORTEST_SIDE to longest_side, and the factors (x, y)."""
    height, width = image.shape[:2]
    longest = max(height, width)
    target = min(max(longest, SHORTEST_SIDE), longest_side)
    if target == longest:
        return image, (1.0, 1.0)
    # Halving takes a tenth of the time of other area averages: 4000x3000 takes 19 ms, not 44. A
    # last step of at least a half remains, so that pixels differ by only 0.15 of 255. A narrow
    # strip isn't halved: the odd row that a half leaves out would be missed.
    while max(image.shape[:2]) >= 4 * target and min(image.shape[:2]) >= NARROW:
        image = half(image)
    size_wh = (max(1, round(width * target / longest)), max(1, round(height * target / longest)))
    method = cv2.INTER_AREA if target < longest else cv2.INTER_LINEAR
    resized = cv2.resize(image, size_wh, interpolation=method).astype(np.uint8, copy=False)
    return resized, (size_wh[0] / width, size_wh[1] / height)


def half(image: Pixels) -> Pixels:
    """The mean of every 2x2 pixels; an odd last row or column is left out."""
    height, width = (side // 2 for side in image.shape[:2])
    even = image[: 2 * height, : 2 * width]
    halved = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return halved.astype(np.uint8, copy=False)
