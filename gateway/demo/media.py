"""Pictures and models of products that do not exist: drawn from the slug, so that nothing binary is shipped."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import msgspec

_PALETTES = {
    "harbour": ("#dfe9f0", "#2f5d7c", "#9cc0d6"),
    "meadow": ("#e8f0e1", "#4d7c3a", "#b5d19c"),
    "ember": ("#f6e6dc", "#a8482b", "#e3a37c"),
    "dune": ("#f3ead9", "#a5803f", "#dcc393"),
    "frost": ("#edf1f4", "#6d8494", "#c6d5de"),
}
_PLAIN = ("#eeeeee", "#555555", "#bbbbbb")
_SIDES = (
    (0, 2, 1, 0, 3, 2),
    (4, 5, 6, 4, 6, 7),
    (0, 1, 5, 0, 5, 4),
    (2, 3, 7, 2, 7, 6),
    (1, 2, 6, 1, 6, 5),
    (0, 4, 7, 0, 7, 3),
)


def picture(slug: str) -> bytes:
    """A vessel in the series' colours whose shape follows from the slug (SVG)."""
    ground, dark, light = palette(slug)
    draw = zlib.crc32(slug.encode())
    width, height, neck = 180 + draw % 160, 240 + draw // 7 % 220, 60 + draw // 31 % 90
    left, top, bottom = 400 - width // 2, 620 - height, 620
    body = (
        f"M{400 - neck},{top} C{left - 40},{top + height // 3} {left},{bottom} {left + 40},{bottom} "
        f"L{800 - left - 40},{bottom} C{800 - left},{bottom} {840 - left},{top + height // 3} {400 + neck},{top} Z"
    )
    band = top + height * (2 + draw % 3) // 6
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" role="img"><rect width="800" height="800" '
        f'fill="{ground}"/><ellipse cx="400" cy="636" rx="{width // 2 + 60}" ry="22" fill="{dark}" opacity=".18"/>'
        f'<defs><clipPath id="c"><path d="{body}"/></clipPath></defs><path d="{body}" fill="{dark}"/>'
        f'<g clip-path="url(#c)"><rect x="0" y="{band}" width="800" height="{20 + draw % 60}" fill="{light}"/>'
        f'<rect x="{400 - width // 3}" y="0" width="26" height="800" fill="#fff" opacity=".16"/></g>'
        f'<ellipse cx="400" cy="{top}" rx="{neck}" ry="14" fill="{light}"/></svg>'
    ).encode()


def gltf(slug: str) -> bytes:
    """A box of 20 centimetres in the series' colour (glTF 2.0, binary)."""
    _, dark, _ = palette(slug)
    colour = [*(int(dark[at : at + 2], 16) / 255 for at in (1, 3, 5)), 1.0]
    points = [(x, y, z) for y in (0.0, 0.2) for x, z in ((-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (-0.1, 0.1))]
    indices = [index for side in _SIDES for index in side]
    blob = struct.pack(f"<{len(indices)}H", *indices) + b"".join(struct.pack("<3f", *point) for point in points)
    scene = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 1}, "indices": 0, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": colour}, "doubleSided": True}],
        "buffers": [{"byteLength": len(blob)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 72, "target": 34963},
            {"buffer": 0, "byteOffset": 72, "byteLength": 96, "target": 34962},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5123, "count": 36, "type": "SCALAR"},
            {
                "bufferView": 1, "componentType": 5126, "count": 8, "type": "VEC3",
                "min": [-0.1, 0.0, -0.1], "max": [0.1, 0.2, 0.1],
            },
        ],
    }  # fmt: skip
    text = msgspec.json.encode(scene)
    text += b" " * (-len(text) % 4)
    blob += b"\0" * (-len(blob) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(blob), 0x004E4942) + blob
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def usdz(slug: str) -> bytes:
    """The same box for iOS: an uncompressed archive whose one file starts at a multiple of 64 bytes, as USDZ asks."""
    _, dark, _ = palette(slug)
    colour = ", ".join(f"{int(dark[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))
    scene = (
        '#usda 1.0\n(\n    defaultPrim = "Thing"\n    metersPerUnit = 1\n    upAxis = "Y"\n)\n'
        'def Cube "Thing"\n{\n    double size = 0.2\n'
        f"    color3f[] primvars:displayColor = [({colour})]\n}}\n"
    ).encode()
    name = "thing.usda"
    entry = zipfile.ZipInfo(name)
    padding = -(30 + len(name) + 4) % 64
    entry.extra = struct.pack("<HH", 0x1986, padding) + b"\0" * padding
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(entry, scene)
    return buffer.getvalue()


def palette(slug: str) -> tuple[str, str, str]:
    """Ground, dark and light of the slug's series."""
    return next((colours for series, colours in _PALETTES.items() if slug.startswith(series)), _PLAIN)
