"""The head as a relief, moved by the muscles of expression, and the skin on it."""

from dataclasses import dataclass

import numpy as np

from examples.canvas import curve, linear, mirror, profile, step


@dataclass(frozen=True)
class Expression:
    """How far each muscle pulls: 0 at rest, 1 strongly. Behind each its action unit (FACS)."""

    inner_brow: float = 0  # 1
    outer_brow: float = 0  # 2
    frown: float = 0  # 4
    upper_lid: float = 0  # 5, negative droops
    cheek: float = 0  # 6
    squint: float = 0  # 7
    nose_wrinkle: float = 0  # 9
    upper_lip: float = 0  # 10
    smile: float = 0  # 12
    corner_down: float = 0  # 15
    chin: float = 0  # 17
    stretch: float = 0  # 20
    press: float = 0  # 24
    part: float = 0  # 25
    jaw: float = 0  # 26
    gaze: tuple[float, float] = (0, 0)

    @property
    def drop(self):
        """How far the jaw hangs down, in face units."""
        return 0.27 * self.jaw


@dataclass(frozen=True)
class Looks:
    """What a person looks like when nothing moves; colours in sRGB."""

    skin: tuple[int, int, int]
    lips: tuple[int, int, int]
    hair: tuple[int, int, int]
    iris: tuple[int, int, int] = (84, 56, 36)
    width: float = 1.0
    jaw: float = 1.0
    nose: float = 1.0
    full_lips: float = 1.0
    brows: float = 1.0
    eyes: float = 1.0
    fold: float = 1.0
    lashes: float = 0.3
    age: float = 0.0
    stubble: float = 0.0
    freckles: float = 0.0


@dataclass(frozen=True)
class Sitter:
    """Who is being painted, with which face, and the chance that lays each hair."""

    looks: Looks
    face: Expression
    rng: np.random.Generator


# Half the head's width from the crown to the chin.
OUTLINE = (
    (-1.62, 0.0),
    (-1.56, 0.3),
    (-1.4, 0.6),
    (-1.1, 0.83),
    (-0.7, 0.95),
    (-0.2, 0.985),
    (0.2, 0.97),
    (0.55, 0.935),
    (0.9, 0.86),
    (1.18, 0.72),
    (1.38, 0.52),
    (1.5, 0.31),
    (1.57, 0.0),
)
# How far the face stands forward on its midline.
DEPTH = ((-1.62, 0.0), (-1.45, 0.5), (-1.1, 0.82), (-0.6, 0.99), (0.0, 1.0), (0.6, 0.98))
DEPTH += ((1.05, 0.95), (1.3, 0.87), (1.48, 0.7), (1.58, 0.4))
# The nose's ridge: how far it stands out, and how wide it is.
RIDGE = ((-0.3, 0.0), (-0.05, 0.03), (0.1, 0.08), (0.3, 0.16), (0.46, 0.2))
RIDGE += ((0.54, 0.19), (0.61, 0.135), (0.68, 0.065), (0.76, 0.015), (0.88, 0.0))
RIDGE_WIDTH = ((-0.3, 0.12), (0.05, 0.075), (0.25, 0.085), (0.45, 0.11), (0.6, 0.13), (0.8, 0.13))


def hang(v, drop):
    """Where the jaw carries a point at height v."""
    return v + drop * step(np.asarray(v, np.float32), 0.75, 1.4)


def outline(looks, drop):
    """(v, half width) of this head."""
    v, half = np.float32(OUTLINE).T
    half = half * looks.width * (1 + (looks.jaw - 1) * step(v, 0.2, 1.2))
    return np.stack([hang(v, drop), half], 1)


def contour(looks, drop):
    """The head's outline as a polygon."""
    half = curve(outline(looks, drop), 80)[:, ::-1]
    return np.vstack([half, mirror(half)[::-1]])


def skull(canvas, looks, drop):
    """The head without its features."""
    half = profile(canvas.v, outline(looks, drop)) + 1e-3
    depth = np.float32(DEPTH)
    depth[:, 0] = hang(depth[:, 0], drop)
    across = np.clip(np.abs(canvas.u) / half, 0, 1)
    return profile(canvas.v, depth) * (1 - across**2.5) ** 0.5


def nose(canvas, looks, wrinkle):
    """Ridge, tip and wings; wrinkling pulls it up."""
    v = canvas.v + 0.05 * wrinkle * step(canvas.v, 0.2, 0.6)
    width = profile(v, RIDGE_WIDTH) * (0.85 + 0.15 * looks.nose)
    ridge = profile(v, RIDGE) * np.exp(-((canvas.u / width) ** 2) / 2)
    lift, wide = 0.05 * wrinkle, looks.nose * (1 + 0.1 * wrinkle)
    tip = 0.05 * canvas.bump(0, 0.545 - lift, 0.085 * looks.nose, 0.085)
    wings = canvas.bumps(0.165 * wide, 0.585 - lift, 0.055 * looks.nose, 0.065)
    return ridge + tip + 0.1 * wings


def nostrils(canvas, looks, wrinkle):
    """Where the nostrils are dark, and the groove around each wing."""
    lift, wide = 0.05 * wrinkle, looks.nose * (1 + 0.1 * wrinkle)
    hole = [(0.045, 0.665 - lift), (0.09, 0.635 - lift), (0.15, 0.65 - lift), (0.12, 0.68 - lift)]
    groove = [(0.2, 0.5), (0.255, 0.56), (0.25, 0.63), (0.19, 0.67)]
    dark = np.zeros_like(canvas.u)
    for points, width, strength in ((hole, 0.05, 0.85), (groove, 0.04, 0.28)):
        line = np.float32(points) * [wide, 1] - [0, lift if points is groove else 0]
        for side in (line, mirror(line)):
            dark = np.maximum(dark, strength * canvas.line(side, width, 0.35 * width))
    return dark


def flesh(canvas, face):
    """Soft hills and hollows: brows, sockets, cheeks, muzzle, chin."""
    hill, hills, drop = canvas.bump, canvas.bumps, face.drop
    lift = max(face.smile, face.cheek, 0.7 * face.nose_wrinkle)
    brow = -0.27 - 0.1 * face.outer_brow + 0.06 * face.frown
    relief = 0.05 * hills(0.38, brow, 0.2, 0.09) - 0.16 * hills(0.41, -0.04, 0.2, 0.13)
    relief += 0.095 * hills(0.45, 0.01, 0.16, 0.12) - 0.03 * hill(0, 0.0, 0.12, 0.1)
    relief += 0.05 * hills(0.56, 0.32, 0.2, 0.18) - 0.04 * hills(0.6, 0.85, 0.17, 0.25)
    relief += 0.09 * lift * hills(0.5, 0.4 - 0.03 * lift, 0.17, 0.15)
    relief += 0.07 * hill(0, 1.0 + 0.4 * drop, 0.34, 0.26 + 0.4 * drop)
    relief += 0.05 * face.frown * hills(0.13, -0.24, 0.07, 0.08)
    relief -= 0.018 * hill(0, 0.82, 0.035, 0.08)
    relief -= 0.05 * hill(0, 1.25 + drop, 0.24, 0.055)
    return relief + (0.07 + 0.03 * face.chin) * hill(0, 1.4 + drop, 0.2, 0.12)


def creases(canvas, looks, face):
    """Lines that the skin folds along, as depth."""
    wide, age = 0.12 * face.smile + 0.05 * face.stretch, looks.age
    pull = max(face.smile, face.upper_lip, face.nose_wrinkle)
    fold = [(0.24, 0.5), (0.35, 0.68), (0.44 + wide, 0.87), (0.47 + wide, 1.05 + 0.3 * face.drop)]
    depth = np.zeros_like(canvas.u)
    lines = [(fold, 0.05, 0.25 + 1.2 * pull + 0.5 * age)]
    bag = [(0.26, 0.12), (0.38, 0.2), (0.52, 0.2), (0.64, 0.12)]
    lines.append((bag, 0.035, 0.15 + 0.4 * age + 0.25 * max(face.cheek, face.squint)))
    lines.append(
        ([(0.1, -0.12), (0.085, -0.24), (0.1, -0.4)], 0.035, 0.75 * face.frown + 0.15 * age)
    )
    raised = 0.4 * face.inner_brow + 0.6 * face.outer_brow
    for k, v in enumerate((-0.62, -0.76, -0.9)):
        line = [(-0.02, v), (0.3, v - 0.03), (0.6, v + 0.03 + 0.02 * k)]
        lines.append((line, 0.035, 0.45 * raised + 0.22 * age))
    for v in (0.0, 0.08, 0.17):
        side = [(0.015, v - 0.01), (0.09, v), (0.15, v + 0.06)]
        lines.append((side, 0.03, 0.9 * face.nose_wrinkle))
    for slope in (-0.09, 0.0, 0.09):
        foot = [(0.72, 0.0 + slope * 0.5), (0.8, slope), (0.86, slope * 1.8)]
        lines.append((foot, 0.025, 0.5 * age + 0.3 * face.cheek))
    lines.append(([(0.2, 1.27), (0.3, 1.36), (0.29, 1.5)], 0.05, 0.3 * face.chin))
    for points, width, strength in lines:
        for side in (points, mirror(points)):
            depth += strength * canvas.line(side, width, 0.3 * width)
    return depth


def neck(canvas, looks):
    """A column behind the chin that widens to the shoulders."""
    half = profile(canvas.v, ((0.6, 0.6), (1.4, 0.58), (1.9, 0.62), (2.3, 0.95), (2.7, 1.9)))
    half = half * (0.4 + 0.6 * looks.jaw * looks.width)
    across = np.clip(np.abs(canvas.u) / half, 0, 1)
    column = 0.55 * (1 - across**2) ** 0.5 - 0.12 + 0.03 * canvas.bumps(0.2, 2.2, 0.06, 0.5)
    mask = canvas.blur(((across < 1) & (canvas.v > 0.6)).astype(np.float32), 0.008)
    return column, mask


def ear(canvas, looks):
    """Both ears: mask and relief."""
    x = 0.95 * looks.width
    shape = [(x - 0.05, -0.1), (x + 0.07, -0.2), (x + 0.17, -0.12), (x + 0.16, 0.12)]
    shape = curve([*shape, (x + 0.1, 0.38), (x + 0.02, 0.48), (x - 0.06, 0.4)])
    mask = np.maximum(canvas.area(shape), canvas.area(mirror(shape)))
    rim = canvas.blur(mask, 0.03) * 0.25 - 0.16 * canvas.bumps(x + 0.05, 0.08, 0.035, 0.12)
    return rim, mask


def tone(canvas, looks, rng):
    """The skin's colour: warmer cheeks, nose and ears, cooler jaw, pores, freckles, stubble."""
    base = np.broadcast_to(linear(looks.skin), canvas.rgb.shape).copy()
    red = 0.5 * canvas.bumps(0.55, 0.42, 0.22, 0.2) + 0.5 * canvas.bump(0, 0.55, 0.15, 0.12)
    red += 0.5 * canvas.bumps(1.02, 0.1, 0.1, 0.3) + 0.25 * canvas.bumps(0.45, -0.02, 0.25, 0.12)
    base *= 1 - red[..., None] * np.float32([0.03, 0.2, 0.2])
    shade = 0.12 * canvas.bumps(0.4, 0.15, 0.15, 0.06) * (1 + looks.age)
    base *= 1 - shade[..., None] * np.float32([0.8, 1, 0.8])
    grain = rng.normal(0, 1, base.shape[:2]).astype(np.float32)
    pores = 0.02 * grain + 0.25 * canvas.blur(grain, 0.012) + 0.5 * canvas.blur(grain, 0.06)
    base *= 1 + 0.5 * np.clip(pores, -0.2, 0.2)[..., None]
    if looks.freckles:
        spots = step(canvas.blur(grain, 0.011), 0.1, 0.2)
        where = canvas.bumps(0.45, 0.35, 0.25, 0.16) + canvas.bump(0, 0.3, 0.2, 0.2)
        base *= 1 - (looks.freckles * spots * where)[..., None] * np.float32([0.14, 0.24, 0.28])
    return base


def beard_shadow(canvas, looks, rng):
    """Where stubble grows, 0..1, with the mouth's surroundings left clear."""
    low = step(canvas.v, 0.6, 0.95) * step(np.abs(canvas.u), -1, 0.3)
    jaw = low * (1 - 0.8 * canvas.bumps(0.55, 0.72, 0.2, 0.16)) * step(-canvas.v, -2.1, -1.75)
    dots = canvas.blur(rng.normal(0, 1, canvas.u.shape).astype(np.float32), 0.004)
    return np.clip(looks.stubble * jaw * (0.8 + 0.7 * dots), 0, 1)


def paint_skin(canvas, sitter, lips):
    """Head, ears and neck; lips is the relief of the mouth."""
    looks, face, rng = sitter.looks, sitter.face, sitter.rng
    head = canvas.area(contour(looks, face.drop), 0.008)
    relief = skull(canvas, looks, face.drop) + nose(canvas, looks, face.nose_wrinkle)
    relief += flesh(canvas, face) + lips - 0.045 * creases(canvas, looks, face)
    column, neck_mask = neck(canvas, looks)
    rim, ear_mask = ear(canvas, looks)
    height = np.where(neck_mask > 0.5, column, -0.2)
    height = np.where(ear_mask > 0.5, np.maximum(height, rim), height)
    height = np.where(head > 0.5, np.maximum(height, relief), height).astype(np.float32)
    skin = tone(canvas, looks, rng)
    hair = 0.6 * linear(looks.hair) + 0.1 * linear(looks.skin)
    skin += (hair - skin) * beard_shadow(canvas, looks, rng)[..., None]
    everywhere = np.maximum(np.maximum(neck_mask, ear_mask), head)
    canvas.lay(canvas.lit(canvas.blur(height, 0.012), skin, 0.07), everywhere)
    canvas.dim(nostrils(canvas, looks, face.nose_wrinkle), (0.8, 1, 1))
