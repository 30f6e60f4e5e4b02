"""The outputs of one cell as they come in: text merged, displays updated, floods cut."""

from __future__ import annotations

import codecs

TEXT_LIMIT = 1 << 20  # characters of printed text that are kept of one cell
DISPLAY_LIMIT = 1 << 26  # characters of rich outputs (figures, HTML) that are kept of one cell


class Outputs:
    """What a cell prints and displays, as a notebook stores it."""

    def __init__(self) -> None:
        self._items: list[dict] = []
        self._ids: dict[
            str, list[dict]
        ] = {}  # display id -> the outputs that `update_display` changes
        self._decoders = {
            name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("stdout", "stderr")
        }
        self._text = self._displays = 0
        self._clear_next = False

    def write(self, name: str, data: bytes) -> None:
        """Bytes of stdout or stderr."""
        text = self._decoders[name].decode(data)
        before, self._text = self._text, self._text + len(text)
        if before > TEXT_LIMIT or not text:
            return
        if self._text > TEXT_LIMIT:
            text = f"{text[: TEXT_LIMIT - before]}\n[output cut here: a cell may print {TEXT_LIMIT:,} characters]\n"
        self._stream(name, text)

    def _stream(self, name: str, text: str) -> None:
        self._clear_if_asked()
        last = self._items[-1] if self._items else {}
        if last.get("name") == name:
            last["text"].append(text)
        else:
            self._items.append({"output_type": "stream", "name": name, "text": [text]})

    def display(self, item: dict, display_id: str | None) -> None:
        """A rich output; those with a display id can be updated."""
        self._displays += _size(item["data"])
        if self._displays > DISPLAY_LIMIT:
            self._stream(
                "stderr", f"[output left out: a cell may display {DISPLAY_LIMIT:,} characters]\n"
            )
            return
        self._clear_if_asked()
        self._items.append(item)
        if display_id is not None:
            self._ids.setdefault(display_id, []).append(item)

    def update(self, data: dict, metadata: dict, display_id: str) -> bool:
        """New content for the outputs with this display id; False if the cell has none."""
        for item in self._ids.get(display_id, ()):
            item["data"], item["metadata"] = data, metadata
        return display_id in self._ids

    def clear(self, wait: bool) -> None:
        """Forget the outputs so far, at once or when the next one comes."""
        self._clear_next = wait
        if not wait:
            self._items.clear()
            self._ids.clear()

    def _clear_if_asked(self) -> None:
        if self._clear_next:
            self.clear(wait=False)

    @property
    def has_displays(self) -> bool:
        """Whether a later cell may update one of these outputs."""
        return bool(self._ids)

    def items(self) -> list[dict]:
        """The outputs, as in a notebook."""
        return [
            {**item, "text": "".join(item["text"])} if "text" in item else item
            for item in self._items
        ]


def _size(data: object) -> int:
    if isinstance(data, dict):
        return sum(map(_size, data.values()))
    return (
        sum(map(_size, data))
        if isinstance(data, list)
        else len(data)
        if isinstance(data, str)
        else 8
    )
