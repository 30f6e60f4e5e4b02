"""The outputs of one cell as they arrive: text is merged, displays are updated, floods are cut."""

from __future__ import annotations

import codecs

from .protocol import (
    ClearOutput,
    Display,
    Output,
    ShowResult,
    StreamText,
    UpdateDisplay,
)

TEXT_LIMIT = 1 << 20  # characters of printed text that are kept of one cell
DISPLAY_LIMIT = 1 << 26  # characters of rich outputs (figures, HTML) that are kept of one cell
_OTHER_SIZE = 8  # characters that a number or another short value counts as


class _StreamText:
    """Text that one stream printed without an interruption by another output."""

    def __init__(self, name: str) -> None:
        self.name = name  # "stdout" or "stderr"
        self.pieces: list[str] = []

    def output(self) -> Output:
        """Return the text as a notebook stores it."""
        return {"output_type": "stream", "name": self.name, "text": "".join(self.pieces)}


class Outputs:
    """What one cell prints and displays."""

    def __init__(self) -> None:
        self._items: list[Output | _StreamText] = []
        self._by_display_id: dict[str, list[Output]] = {}  # what `update_display` changes
        make_decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {"stdout": make_decoder("replace"), "stderr": make_decoder("replace")}
        self._text_size = 0  # characters that were printed, kept or not
        self._display_size = 0  # characters that were displayed, kept or not
        self._clear_before_next = False

    def write(self, name: str, data: bytes) -> None:
        """Add bytes that were printed to "stdout" or "stderr"."""
        text = self._decoders[name].decode(data)
        size_before = self._text_size
        self._text_size += len(text)
        if size_before > TEXT_LIMIT or not text:
            return
        if self._text_size > TEXT_LIMIT:
            kept = text[: TEXT_LIMIT - size_before]
            text = f"{kept}\n[output cut here: a cell may print {TEXT_LIMIT:,} characters]\n"
        self._add_text(name, text)

    def _add_text(self, name: str, text: str) -> None:
        """Add text to the last output if the same stream printed it, or as a new output."""
        self._clear_if_asked()
        last = self._items[-1] if self._items else None
        if not isinstance(last, _StreamText) or last.name != name:
            last = _StreamText(name)
            self._items.append(last)
        last.pieces.append(text)

    def take(self, message: object) -> bool:
        """Add what a message reports; return whether it reports an output of a cell."""
        match message:
            case Display(data, metadata, display_id):
                item: Output = {"output_type": "display_data", "data": data, "metadata": metadata}
                self.display(item, display_id)
            case ShowResult(data, metadata, execution_count):
                item = {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": metadata,
                    "execution_count": execution_count,
                }
                self.display(item, None)
            case UpdateDisplay(data, metadata, display_id):
                return self.update(data, metadata, display_id)
            case ClearOutput(wait):
                self.clear(wait)
            case StreamText(name, text):
                self.write(name, text.encode("utf-8", "replace"))
            case _:
                return False
        return True

    def add(self, item: Output) -> None:
        """Add an output that is not cut."""
        self._clear_if_asked()
        if item.get("output_type") == "stream":
            self._add_text(str(item["name"]), str(item["text"]))
        else:
            self._items.append(item)

    def display(self, item: Output, display_id: str | None) -> None:
        """Add a rich output; with a display id, it can be updated later."""
        self._display_size += _size(item["data"])
        if self._display_size > DISPLAY_LIMIT:
            note = f"[output left out: a cell may display {DISPLAY_LIMIT:,} characters]\n"
            self._add_text("stderr", note)
            return
        self._clear_if_asked()
        self._items.append(item)
        if display_id is not None:
            self._by_display_id.setdefault(display_id, []).append(item)

    def update(
        self, data: dict[str, object], metadata: dict[str, object], display_id: str | None
    ) -> bool:
        """Give the outputs with a display id new content; return whether there are any."""
        if display_id is None or display_id not in self._by_display_id:
            return False
        for item in self._by_display_id[display_id]:
            item["data"] = data
            item["metadata"] = metadata
        return True

    def clear(self, wait: bool) -> None:
        """Forget the outputs so far, at once or when the next output comes."""
        self._clear_before_next = wait
        if not wait:
            self._items.clear()
            self._by_display_id.clear()

    def _clear_if_asked(self) -> None:
        if self._clear_before_next:
            self.clear(wait=False)

    @property
    def has_displays(self) -> bool:
        """Whether a later cell may update one of these outputs."""
        return bool(self._by_display_id)

    def items(self) -> list[Output]:
        """Return the outputs as a notebook stores them."""
        found = []
        for item in self._items:
            found.append(item.output() if isinstance(item, _StreamText) else item)
        return found


def _size(data: object) -> int:
    """Return how many characters the data of a rich output has, about."""
    if isinstance(data, dict):
        return sum(_size(value) for value in data.values())
    if isinstance(data, list):
        return sum(_size(value) for value in data)
    if isinstance(data, str):
        return len(data)
    return _OTHER_SIZE
