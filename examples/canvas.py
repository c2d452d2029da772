"""Where the portraits are painted: face coordinates, soft masks, and light on a relief.

Face coordinates: u to the right, v downwards, origin between the eyes; the face is two units wide.
Colours are linear RGB float32 (H, W, 3); what a person reads is sRGB, 0 to 255.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

# Painted at twice the size and shrunk, so that hairs and lashes have smooth edges.
OVERSAMPLE = 2
# Towards the lamp: from the left and above, before the face; and the room's fill from the right.
KEY = np.array([-0.42, -0.55, 0.72], np.float32)
FILL = np.array([0.75, -0.1, 0.55], np.float32)


def linear(rgb):
    """sRGB 0..255 to linear 0..1."""
    return (np.asarray(rgb, np.float32) / 255) ** 2.2


def curve(points, count=48):
    """A smooth line through the points: Catmull-Rom, float32 (count, 2)."""
    knots = np.asarray(points, np.float32)
    knots = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    place = np.linspace(0, len(knots) - 3 - 1e-4, count)
    start, t = place.astype(int), (place % 1)[:, None]
    a, b, c, d = (knots[start + k] for k in range(4))
    bend = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3
    return ((2 * b + (c - a) * t + bend) / 2).astype(np.float32)


def profile(x, knots):
    """A smooth function through the (x, y) knots, flat outside them."""
    line = curve(knots, 400)
    return np.interp(x, line[:, 0], line[:, 1]).astype(np.float32)


def step(x, low, high):
    """0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mirror(points):
    """The same on the other side of the face."""
    return np.asarray(points, np.float32) * np.float32([-1, 1])


@dataclass
class Canvas:
    """A picture with one face's coordinates laid over it; (x, y) is the origin in final pixels."""

    rgb: np.ndarray
    x: float
    y: float
    scale: float
    tilt: float = 0.0
    u: np.ndarray = field(init=False)
    v: np.ndarray = field(init=False)

    def __post_init__(self):
        self.x, self.y, self.scale = (OVERSAMPLE * n for n in (self.x, self.y, self.scale))
        height, width = self.rgb.shape[:2]
        down, right = np.mgrid[:height, :width].astype(np.float32)
        across, below = (right - self.x) / self.scale, (down - self.y) / self.scale
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        self.u = (across * cos + below * sin).astype(np.float32)
        self.v = (below * cos - across * sin).astype(np.float32)

    def pixels(self, points):
        """Face coordinates to OpenCV's fixed point, 1/16 of a pixel."""
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        turned = np.asarray(points, np.float32) @ np.float32([[cos, sin], [-sin, cos]])
        return np.round((turned * self.scale + [self.x, self.y]) * 16).astype(np.int32)

    def blur(self, plane, radius):
        """Gaussian blur with sigma in face units."""
        sigma = max(0.3, radius * self.scale)
        if sigma < 8:
            return cv2.GaussianBlur(plane, (0, 0), sigma)
        # Nothing fine is left by so wide a blur: a quarter of the size gives the same, sooner.
        small = cv2.resize(plane, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
        return cv2.resize(small, plane.shape[::-1], interpolation=cv2.INTER_CUBIC)

    def area(self, points, soft=0.006):
        """A filled outline as a mask 0..1 with soft edges."""
        outline = self.pixels(points)
        mask = np.zeros(self.u.shape, np.float32)
        cv2.fillPoly(mask, [outline], 1.0, cv2.LINE_AA, 4)
        # Only where the blur, four sigmas wide, has something to blur: most outlines are small.
        reach = int(4 * soft * self.scale) + 4
        left, top = np.maximum(outline.min(0) // 16 - reach, 0)
        right, low = np.maximum(outline.max(0) // 16 + reach, 0)
        part = mask[top:low, left:right]
        if part.size:
            part[:] = self.blur(np.clip(part, 0, 1), soft)
        return mask

    def line(self, points, width, soft=0.006):
        """A stroke that thins towards both ends, as a mask 0..1."""
        middle = curve(points)
        along = np.gradient(middle, axis=0)
        across = along[:, ::-1] * [-1, 1] / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6)
        half = width / 2 * np.sin(np.linspace(0.15, np.pi - 0.15, len(middle)))[:, None] * across
        return self.area(np.vstack([middle + half, (middle - half)[::-1]]), soft)

    def hairs(self, plane, lines, tones, width=1):
        """Draw thin lines into a plane, each with its own tone."""
        for points, tone in zip(lines, tones, strict=True):
            cv2.polylines(plane, [self.pixels(points)], False, float(tone), width, cv2.LINE_AA, 4)
        return plane

    def bump(self, u, v, wide, high):
        """A round hill of height 1."""
        return np.exp(-(((self.u - u) / wide) ** 2 + ((self.v - v) / high) ** 2) / 2)

    def bumps(self, u, v, wide, high):
        """A hill on each side of the face."""
        return self.bump(u, v, wide, high) + self.bump(-u, v, wide, high)

    def lay(self, colour, mask):
        """Paint a colour, or a picture, through a mask."""
        self.rgb += (np.asarray(colour, np.float32) - self.rgb) * mask[..., None]

    def dim(self, mask, tint=(1, 1, 1)):
        """Darken through a mask; tint says how much of each channel goes."""
        self.rgb *= 1 - np.clip(mask, 0, 1)[..., None] * np.float32(tint)

    def shadow(self, height):
        """What the relief hides from the lamp: 0 lit, 1 dark."""
        hidden = np.zeros_like(height)
        flat = float(np.hypot(KEY[0], KEY[1]))
        for reach in np.linspace(0.03, 0.55, 14):
            shift = -KEY[:2] / flat * reach * self.scale
            move = np.float32([[1, 0, shift[0]], [0, 1, shift[1]]])
            above = cv2.warpAffine(height, move, height.shape[::-1], borderValue=-1.0)
            hidden = np.maximum(hidden, above - height - reach * KEY[2] / flat)
        return self.blur(step(hidden, 0.0, 0.06), 0.025)

    def lit(self, height, albedo, gloss=0.1, bleed=0.3):
        """Light on a relief (height in face units): soft wrap, warm in the half shade like skin."""
        slope_y, slope_x = (g * self.scale for g in np.gradient(height))
        normal = np.stack([-slope_x, -slope_y, np.ones_like(height)], -1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        wrap = bleed * np.float32([1, 0.6, 0.45])
        key = np.clip(((normal @ (KEY / np.linalg.norm(KEY)))[..., None] + wrap) / (1 + wrap), 0, 1)
        key *= 1 - self.shadow(height)[..., None] * np.float32([0.62, 0.7, 0.74])
        fill = np.clip(normal @ (FILL / np.linalg.norm(FILL)), 0, 1)[..., None]
        sky = (0.6 - 0.4 * normal[..., 1:2]) * np.float32([0.95, 1, 1.06])
        hollow = np.clip(self.blur(height, 0.1) - height, 0, 0.12)[..., None] * 3.2
        halfway = KEY / np.linalg.norm(KEY) + np.float32([0, 0, 1])
        shine = np.clip(normal @ (halfway / np.linalg.norm(halfway)), 0, 1)[..., None] ** 22
        light = (0.95 * key + 0.2 * fill + 0.26 * sky) * (1 - hollow)
        return albedo * light + gloss * shine * key


def finish(rgb, rng):
    """Linear working picture to the final uint8 one: shrink, a little grain, sRGB."""
    height, width = (n // OVERSAMPLE for n in rgb.shape[:2])
    small = cv2.resize(np.clip(rgb, 0, 1), (width, height), interpolation=cv2.INTER_AREA)
    tone = small ** (1 / 2.2) + rng.normal(0, 0.006, (height, width, 1))
    return np.clip(tone * 255, 0, 255).round().astype(np.uint8)
