"""A film of two seconds drawn from the slug: H.264 whose every macroblock is plain samples (I_PCM), in an MP4 box.

No encoder is needed for that: ITU-T H.264, sections 7.3.2 to 7.3.5, and ISO/IEC 14496-12 and -15 for the boxes. Large
for what it shows, and good enough to be a film that plays."""

from __future__ import annotations

import math
import re
import struct
from functools import lru_cache

from gateway.demo.media import palette

SIDE = 96
BLOCKS = SIDE // 16
FRAMES, RATE = 16, 8
_ESCAPED = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class _Bits:
    """Bits in the order in which H.264 writes them."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def fixed(self, value: int, width: int) -> _Bits:
        self._text.append(f"{value:0{width}b}")
        return self

    def golomb(self, *values: int) -> _Bits:
        """Unsigned Exp-Golomb codes, section 9.1."""
        for value in values:
            written = f"{value + 1:b}"
            self._text.append("0" * (len(written) - 1) + written)
        return self

    def aligned(self, *, stop: bool) -> bytes:
        """Padded to whole bytes: with a stop bit at the end of a unit, with zeros before samples."""
        text = "".join(self._text) + ("1" if stop else "")
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def _unit(header: int, payload: bytes) -> bytes:
    """A NAL unit; what could be taken for a start code is escaped (section 7.4.1)."""
    return bytes([header]) + _ESCAPED.sub(b"\x00\x00\x03", payload)


def _sequence() -> bytes:
    """Baseline profile, level 3, no prediction from other pictures."""
    bits = _Bits().fixed(66, 8).fixed(0xC0, 8).fixed(30, 8).golomb(0, 0, 2, 0).fixed(0, 1)
    bits.golomb(BLOCKS - 1, BLOCKS - 1).fixed(1, 1).fixed(1, 1).fixed(0, 1).fixed(0, 1)
    return _unit(0x67, bits.aligned(stop=True))


def _picture() -> bytes:
    bits = _Bits().golomb(0, 0).fixed(0, 2).golomb(0, 0, 0).fixed(0, 3).golomb(0, 0, 0).fixed(0b100, 3)
    return _unit(0x68, bits.aligned(stop=True))


def _slice(number: int, blocks: list[bytes]) -> bytes:
    """One picture. Neighbouring ones differ in `idr_pic_id`; the deblocking filter is off."""
    head = (
        _Bits().golomb(0, 7, 0).fixed(0, 4).golomb(number % 2).fixed(0, 2).golomb(0, 1).golomb(25).aligned(stop=False)
    )
    plain = _Bits().golomb(25).aligned(stop=False)
    return _unit(0x65, head + plain.join(blocks) + b"\x80")


def _box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def _full(kind: str, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


@lru_cache(maxsize=32)
def film(slug: str) -> bytes:
    """An MP4 in which the product turns once."""
    units = [_slice(number, _blocks(slug, number)) for number in range(FRAMES)]
    samples = [struct.pack(">I", len(unit)) + unit for unit in units]
    brand = _box("ftyp", b"isom", struct.pack(">I", 512), b"isomavc1")
    offset = len(brand) + len(_movie(samples, 0)) + 8
    return brand + _movie(samples, offset) + _box("mdat", *samples)


def _movie(samples: list[bytes], offset: int) -> bytes:
    """Everything a player needs to know before the samples, which begin at `offset`."""
    sequence, picture = _sequence(), _picture()
    upright = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    size = struct.pack(">2I", SIDE << 16, SIDE << 16)
    config = _box(
        "avcC",
        bytes([1, *sequence[1:4], 0xFF, 0xE1]),
        struct.pack(">H", len(sequence)) + sequence,
        b"\x01" + struct.pack(">H", len(picture)) + picture,
    )
    entry = _box(
        "avc1",
        struct.pack(">6xH16x2H2I4xH32x2H", 1, SIDE, SIDE, 0x480000, 0x480000, 1, 24, 0xFFFF),
        config,
    )
    table = _box(
        "stbl",
        _full("stsd", 0, struct.pack(">I", 1), entry),
        _full("stts", 0, struct.pack(">3I", 1, len(samples), 1)),
        _full("stsc", 0, struct.pack(">4I", 1, 1, len(samples), 1)),
        _full("stsz", 0, struct.pack(f">2I{len(samples)}I", 0, len(samples), *map(len, samples))),
        _full("stco", 0, struct.pack(">2I", 1, offset)),
    )
    where = _box("dinf", _full("dref", 0, struct.pack(">I", 1), _full("url ", 1)))
    media = _box(
        "mdia",
        _full("mdhd", 0, struct.pack(">4I2H", 0, 0, RATE, len(samples), 0x55C4, 0)),
        _full("hdlr", 0, struct.pack(">I4s12x", 0, b"vide"), b"film\0"),
        _box("minf", _full("vmhd", 1, bytes(8)), where, table),
    )
    track = _full("tkhd", 3, struct.pack(">5I8x4H", 0, 0, 1, 0, len(samples), 0, 0, 0, 0), upright, size)
    head = _full(
        "mvhd",
        0,
        struct.pack(">4IIH10x", 0, 0, RATE, len(samples), 0x10000, 0x100),
        upright,
        struct.pack(">24xI", 2),
    )
    return _box("moov", head, _box("trak", track, media))


def _blocks(slug: str, number: int) -> list[bytes]:
    """The macroblocks of a picture, left to right and down: 256 samples of light, 64 and 64 of colour."""
    ground, dark, light = (_ycc(colour) for colour in palette(slug))
    turn = 2 * math.pi * number / FRAMES
    rows = [[_sample(x, y, turn, ground, dark, light) for x in range(SIDE)] for y in range(SIDE)]
    blocks: list[bytes] = []
    for top in range(0, SIDE, 16):
        for left in range(0, SIDE, 16):
            lines = [rows[y][left : left + 16] for y in range(top, top + 16)]
            blocks.append(
                bytes(sample[0] for line in lines for sample in line)
                + bytes(sample[1] for line in lines[::2] for sample in line[::2])
                + bytes(sample[2] for line in lines[::2] for sample in line[::2])
            )
    return blocks


Sample = tuple[int, int, int]


def _sample(x: int, y: int, turn: float, ground: Sample, dark: Sample, light: Sample) -> Sample:
    """A jar with six stripes, seen from the side while it turns."""
    across = (x + 0.5 - SIDE / 2) / (0.3 * SIDE)
    if abs(across) >= 1 or not 0.2 * SIDE < y < 0.82 * SIDE:
        return ground
    if abs(y / SIDE - 0.45) < 0.06:
        return light if math.sin(6 * (math.asin(across) + turn)) > 0 else dark
    return dark


def _ycc(colour: str) -> Sample:
    """`#rrggbb` in the limited range of ITU-R BT.601."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return (
        round(16 + 65.481 * red + 128.553 * green + 24.966 * blue),
        round(128 - 37.797 * red - 74.203 * green + 112.0 * blue),
        round(128 + 112.0 * red - 93.786 * green - 18.214 * blue),
    )
