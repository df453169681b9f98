"""The text in a picture: lines with their boxes and how sure they are, by a model that ships in a wheel.

`mailguard[ocr]` brings RapidOCR with the PP-OCRv6 detector and recogniser, run by ONNX Runtime on one thread. Nothing
is ever fetched: the models lie in the package. Without the extra `available` is False and pictures stay unread.

A picture is brought to a size at which letters of a page are legible (about 180 dots an inch of A4), cut into bands
where it is tall, and turned where its lines stand on end or on their head.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

_SHORT_SIDE = 1480
_FINDING_SIDE = 1000
_LONG_BAND = 2200
_OVERLAP = 120
_WIDEST = 3600
_SMALL_SIDE = 700
_MOST_ENLARGED = 2.0
_PAD = 24
_UPRIGHT = 0.8
_DOUBTFUL = 0.95  # what stands on end makes some sense on its head too
_PROBES = 6
_MOST_FLIPPED = 40
_TALL = 1.5
_SAME_LINE = 0.6

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text that stands on one line without a wide gap: its corners in pixels of the upright picture (upper left, upper
    right, lower right, lower left as it is read) and how sure the model is of its letters, 0 to 1."""

    text: str
    corners: tuple[Point, Point, Point, Point]
    sure: float


@dataclass(slots=True)
class _Box:
    """A place where text stands, its picture, and what was read there."""

    corners: Any
    crop: Any
    text: str = ""
    sure: float = 0.0


_engine: Any = None


def available() -> bool:
    """Return whether the extra `ocr` is installed. Nothing is imported."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def warm() -> None:
    """Load the models and read a line, so that a locked process has all it needs. ImportError without the extra."""
    picture = Image.new("RGB", (320, 64), "white")
    for at in range(20, 300, 24):
        picture.paste((0, 0, 0), (at, 20, at + 4, 44))
        picture.paste((0, 0, 0), (at, 30, at + 14, 34))
    read(picture)
    _recognise([_array(picture)])


def read(picture: Image.Image) -> list[Fragment]:
    """Return the text of a picture, turned so that most of its lines stand upright.

    Cost grows with the picture's size up to a bound an A4 page has, and with the number of its lines."""
    picture = _sized(picture.convert("RGB"))
    boxes = _in_bands(picture)
    if not boxes:
        return []
    if _on_end(boxes):
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        boxes = _in_bands(picture)
    _fill(boxes)
    if _certainty(boxes) < _UPRIGHT and _on_its_head(boxes):
        picture = picture.transpose(Image.Transpose.ROTATE_180)
        boxes = _in_bands(picture)
        _fill(boxes)
    _flip_doubtful(boxes)
    return [_fragment(box) for box in boxes if box.text.strip()]


def _sized(picture: Image.Image) -> Image.Image:
    """Make small letters larger and large pages smaller; a margin helps where text touches the edge."""
    short = max(min(picture.size), 1)
    scale = min(_SHORT_SIDE / short, 1.0)
    if short < _SMALL_SIDE:
        scale = min(_MOST_ENLARGED, _SMALL_SIDE / short)
    scale = min(scale, _WIDEST / picture.width)
    if scale != 1.0:
        size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
        picture = picture.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
    padded = Image.new("RGB", (picture.width + 2 * _PAD, picture.height + 2 * _PAD), picture.getpixel((0, 0)))
    padded.paste(picture, (_PAD, _PAD))
    return padded


def _in_bands(picture: Image.Image) -> list[_Box]:
    """Find the text band by band down the picture; a line belongs to the band that holds its middle."""
    found = []
    for low, high, begin, end in _bands(picture.height):
        for one in _detect(picture.crop((0, low, picture.width, high))):
            middle = low + sum(corner[1] for corner in one.corners) / 4
            if begin <= middle < end:
                one.corners[:, 1] += low
                found.append(one)
    return found


def _bands(length: int) -> Iterator[tuple[float, float, float, float]]:
    """Yield of each band its two ends and the stretch of middles that are its own."""
    count = max(1, -(-(length - _OVERLAP) // (_LONG_BAND - _OVERLAP)))
    step = (length - _OVERLAP) / count if count > 1 else float(length)
    for number in range(count):
        low = int(number * step)
        high = length if number == count - 1 else int((number + 1) * step) + _OVERLAP
        begin = low + _OVERLAP / 2 if number else -1.0
        end = high - _OVERLAP / 2 if number < count - 1 else length + 1.0
        yield low, high, begin, end


def _array(picture: Image.Image) -> Any:
    import numpy

    return numpy.ascontiguousarray(numpy.asarray(picture)[:, :, ::-1])


def _model() -> Any:
    global _engine
    if _engine is None:
        import cv2
        from rapidocr import RapidOCR

        cv2.setNumThreads(1)
        _engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.max_side_len": 4000,  # never reached: the sizes are set here
                "Global.use_vertical_padding": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_side_len": 64,
            }
        )
    return _engine


def _detect(picture: Image.Image) -> list[_Box]:
    """Find where text stands in a smaller copy, and cut it out of the picture itself."""
    scale = min(_FINDING_SIDE / min(picture.size), 1.0)
    size = round(picture.width * scale), round(picture.height * scale)
    model = _model()
    found = model(_array(picture.resize(size, Image.Resampling.BOX)), use_det=True, use_rec=False)
    if found.boxes is None:
        return []
    found.boxes[:, :, 0] *= picture.width / size[0]
    found.boxes[:, :, 1] *= picture.height / size[1]
    corners = _joined(list(found.boxes))
    crops = model.crop_text_regions(_array(picture), corners)
    return [_Box(corners, crop) for corners, crop in zip(corners, crops, strict=True)]


def _joined(boxes: list[Any]) -> list[Any]:
    """Join boxes that share a stretch of one line: the finder cut a word in two and took its middle twice."""
    joined: list[Any] = []
    for box in sorted(boxes, key=lambda box: float(box[0][0])):
        for other in joined:
            if _shares_a_line(other, box):
                if box[1][0] > other[1][0]:
                    other[1], other[2] = box[1], box[2]
                break
        else:
            joined.append(box.copy())
    return joined


def _shares_a_line(left: Any, right: Any) -> bool:
    """Return whether the right box begins inside the left one and stands on the same line there."""
    if not left[0][0] <= right[0][0] < left[1][0] or left[1][0] - left[0][0] < left[3][1] - left[0][1]:
        return False
    along = (right[0][0] - left[0][0]) / (left[1][0] - left[0][0])
    upper = left[0][1] + along * (left[1][1] - left[0][1])
    lower = left[3][1] + along * (left[2][1] - left[3][1])
    shared = min(lower, right[3][1]) - max(upper, right[0][1])
    return bool(shared > _SAME_LINE * min(lower - upper, right[3][1] - right[0][1]) > 0)


def _recognise(crops: Sequence[Any]) -> list[tuple[str, float]]:
    found = _model().recognize_txt(list(crops))
    return list(zip(found.txts, found.scores, strict=True))


def _fill(boxes: list[_Box]) -> None:
    if boxes:
        for box, (text, sure) in zip(boxes, _recognise([box.crop for box in boxes]), strict=True):
            box.text, box.sure = text, float(sure)


def _sides(box: _Box) -> tuple[float, float]:
    upper_left, upper_right, _, lower_left = (tuple(map(float, corner)) for corner in box.corners)
    across = ((upper_right[0] - upper_left[0]) ** 2 + (upper_right[1] - upper_left[1]) ** 2) ** 0.5
    down = ((lower_left[0] - upper_left[0]) ** 2 + (lower_left[1] - upper_left[1]) ** 2) ** 0.5
    return across, down


def _on_end(boxes: list[_Box]) -> bool:
    """Return whether most of the text, by its letters, runs up or down the page: bars of a chart are long, and none."""
    lying = standing = 0.0
    for sides in map(_sides, boxes):
        across, down = (max(side, 1.0) for side in sides)
        if down > _TALL * across:
            standing += down / across
        elif across > _TALL * down:
            lying += across / down
    return standing > lying


def _certainty(boxes: list[_Box]) -> float:
    """Return how sure the longer half of the lines are on average."""
    longest = sorted(boxes, key=lambda box: -max(_sides(box)))[: max(len(boxes) // 2, 1)]
    return sum(box.sure for box in longest) / len(longest)


def _on_its_head(boxes: list[_Box]) -> bool:
    longest = sorted(boxes, key=lambda box: -max(_sides(box)))[:_PROBES]
    turned = _recognise([box.crop[::-1, ::-1].copy() for box in longest])
    return sum(sure for _, sure in turned) > sum(box.sure for box in longest)


def _flip_doubtful(boxes: list[_Box]) -> None:
    """Read standing text that made no sense the other way up."""
    doubtful = [box for box in boxes if box.sure < _DOUBTFUL and _sides(box)[1] > _TALL * _sides(box)[0]]
    doubtful = doubtful[:_MOST_FLIPPED]
    if doubtful:
        for box, (text, sure) in zip(doubtful, _recognise([b.crop[::-1, ::-1].copy() for b in doubtful]), strict=True):
            if sure > box.sure:
                box.text, box.sure = text, float(sure)


def _fragment(box: _Box) -> Fragment:
    first, second, third, fourth = ((float(x), float(y)) for x, y in box.corners)
    return Fragment(box.text, (first, second, third, fourth), box.sure)
