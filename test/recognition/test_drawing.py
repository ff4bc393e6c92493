"""The annotated image can be read: size, place, contrast, scripts, long names."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lr_ros.recognition import lettering
from lr_ros.recognition.drawing import INK, KNOWN, TEACHING, UNKNOWN, Lesson, annotate, lay_out
from lr_ros.recognition.lettering import ELLIPSIS, MISSING, mask_of, shortened, width_of
from lr_ros.recognition.pipeline import Answer, Hypothesis
from lr_ros.stream.segmenter import Box, SegmentView

SIZES = [(320, 240), (640, 480), (1280, 720), (240, 320), (3840, 2160)]
LONG = "the blue coffee cup of the workshop, second shelf, to the left, #12"
LESSON = Lesson(
    LONG, "looking at", 0.4, 24, 60, "looks like another very long name that goes on, 0.93"
)


def an_answer(size: tuple[int, int], names: list[str], unknown: bool = False, seen: bool = True):
    width, height = size
    region = Box(width // 3, height // 3, width // 3, height // 3)
    view = SegmentView(int(seen), "running", region, 0.0, 1.0, 3)
    shares = np.arange(len(names), 0, -1) / max(1, sum(range(len(names) + 1)))
    named = tuple(Hypothesis(n, float(s)) for n, s in zip(names, shares, strict=True))
    latent = np.zeros((1, 1, 1), np.float32)
    return Answer(
        1.0, view, int(seen), region, 1.0, 0.5, latent, 1, named, unknown or not names, 0.81
    )


def ink_height(text: str, size: int, bold: bool = False) -> int:
    rows = np.flatnonzero((mask_of(text, size, bold) > 127).any(axis=1))
    return int(rows[-1] - rows[0] + 1)


def luminance(colour: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB, as WCAG 2.1 defines it."""
    share = np.asarray(colour, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    light, dark = (
        np.maximum(luminance(one), luminance(other)),
        np.minimum(luminance(one), luminance(other)),
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_letters_are_tall_enough_to_read(size: tuple[int, int]) -> None:
    answer = an_answer(size, ["Hammer", "Mug", "Cup"])
    words = [placed.word for placed in lay_out(*size, answer, LESSON).words]
    capitals = [ink_height("H", word.size, word.bold) for word in words]
    assert min(capitals) >= max(8, 0.035 * min(size))
    assert max(capitals) >= max(11, 0.05 * min(size))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("unknown", [False, True])
def test_everything_lies_inside_and_nothing_on_another(size, unknown) -> None:
    answer = an_answer(size, [LONG, "Tüte", "mug"], unknown)
    layout = lay_out(*size, answer, LESSON)
    for box in [p.box for p in layout.words] + layout.plates + [bar[0] for bar in layout.bars]:
        assert box.clipped(*size) == box
    for placed in layout.words:
        assert sum(plate.intersection(placed.box) for plate in layout.plates) == placed.box.area
    for one, other in itertools.combinations(layout.words, 2):
        assert one.box.intersection(other.box) == 0, (one.word.text, other.word.text)
    covered = sum(plate.area for plate in layout.plates)
    assert covered < 0.62 * size[0] * size[1]
    texts = " ".join(placed.word.text for placed in layout.words)
    for part in ("24/60", "looking at the blue", "0.50", ELLIPSIS):
        assert part in texts


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("ground", ["black", "white", "noise", "stripes"])
def test_letters_stand_out_from_every_picture(ground: str, unknown: bool) -> None:
    size = (320, 240)
    image = np.zeros((240, 320, 3), np.uint8)
    if ground == "white":
        image[:] = 255
    elif ground == "noise":
        image = np.random.default_rng(0).integers(0, 256, image.shape, np.uint8)
    elif ground == "stripes":
        image[:, ::4] = (255, 255, 0)
    answer = an_answer(size, ["Hammer", "Mug", "Cup"], unknown)
    drawn = annotate(image, answer, LESSON)
    for placed in lay_out(*size, answer, LESSON).words:
        word, box = placed.word, placed.box
        mask = mask_of(word.text, word.size, word.bold)
        part = drawn[box.y : box.y + box.height, box.x : box.x + box.width].reshape(-1, 3)
        inked, bare = part[mask.ravel() > 240], part[mask.ravel() == 0]
        assert len(inked) >= 8
        # The ground's brightest pixel against the ink: the worst of all pairs of pixels.
        worst = bare[luminance(bare).argmax()]
        assert contrast(inked, worst).min() >= 4.5, word.text


def test_colours_are_not_the_only_sign() -> None:
    for names, unknown, seen, said in (
        (["mug"], False, True, "mug"),
        (["mug"], True, True, "unknown"),
        (["mug"], True, False, "nobody in view"),
        ([], True, True, "nothing learned yet"),
    ):
        layout = lay_out(640, 480, an_answer((640, 480), names, unknown, seen), None)
        assert layout.words[0].word.text == said
    assert len({KNOWN, UNKNOWN, TEACHING, INK}) == 4


@pytest.mark.parametrize("name", ["Tüte Äpfel", "чашка", "φλιτζάνι", "cafetière", "šálek", "½ m²"])
def test_names_of_many_scripts_are_drawn_with_their_own_letters(name: str) -> None:
    other = "".join(MISSING if not c.isascii() else c for c in name)
    question = "".join("?" if not c.isascii() else c for c in name)
    drawn = mask_of(name, 32)
    for wrong in (other, question):
        compared = mask_of(wrong, 32)
        assert drawn.shape != compared.shape or (drawn != compared).any()
    letters = {character: mask_of(character, 32).tobytes() for character in set(name) - {" "}}
    assert len(set(letters.values())) == len(letters), "no two letters look alike"


def test_a_letter_that_no_font_has_is_shown_as_missing(monkeypatch) -> None:
    monkeypatch.setattr(lettering, "_on_the_machine", tuple)
    for cache in (lettering.mask_of, lettering._font_for):
        cache.cache_clear()
    try:
        assert (mask_of("\U0001f9ff", 32) == mask_of(MISSING, 32)).all()
    finally:
        for cache in (lettering.mask_of, lettering._font_for):
            cache.cache_clear()


def test_a_font_of_the_machine_is_taken_where_ours_lacks_the_letters(monkeypatch) -> None:
    cup = "\u8336\u7897"
    ours, theirs = lettering._bundled(bold=False), lettering._bundled(bold=True)
    monkeypatch.setattr(lettering, "_on_the_machine", lambda: (theirs,))
    lacking = lettering._characters
    monkeypatch.setattr(
        lettering,
        "_characters",
        lambda path: lacking(path) | ({0x8336, 0x7897} if path == theirs else set()),
    )
    lettering._font_for.cache_clear()
    try:
        assert lettering._font_for(cup, False) == theirs
        assert lettering._font_for("cup", False) == ours
    finally:
        lettering._font_for.cache_clear()


@given(st.text(max_size=80), st.integers(9, 40), st.integers(20, 400))
@settings(max_examples=60, deadline=None)
def test_shortened_text_fits_and_begins_alike(text: str, size: int, most: int) -> None:
    short = shortened(text, size, most)
    assert short == text or short.endswith(ELLIPSIS)
    assert width_of(short, size) <= most or short == ELLIPSIS
    assert text.startswith(short.removesuffix(ELLIPSIS)) or short == text


@given(st.integers(8, 400), st.integers(8, 400), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_size_of_image_can_be_drawn_on(width, height, unknown, taught) -> None:
    image = np.full((height, width, 3), 120, np.uint8)
    drawn = annotate(
        image, an_answer((width, height), [LONG, "m"], unknown), LESSON if taught else None
    )
    assert drawn.shape == image.shape
    assert (image == 120).all()


def test_a_picture_shrunk_to_a_phone_can_still_be_read() -> None:
    """At 4K everything is scaled up, so that the shrunken picture looks like a small one."""
    tall = ink_height(
        "H", lay_out(3840, 2160, an_answer((3840, 2160), ["H"]), None).words[0].word.size
    )
    assert tall * 360 / 2160 >= 12
    image = annotate(np.zeros((2160, 3840, 3), np.uint8), an_answer((3840, 2160), ["Hammer"]), None)
    small = cv2.resize(image, (640, 360), interpolation=cv2.INTER_AREA)
    assert small.max() > 200
