"""The people in the example portraits: looks, hair, clothes, and what their faces do."""

from collections.abc import Callable
from dataclasses import dataclass

from examples import styles
from examples.face import Expression, Looks

HAPPY = Expression(cheek=1, smile=1.2, part=1.1, jaw=0.3)
ANGRY = Expression(
    frown=1,
    upper_lid=0.3,
    squint=0.8,
    press=0.9,
    corner_down=0.4,
    nose_wrinkle=0.8,
    upper_lip=0.3,
    chin=0.5,
)
SURPRISED = Expression(inner_brow=1, outer_brow=1, upper_lid=1, part=1, jaw=1)
SAD = Expression(
    inner_brow=1.25,
    frown=1.2,
    upper_lid=-0.8,
    squint=0.15,
    corner_down=0.8,
    chin=0.7,
    stretch=0.1,
    part=0.1,
    press=0.15,
    gaze=(0, 0.03),
)
AFRAID = Expression(
    inner_brow=1,
    frown=1.2,
    upper_lid=0.6,
    stretch=1,
    part=0.8,
    jaw=0.15,
    corner_down=0.3,
)
DISGUSTED = Expression(
    nose_wrinkle=1.3,
    upper_lip=1.4,
    frown=0.4,
    squint=1.2,
    cheek=0.8,
    part=0.5,
    jaw=0.15,
    corner_down=0.3,
)
NEUTRAL = Expression(squint=0.1, upper_lid=-0.3)


@dataclass(frozen=True)
class Person:
    """One face and everything around it."""

    looks: Looks
    face: Expression
    behind: tuple[Callable, ...] = ()
    before: tuple[Callable, ...] = ()
    clothes: tuple[int, int, int] = (60, 80, 110)
    neckline: tuple[float, float] = (0.5, 2.3)
    backdrop: tuple[int, int, int] = (120, 135, 150)
    tilt: float = 0.0
    y: float = 228


PEOPLE = {
    "portrait-1": Person(
        Looks(
            (190, 128, 92),
            (160, 70, 72),
            (38, 26, 22),
            lashes=0.8,
            width=0.94,
            jaw=0.9,
            full_lips=1.2,
            brows=0.85,
            eyes=1.12,
        ),
        HAPPY,
        (styles.back_long,),
        (styles.long_hair,),
        clothes=(176, 84, 62),
        backdrop=(196, 176, 150),
        tilt=0.05,
    ),
    "portrait-2": Person(
        Looks(
            (222, 172, 142),
            (182, 112, 102),
            (84, 56, 36),
            (70, 92, 104),
            jaw=1.08,
            full_lips=0.85,
            brows=1.2,
            stubble=0.4,
        ),
        ANGRY,
        (),
        (styles.parted,),
        clothes=(52, 60, 74),
        backdrop=(118, 132, 146),
    ),
    "portrait-3": Person(
        Looks(
            (112, 70, 48),
            (116, 52, 54),
            (26, 20, 18),
            (48, 30, 20),
            lashes=0.8,
            width=0.95,
            jaw=0.9,
            nose=1.2,
            full_lips=1.4,
            brows=0.85,
            eyes=1.1,
        ),
        SURPRISED,
        (styles.back_afro,),
        (styles.afro,),
        clothes=(214, 160, 50),
        y=232,
        backdrop=(150, 176, 172),
    ),
    "portrait-4": Person(
        Looks(
            (214, 164, 140),
            (172, 112, 104),
            (156, 152, 148),
            (84, 104, 116),
            nose=1.15,
            full_lips=0.75,
            brows=1.2,
            eyes=0.95,
            age=1,
        ),
        SAD,
        (),
        (styles.receding,),
        clothes=(92, 104, 84),
        backdrop=(132, 128, 138),
    ),
    "portrait-5": Person(
        Looks(
            (238, 198, 176),
            (198, 110, 106),
            (150, 70, 34),
            (84, 120, 96),
            lashes=0.7,
            width=0.93,
            jaw=0.88,
            nose=0.9,
            brows=0.75,
            eyes=1.12,
            freckles=1,
        ),
        AFRAID,
        (styles.back_bob,),
        (styles.bob,),
        clothes=(70, 96, 92),
        backdrop=(108, 118, 140),
    ),
    "portrait-6": Person(
        Looks(
            (206, 154, 118),
            (170, 98, 90),
            (34, 28, 26),
            (60, 42, 28),
            jaw=1.03,
            nose=1.1,
            brows=1.15,
            stubble=0.3,
        ),
        DISGUSTED,
        (),
        (styles.curly,),
        clothes=(196, 196, 188),
        backdrop=(140, 150, 120),
    ),
    "portrait-7": Person(
        Looks(
            (232, 188, 154),
            (188, 98, 96),
            (22, 20, 22),
            (46, 30, 22),
            lashes=0.5,
            width=0.98,
            jaw=0.92,
            nose=0.95,
            full_lips=1.05,
            brows=0.8,
            eyes=0.9,
            fold=0.5,
        ),
        NEUTRAL,
        (styles.back_bun,),
        (styles.combed_back,),
        clothes=(96, 70, 104),
        y=262,
        backdrop=(176, 184, 196),
    ),
    "portrait-8": Person(
        Looks(
            (126, 83, 60),
            (112, 58, 56),
            (24, 19, 18),
            (40, 26, 18),
            jaw=1.06,
            nose=1.25,
            full_lips=1.2,
            brows=1.1,
            stubble=0.3,
        ),
        HAPPY,
        (),
        (styles.cropped,),
        clothes=(66, 98, 128),
        backdrop=(186, 190, 180),
        tilt=-0.05,
    ),
}
