"""Hair, beards and clothes."""

from itertools import pairwise

import cv2
import numpy as np

from examples.canvas import curve, linear, mirror


def strands(guides, count, rng, loose=0.03):
    """Lines spread between neighbouring guide lines, each a little off its way."""
    fan = np.stack([curve(g, 26) for g in guides])
    lines = []
    for place in rng.uniform(0, len(fan) - 1.001, count):
        at, share = int(place), place % 1
        line = fan[at] * (1 - share) + fan[at + 1] * share
        sway = rng.normal(0, loose, 2) * np.linspace(0.2, 1, 26)[:, None]
        begin, end = rng.uniform(0, 0.25), rng.uniform(0.8, 1)
        lines.append((line + sway)[int(26 * begin) : int(26 * end)])
    return lines


def paint_lock(canvas, colour, guides, rng, *, count=900, loose=0.03, gloss=0.35):
    """A sheet of hair that follows its guides."""
    lines = strands(guides, count, rng, loose)
    fan = [curve(g, 26) for g in guides]
    mask = np.zeros_like(canvas.u)
    for left, right in pairwise(fan):
        cv2.fillPoly(mask, [canvas.pixels(np.vstack([left, right[::-1]]))], 1.0, cv2.LINE_8, 4)
    single = canvas.hairs(np.zeros_like(mask), lines, [1.0] * count)
    mask = np.maximum(canvas.blur(mask, 0.02), canvas.blur(single, 0.004))
    tones = rng.uniform(0.2, 0.9, count)
    weave = canvas.hairs(np.full_like(mask, 0.45), lines, tones, 2)
    paint_hair(canvas, colour, mask, canvas.blur(weave, 0.004), gloss=gloss)


def paint_hair(canvas, colour, mask, weave, *, gloss=0.35, thick=0.5):
    """Light a mask of hair; weave is its strands' tone, 0..1, thick how far it stands off."""
    volume = thick * canvas.blur(mask, 0.16) + 0.012 * weave
    shade = linear(colour) * (0.35 + 1.3 * weave)[..., None]
    lit = canvas.lit(volume, shade, gloss * 0.25, 0.35)
    canvas.dim(0.35 * np.clip(canvas.blur(mask, 0.05) - mask, 0, 1))
    canvas.lay(lit, np.clip(mask, 0, 1))


def paint_curls(canvas, colour, shape, rng, *, count=1500, size=0.07, thick=0.5):
    """Close curls that fill an outline and fray at its edge."""
    body = canvas.area(curve(shape, 120), 0.02)
    low, high = np.min(shape, 0), np.max(shape, 0)
    lines = []
    for spot in rng.uniform(low, high, (count * 2, 2)):
        x, y = canvas.pixels(spot[None])[0] // 16
        inside = 0 <= y < body.shape[0] and 0 <= x < body.shape[1] and body[y, x] > 0.4
        if inside:
            turn = np.linspace(0, rng.uniform(3, 6), 14) + rng.uniform(0, 6)
            radius = size * rng.uniform(0.5, 1) * np.linspace(1, 0.5, 14)
            lines.append(spot + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1))
    mask = canvas.hairs(np.zeros_like(body), lines, [1.0] * len(lines), 2)
    mask = np.maximum(body, canvas.blur(mask, 0.005))
    weave = canvas.hairs(np.full_like(body, 0.3), lines, rng.uniform(0.1, 1, len(lines)), 2)
    paint_hair(canvas, colour, mask, canvas.blur(weave, 0.006), gloss=0.12, thick=thick)


def both(guides):
    """The guides and their mirror image, as one sheet across the head."""
    return [mirror(g) for g in guides[::-1]] + list(guides)


def paint_clothes(canvas, colour, neckline, rng, weave=0.03):
    """A garment with shoulders and a neckline of the given (half width, depth)."""
    wide, deep = neckline
    half = [(0, deep), (0.55 * wide, deep - 0.07), (wide, deep - 0.3), (wide + 0.16, 1.84)]
    neck = curve([*mirror(half[:0:-1]), *half], 60)
    right = curve(
        [(wide + 0.16, 1.84), (wide + 0.3, 1.85), (1.25, 2.1), (1.75, 2.38), (2.1, 3.2)], 40
    )
    left = mirror(right)[::-1]
    mask = canvas.area(np.vstack([neck, right, [(2.1, 6), (-2.1, 6)], left]), 0.008)
    grain = canvas.blur(rng.normal(0, 1, mask.shape).astype(np.float32), 0.006)
    folds = canvas.blur(rng.normal(0, 1, mask.shape).astype(np.float32), 0.14)
    dome = np.sqrt(np.clip(1 - (canvas.u / 2.2) ** 2, 0, 1)) * 0.9
    height = dome + 0.1 * canvas.blur(mask, 0.03) + weave * grain * 0.2 + 0.8 * folds
    canvas.dim(0.45 * canvas.blur(mask, 0.05) * (1 - mask))
    canvas.lay(
        canvas.lit(
            height.astype(np.float32), linear(colour) * (1 + weave * 4 * grain)[..., None], 0.02
        ),
        mask,
    )
