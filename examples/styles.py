"""Hairstyles, each a function of (canvas, sitter).

Those named back_… are painted before the head, the others after it.
"""

import numpy as np

from examples.canvas import mirror
from examples.hair import both, paint_curls, paint_lock


def sides(canvas, sitter, guides, **options):
    """The same sheet of hair on the left and on the right."""
    for sheet in (guides, [mirror(g) for g in guides]):
        paint_lock(canvas, sitter.looks.hair, sheet, sitter.rng, **options)


def back_long(canvas, sitter):
    """Long hair that falls behind the shoulders."""
    guides = [
        [(0.0, -1.7), (0.1, 0), (0.1, 2.2)],
        [(0.1, -1.75), (0.9, -0.6), (0.85, 1.0), (0.7, 2.5)],
        [(0.15, -1.78), (1.05, -0.9), (1.25, 0.5), (1.2, 1.6), (1.0, 2.6)],
    ]
    paint_lock(
        canvas,
        np.multiply(sitter.looks.hair, 0.75),
        both(guides),
        sitter.rng,
        count=1800,
        loose=0.05,
    )


def long_hair(canvas, sitter):
    """A middle parting, and two falls in front of the shoulders."""
    guides = [
        [
            (0.0, -1.04),
            (0.4, -0.86),
            (0.8, -0.35),
            (0.97, 0.4),
            (1.0, 1.2),
            (0.82, 2.0),
            (0.75, 3.0),
        ],
        [(0.0, -1.3), (0.6, -1.1), (1.0, -0.4), (1.12, 0.5), (1.12, 1.4), (0.97, 2.2), (0.9, 3.1)],
        [(0.0, -1.74), (0.7, -1.52), (1.12, -0.7), (1.27, 0.4), (1.3, 1.4), (1.2, 2.2), (1.1, 3.2)],
    ]
    sides(canvas, sitter, guides, count=1300, loose=0.035)


def back_bob(canvas, sitter):
    """The back of a bob, down to the jaw."""
    guides = [
        [(0.0, -1.7), (0.0, 0), (0.0, 1.2)],
        [(0.2, -1.75), (1.05, -0.8), (1.2, 0.4), (0.95, 1.35)],
    ]
    paint_lock(
        canvas,
        np.multiply(sitter.looks.hair, 0.65),
        both(guides),
        sitter.rng,
        count=1200,
        loose=0.04,
    )


def bob(canvas, sitter):
    """Straight to the jaw, with a fringe."""
    guides = [
        [(0.3, -1.6), (0.82, -0.8), (0.95, 0.2), (0.86, 1.12)],
        [(0.25, -1.7), (0.98, -0.9), (1.12, 0.2), (1.02, 1.3)],
        [(0.1, -1.78), (1.0, -1.15), (1.27, 0.1), (1.16, 1.32)],
    ]
    sides(canvas, sitter, guides, count=1000, loose=0.025)
    fringe = [
        [(0.03 * x, -1.76), (0.13 * x, -1.35), (0.15 * x, -0.66 + 0.008 * x * x)]
        for x in range(-6, 7)
    ]
    paint_lock(canvas, sitter.looks.hair, fringe, sitter.rng, count=900, loose=0.03)


def parted(canvas, sitter):
    """Short hair, combed over from a parting on one side."""
    left = [
        [(-0.46, -0.98), (-0.66, -0.86), (-0.82, -0.55), (-0.9, -0.1)],
        [(-0.42, -1.3), (-0.8, -1.1), (-0.97, -0.6), (-0.99, -0.05)],
        [(-0.3, -1.66), (-0.75, -1.42), (-1.0, -0.85), (-1.04, -0.2)],
    ]
    right = [
        [(-0.46, -0.98), (-0.1, -1.14), (0.4, -1.02), (0.78, -0.62), (0.9, -0.1)],
        [(-0.44, -1.2), (0.0, -1.42), (0.55, -1.25), (0.92, -0.75), (0.98, -0.05)],
        [(-0.3, -1.68), (0.15, -1.84), (0.65, -1.55), (1.0, -0.95), (1.04, -0.2)],
    ]
    paint_lock(canvas, sitter.looks.hair, left, sitter.rng, count=900, loose=0.03)
    paint_lock(canvas, sitter.looks.hair, right, sitter.rng, count=1800, loose=0.04)


def back_bun(canvas, sitter):
    """A knot on the crown."""
    turn = np.linspace(0, 2 * np.pi, 9)
    ring = [(0.4 * np.cos(t), -1.86 + 0.32 * np.sin(t)) for t in turn]
    guides = [
        [(0.05, -1.86 + 0.02 * k), (x * 0.6, y + 0.1), (x, y)] for k, (x, y) in enumerate(ring)
    ]
    paint_lock(canvas, sitter.looks.hair, guides, sitter.rng, count=900, loose=0.04)


def combed_back(canvas, sitter):
    """Drawn back tightly from the forehead."""
    guides = [
        [(0.0, -1.02), (0.0, -1.4), (0.0, -1.72)],
        [(0.35, -1.0), (0.36, -1.38), (0.2, -1.7)],
        [(0.62, -0.86), (0.66, -1.24), (0.4, -1.64)],
        [(0.8, -0.56), (0.88, -0.92), (0.66, -1.45)],
        [(0.9, -0.05), (1.01, -0.4), (0.92, -1.08)],
    ]
    paint_lock(canvas, sitter.looks.hair, both(guides), sitter.rng, count=2600, loose=0.025)


def halo(across, top, low, hairline):
    """An outline of hair around the face: out to `across`, up to `top`, down to `low`."""
    outer = [(across * 0.93, low), (across, -0.45), (across * 0.8, top + 0.35), (0.0, top)]
    inner = [(0.93, -0.1), (0.82, -0.6), (0.5, hairline + 0.05)]
    right = [*inner[::-1], *outer]
    return [(0.0, hairline), *right, *(tuple(p) for p in mirror(right)[::-1])]


def back_afro(canvas, sitter):
    """A cloud of curls behind the head."""
    turn = np.linspace(0, 2 * np.pi, 25)
    cloud = np.stack([1.38 * np.cos(turn), -0.6 + 1.3 * np.sin(turn)], 1)
    paint_curls(canvas, sitter.looks.hair, cloud, sitter.rng, count=2200, size=0.08)


def afro(canvas, sitter):
    """The curls at the forehead."""
    shape = halo(1.26, -1.8, -0.2, -0.98)
    paint_curls(canvas, sitter.looks.hair, shape, sitter.rng, count=1500, size=0.075)


def curly(canvas, sitter):
    """Short dark curls."""
    paint_curls(
        canvas, sitter.looks.hair, halo(1.1, -1.82, -0.15, -0.92), sitter.rng, count=1500, size=0.1
    )


def cropped(canvas, sitter):
    """Shorn close to the skull."""
    paint_curls(
        canvas,
        sitter.looks.hair,
        halo(1.0, -1.66, -0.35, -1.0),
        sitter.rng,
        count=5200,
        size=0.02,
        thick=0.25,
    )


def receding(canvas, sitter):
    """Only the temples are left."""
    guides = [
        [(0.72, -1.12), (0.84, -0.8), (0.9, -0.4), (0.92, 0.05)],
        [(0.76, -1.22), (0.96, -0.8), (1.03, -0.3), (0.98, 0.15)],
        [(0.78, -1.26), (1.04, -0.85), (1.1, -0.4), (1.06, -0.05)],
    ]
    sides(canvas, sitter, guides, count=420, loose=0.03)
