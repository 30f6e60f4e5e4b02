"""Whether two stored images show the same.

Their pixels are compared within a tolerance if Pillow is installed: the same figure comes out a
little different with other fonts or another version of Matplotlib. Without Pillow, their bytes are.
"""

from __future__ import annotations

import base64
import binascii
from io import BytesIO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from PIL.Image import Image

# How the files of images begin whose pixels can be compared.
_BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_TOLERANCE = 2.0  # of 255: how much the pixels may differ, as the root of the mean square
_MOST_PIXELS = 1 << 25  # a larger image is not unpacked


def same_image(old: object, new: object) -> bool:
    """Whether two images, as a notebook stores them, show the same.

    What is stored may be no image at all: then the new one only has to be there.
    """
    old_bytes = _decode(old)
    new_bytes = _decode(new)
    if old_bytes == new_bytes or not old_bytes.startswith(_BEGINNINGS):
        return True
    old_image = _open(old_bytes)
    new_image = _open(new_bytes)
    if old_image is None or new_image is None:
        return False
    return old_image.size == new_image.size and _difference(old_image, new_image) <= _TOLERANCE


def _decode(stored: object) -> bytes:
    """The bytes of an image: a notebook stores them as text, in one piece or in lines."""
    text = "".join(stored) if isinstance(stored, list) else str(stored)
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _open(data: bytes) -> Image | None:
    """The image in a file, on a white ground; None if it cannot be read, or nothing can read it."""
    try:
        from PIL import Image
    except ImportError:
        return None
    try:
        file = Image.open(BytesIO(data))
        if file.width * file.height > _MOST_PIXELS:
            return None
        image = file.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image).convert("RGB")
    except Exception:  # a damaged file can bring about any error
        return None


def _difference(old: Image, new: Image) -> float:
    """How much the pixels of two images differ: the root of the mean square, from 0 to 255."""
    from PIL import ImageChops, ImageStat

    return max(ImageStat.Stat(ImageChops.difference(old, new)).rms)
