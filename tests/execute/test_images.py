"""Whether two stored images show the same."""

import base64
import sys
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from literate.execute.images import same_image


def stored(image: Image.Image, kind: str = "PNG") -> str:
    """An image as a notebook stores it."""
    file = BytesIO()
    image.save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def drawing(width: int = 100, line: int = 50, colour: str = "black") -> Image.Image:
    image = Image.new("RGB", (width, 80), "white")
    ImageDraw.Draw(image).line((10, line, 90, line), fill=colour, width=2)
    return image


def test_the_same_image_in_other_bytes():
    image = drawing()
    palette = image.convert("P")
    assert stored(image) != stored(palette)
    assert same_image(stored(image), stored(palette))
    assert same_image([stored(image)[:10], stored(image)[10:]], stored(image) + "\n")


def test_slight_differences_do_not_count():
    assert same_image(stored(drawing()), stored(drawing(colour="#040404")))


@pytest.mark.parametrize("other", [drawing(line=52), drawing(width=101), drawing(colour="red")])
def test_differences_that_count(other):
    assert not same_image(stored(drawing()), stored(other))


def test_an_invisible_ground_is_white():
    image = drawing().convert("RGBA")
    image.putalpha(drawing().convert("L").point(lambda brightness: 255 - brightness))
    assert same_image(stored(drawing()), stored(image))


def test_where_no_image_is_stored_the_new_one_only_has_to_be_there():
    assert same_image("AAAA", stored(drawing()))
    assert same_image("", stored(drawing()))
    assert not same_image(stored(drawing()), "AAAA")


def test_a_damaged_image_is_compared_by_its_bytes():
    damaged = base64.b64encode(b"\x89PNG\r\n and so on").decode()
    assert same_image(damaged, damaged)
    assert not same_image(damaged, stored(drawing()))


def test_without_pillow_bytes_are_compared(monkeypatch):
    image, palette = stored(drawing()), stored(drawing().convert("P"))
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert same_image(image, image)
    assert not same_image(image, palette)
