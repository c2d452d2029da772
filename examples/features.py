"""Eyes, brows and mouth, each placed by the muscles of an Expression."""

import numpy as np

from examples.canvas import curve, linear, step


def lids(looks, face):
    """The right eye's upper and lower lid, from the inner corner to the outer one."""
    open_up = looks.eyes * (1 + 0.55 * face.upper_lid - 0.38 * face.squint - 0.3 * face.cheek)
    low = looks.eyes * (1 + 0.15 * face.upper_lid - 0.45 * face.squint - 0.5 * face.cheek)
    sad = 0.05 * face.inner_brow * max(0, 1 - face.upper_lid)
    upper = [(0.2, 0.05), (0.28, -0.065 * open_up - sad * 0.3), (0.42, -0.128 * open_up)]
    upper += [(0.57, -0.095 * open_up + sad * 0.6), (0.695, 0.0 + sad)]
    lower = [(0.2, 0.05), (0.3, 0.025 + 0.05 * low), (0.45, 0.095 * low), (0.59, 0.072 * low)]
    return curve(upper), curve([*lower, (0.695, 0.0 + sad)])


def paint_eyes(canvas, sitter):
    """Both eyes: ball, iris, lids, lashes."""
    upper, lower = lids(sitter.looks, sitter.face)
    for side in (1, -1):
        flip = np.float32([side, 1])
        paint_ball(canvas, sitter, upper * flip, lower * flip)
        paint_lids(canvas, sitter, upper * flip, lower * flip)


def paint_ball(canvas, sitter, upper, lower):
    """The white, the iris, and the light in it, seen between the lids."""
    looks, face, side = sitter.looks, sitter.face, np.sign(upper[-1, 0])
    opening = canvas.area(np.vstack([upper, lower[::-1]]), 0.006)
    x, y = side * 0.445 + face.gaze[0], -0.015 + face.gaze[1]
    from_middle = np.hypot(canvas.u - side * 0.45, (canvas.v - 0.0) * 1.3)
    white = linear((226, 220, 214)) * (1 - 0.6 * step(from_middle, 0.1, 0.28))[..., None]
    canvas.lay(white, opening)
    far = np.hypot(canvas.u - x, canvas.v - y) / (0.112 * looks.eyes**0.3)
    angle = np.arctan2(canvas.v - y, canvas.u - x)
    rays = 1 + 0.16 * np.sin(angle * 23 + 2 * np.sin(angle * 7)) * step(far, 0.4, 0.8)
    glow = 0.75 + 0.6 * step(canvas.v - y, -0.05, 0.08)
    iris = linear(looks.iris) * (rays * glow * (1 - 0.65 * step(far, 0.72, 1.0)))[..., None]
    canvas.lay(iris, opening * (1 - step(far, 0.93, 1.05)))
    canvas.lay(linear((12, 9, 8)), opening * (1 - step(far, 0.36, 0.46)))
    below = canvas.area(np.vstack([upper, (upper + np.float32([0, 0.05]))[::-1]]), 0.018)
    canvas.dim(0.75 * below * opening)
    spark = np.hypot(canvas.u - x + 0.035, canvas.v - y + 0.035)
    canvas.lay((1, 1, 1), 0.95 * opening * (1 - step(spark, 0.014, 0.028)))
    spark = np.hypot(canvas.u - x - 0.035, canvas.v - y - 0.04)
    canvas.lay((0.8, 0.85, 0.9), 0.25 * opening * (1 - step(spark, 0.01, 0.03)))


def paint_lids(canvas, sitter, upper, lower):
    """Lash lines, the wet rim, the fold above the eye, lashes."""
    looks, face = sitter.looks, sitter.face
    dark = linear((26, 17, 14))
    canvas.lay(linear(looks.lips) * 0.9, 0.35 * canvas.line(lower + np.float32([0, 0.008]), 0.02))
    canvas.lay(dark, 0.4 * canvas.line(lower + np.float32([0, 0.014]), 0.014, 0.008))
    canvas.lay(dark, 0.95 * canvas.line(upper - [0, 0.006], 0.026 + 0.022 * looks.lashes))
    lift = (0.075 - 0.045 * face.frown + 0.02 * face.inner_brow) * looks.fold
    fold = upper[4:] * [1, 0.9] - [0, lift]
    canvas.dim(0.55 * canvas.line(fold, 0.022, 0.01), (0.8, 1, 1))
    canvas.dim(0.22 * canvas.line(fold - [0, 0.025], 0.09, 0.03), (0.8, 1, 1))
    if looks.lashes > 0.5:
        paint_lashes(canvas, upper, dark)


def paint_lashes(canvas, upper, dark):
    """Single lashes that sweep outwards."""
    plane = np.zeros_like(canvas.u)
    side = np.sign(upper[-1, 0])
    lines = []
    for share, root in zip(np.linspace(-0.3, 1, 22), upper[6::2], strict=False):
        bend = np.float32([side * 0.02 * share, -0.035])
        tip = np.float32([side * 0.07 * share, -0.055 - 0.02 * share])
        lines.append(curve([root, root + bend, root + tip], 8))
    canvas.lay(dark, 0.7 * canvas.blur(canvas.hairs(plane, lines, [1.0] * len(lines)), 0.004))


def brow_line(face):
    """The right brow's middle, from the nose outwards."""
    inner = -0.25 - 0.15 * face.inner_brow + 0.16 * face.frown + 0.05 * face.nose_wrinkle
    inner = inner if face.inner_brow < 0.5 else inner - 0.1 * face.frown
    x = 0.16 - 0.05 * face.frown
    arch = -0.1 * face.outer_brow - 0.03 * face.inner_brow + 0.05 * face.frown
    middle = (0.36, (inner - 0.36) / 2 - 0.02 + 0.6 * arch)
    end = -0.27 - 0.1 * face.outer_brow + 0.05 * face.inner_brow * (1 - face.outer_brow)
    return curve([(x, inner), middle, (0.56, -0.36 + arch), (0.77, end)])


def paint_brows(canvas, sitter):
    """Two brows of single hairs over a soft shade."""
    looks, face, rng = sitter.looks, sitter.face, sitter.rng
    middle = brow_line(face)
    colour = 0.36 * linear(looks.hair) + 0.1 * linear((40, 28, 22))
    thick = (0.135 * looks.brows) * np.float32(np.sin(np.linspace(0.8, 3.0, len(middle))))
    for flip in (np.float32([1, 1]), np.float32([-1, 1])):
        edge = np.stack([np.zeros_like(thick), thick / 2], 1)
        body = np.vstack([middle - edge, (middle + edge)[::-1]]) * flip
        canvas.lay(colour, 0.7 * canvas.area(body, 0.018))
        lines = [brow_hair(middle, thick, rng) * flip for _ in range(230)]
        tones = rng.uniform(0.4, 1, len(lines))
        plane = canvas.hairs(np.zeros_like(canvas.u), lines, tones)
        canvas.lay(0.8 * colour, canvas.blur(plane, 0.003))


def brow_hair(middle, thick, rng):
    """One hair: upright near the nose, lying down towards the temple."""
    place = int(rng.integers(0, len(middle) - 2))
    share = place / len(middle)
    root = middle[place] + [rng.normal(0, 0.008), thick[place] * rng.uniform(-0.5, 0.5)]
    run = middle[place + 1] - middle[place]
    run = run / (np.linalg.norm(run) + 1e-6)
    aim = run * (0.35 + 0.65 * share) + [0, -0.65 * (1 - share) + 0.25 * (share > 0.6)]
    return curve([root, root + 0.03 * aim, root + 0.058 * aim + [0.008, 0.004]], 6)


class Mouth:
    """The four lines of the lips, from corner to corner."""

    def __init__(self, looks, face):
        drop, full = face.drop, looks.full_lips * (1 - 0.5 * face.press)
        round_in = 0.12 * face.jaw * (1 - face.stretch) * (1 - face.smile)
        x = 0.4 + 0.15 * face.smile + 0.12 * face.stretch - round_in - 0.01 * face.press
        y = 0.995 - 0.15 * face.smile + 0.15 * face.corner_down + 0.42 * drop
        y += 0.04 * face.stretch - 0.03 * face.upper_lip
        top = 1.0 - 0.055 * face.part - 0.08 * face.upper_lip - 0.04 * face.chin
        top += 0.03 * face.smile * face.part
        low = 1.0 + 0.07 * face.part + 0.95 * drop - 0.05 * face.chin + 0.1 * face.smile * face.part
        thin = 1 - 0.3 * max(face.smile, face.stretch)
        self.x, self.y, self.top, self.low = x, y, top, low
        upper, lower = 0.095 * full * thin, 0.14 * full * thin
        # A hanging jaw rounds the opening.
        bow = 0.7 + 0.1 * face.jaw * (1 - face.stretch)
        sides = (-1, -0.62 - 0.12 * face.jaw, -0.26, 0, 0.26, 0.62 + 0.12 * face.jaw, 1)
        self.outer_top = self.line(sides, top - upper, (0, 0.6, 1.05, 0.9, 1.05, 0.6, 0), y)
        self.inner_top = self.line(sides, top, (0, bow, 0.98, 1, 0.98, bow, 0), y)
        self.inner_low = self.line(sides, low, (0, bow, 0.97, 1, 0.97, bow, 0), y)
        self.outer_low = self.line(sides, low + lower, (0, 0.62, 0.97, 1, 0.97, 0.62, 0), y)

    def line(self, sides, middle, shares, corner):
        """A line that runs from corner height to `middle` by the given shares."""
        return curve(
            [
                (s * self.x, corner + (middle - corner) * k)
                for s, k in zip(sides, shares, strict=True)
            ]
        )

    def lips(self, canvas):
        """Masks of upper lip, lower lip and the opening."""
        upper = canvas.area(np.vstack([self.outer_top, self.inner_top[::-1]]), 0.012)
        lower = canvas.area(np.vstack([self.inner_low, self.outer_low[::-1]]), 0.012)
        gap = canvas.area(np.vstack([self.inner_top, self.inner_low[::-1]]), 0.006)
        return upper, lower, gap * step(self.low - self.top, 0.0, 0.04)

    def relief(self, canvas):
        """How the lips stand out."""
        upper, lower, gap = self.lips(canvas)
        swell = 0.05 * canvas.blur(upper, 0.03) + 0.085 * canvas.blur(lower, 0.04)
        corners = canvas.bumps(self.x + 0.03, self.y, 0.04, 0.045)
        return swell - 0.06 * canvas.blur(gap, 0.012) - 0.03 * corners


def paint_mouth(canvas, sitter, mouth):
    """Colour the lips that the relief has lit, then paint what is between them."""
    looks = sitter.looks
    upper, lower, gap = mouth.lips(canvas)
    tint = linear(looks.lips) / linear(looks.skin)
    canvas.rgb *= 1 + (0.82 * tint - 1) * (0.9 * upper)[..., None]
    canvas.rgb *= 1 + (tint - 1) * (0.85 * lower)[..., None]
    shine = canvas.bump(-0.06, (mouth.low + mouth.outer_low[24, 1]) / 2, 0.14, 0.02)
    canvas.lay((1, 0.9, 0.86), 0.1 * shine * lower)
    if mouth.low - mouth.top > 0.03:
        paint_inside(canvas, sitter.face, mouth, gap)
    else:
        canvas.dim(0.75 * canvas.line(mouth.inner_top[::6], 0.03, 0.009), (0.8, 1, 1))
    canvas.dim(0.5 * canvas.bumps(mouth.x + 0.01, mouth.y, 0.03, 0.022), (0.8, 1, 1))


def paint_inside(canvas, face, mouth, gap):
    """Dark throat, tongue, and the teeth."""
    canvas.lay(linear((52, 18, 18)), gap)
    tongue = canvas.bump(0, mouth.low + 0.02, 0.2, 0.1) * step(mouth.low - mouth.top, 0.2, 0.35)
    canvas.lay(linear((150, 70, 70)), 0.75 * gap * np.clip(1.4 * tongue, 0, 1))
    length = 0.15 if face.smile else 0.09 + 0.04 * max(face.stretch, face.upper_lip)
    paint_teeth(canvas, mouth.inner_top - [0, 0.03], length, gap)
    if face.stretch or face.upper_lip:
        paint_teeth(canvas, mouth.inner_low + np.float32([0, 0.02]), -0.07, gap)
    edge = 1 - canvas.blur(gap, 0.035)
    canvas.dim(0.7 * gap * np.clip(edge * 1.3, 0, 1))


def paint_teeth(canvas, gum, length, gap):
    """A row from the gum line; positive length hangs down, negative stands up."""
    # A round opening shows the front of the arch only, so the row stays level there.
    level = gum[len(gum) // 2, 1]
    gum = np.stack([gum[:, 0], (np.minimum if length > 0 else np.maximum)(gum[:, 1], level)], 1)
    arch = np.cos(np.linspace(-1.25, 1.25, len(gum)))[:, None]
    tips = gum * [0.93, 1] + np.float32([0, length]) * (0.35 + 0.65 * arch)
    row = canvas.area(np.vstack([gum, tips[::-1]]), 0.006) * gap
    fade = 1 - 0.55 * step(np.abs(canvas.u), 0.12, 0.46)
    canvas.lay(linear((236, 228, 214)) * fade[..., None], row)
    for place in (0.0, 0.095, 0.18, 0.25, 0.31):
        for side in (1, -1):
            x, y = side * place, float(np.interp(side * place, gum[:, 0], gum[:, 1]))
            split = canvas.line(
                [(x, y), (x * 0.99, y + length * 0.6), (x * 0.98, y + length * 1.2)], 0.014
            )
            canvas.dim(0.3 * split * row)
