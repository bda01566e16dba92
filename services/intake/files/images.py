"""Pictures: decoded and written anew, so that nothing but their pixels goes over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps, ImageSequence, IptcImagePlugin

from services.intake.files.kinds import Cleaned, FileRefused, Kind, Refusal, Removed

LARGEST: Final = 64_000_000
"""Pixels of a picture, all its frames together: four bytes each when decoded."""

_FORMATS: Final = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP", Kind.GIF: "GIF"}
_QUALITY: Final = {Kind.JPEG: {"quality": 90}, Kind.WEBP: {"quality": 90, "method": 0}}
_AS_IT_IS: Final = {
    Kind.JPEG: ("L", "RGB"),
    Kind.PNG: ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    Kind.WEBP: ("RGB", "RGBA"),
    Kind.GIF: ("L", "P", "RGB", "RGBA"),
}
_SRGB: Final = ImageCms.createProfile("sRGB")
_SPACES: Final = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}

_Base, _Ifd = ExifTags.Base, ExifTags.IFD
_OF_EXIF: Final = {
    Removed.AUTHOR: (_Base.Artist, _Base.Copyright, _Base.XPAuthor, _Base.CameraOwnerName, _Base.HostComputer),
    Removed.TIMES: (_Base.DateTime, _Base.DateTimeOriginal, _Base.DateTimeDigitized),
    Removed.DEVICE: (_Base.Make, _Base.Model, _Base.BodySerialNumber, _Base.LensModel, _Base.LensSerialNumber),
    Removed.SOFTWARE: (_Base.Software, _Base.ProcessingSoftware),
    Removed.NOTES: (_Base.ImageDescription, _Base.UserComment, _Base.XPComment, _Base.XPTitle, _Base.XPKeywords),
}
_OF_XMP: Final = {
    Removed.PLACE: (b"exif:GPS", b"photoshop:City", b"Iptc4xmpCore:Location"),
    Removed.AUTHOR: (b"dc:creator", b"dc:rights", b"photoshop:Credit"),
    Removed.TIMES: (b"xmp:CreateDate", b"xmp:ModifyDate", b"photoshop:DateCreated"),
    Removed.SOFTWARE: (b"xmp:CreatorTool",),
    Removed.EDIT_HISTORY: (b"xmpMM:",),
    Removed.NOTES: (b"dc:description", b"dc:title", b"dc:subject"),
}
_OF_IPTC: Final = {
    Removed.AUTHOR: ((2, 80), (2, 110), (2, 116)),
    Removed.TIMES: ((2, 55), (2, 60)),
    Removed.PLACE: ((2, 90), (2, 92), (2, 95), (2, 101)),
    Removed.NOTES: ((2, 5), (2, 25), (2, 120)),
}
_HARMLESS: Final = {
    _Base.Orientation, _Base.ExifOffset, _Base.GPSInfo, _Base.XResolution, _Base.YResolution, _Base.ResolutionUnit,
    _Base.YCbCrPositioning,
}  # fmt: skip
_ENDS: Final = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b";"}

# Ours counts every frame, and is asked before the first is decoded.
Image.MAX_IMAGE_PIXELS = None


def clean(data: bytes, kind: Kind, *, turn: bool = True) -> Cleaned:
    """The same picture in sRGB, turned as its EXIF says; without `turn` as it lies, for what a document turns itself.
    Raises FileRefused; what a parser raises means unreadable.
    """
    with Image.open(io.BytesIO(data), formats=[_FORMATS[kind]]) as image:
        _check_size(image)
        removed = _told_by(image, data)
        frames = [_pixels(frame, kind, turn=turn) for frame in ImageSequence.Iterator(image)] if _moves(image) else []
        durations = [one.info.get("duration", 0) for one in ImageSequence.Iterator(image)] if frames else []
        loops = image.info.get("loop", 0)
        first = frames[0] if frames else _pixels(image, kind, turn=turn)
    options: dict[str, Any] = dict(_QUALITY.get(kind, {}))
    if frames:
        options |= {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": loops}
        if kind is Kind.GIF:
            # Each frame is whole: nothing of the one before is to shine through.
            options["disposal"] = 2
    out = io.BytesIO()
    first.save(out, _FORMATS[kind], **options)
    return Cleaned(kind, out.getvalue(), removed)


def _moves(image: Image.Image) -> bool:
    # A JPEG of several pictures keeps beside the one that is seen what its camera saw with another lens.
    return bool(getattr(image, "is_animated", False)) and image.format != "MPO"


def _check_size(image: Image.Image) -> None:
    """Before anything is decoded."""
    width, height = image.size
    if width * height > LARGEST or width * height * getattr(image, "n_frames", 1) > LARGEST:
        raise FileRefused(Refusal.IMAGE_BOMB)


def _pixels(image: Image.Image, kind: Kind, *, turn: bool) -> Image.Image:
    """A picture that knows nothing but its pixels, and which of its colours is none."""
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image) if turn else image.copy()
    if profile and upright.mode in _SPACES:
        upright = _in_srgb(upright, profile)
    if upright.mode not in _AS_IT_IS[kind]:
        upright = upright.convert("RGBA" if upright.has_transparency_data and kind is not Kind.JPEG else "RGB")
    upright.info = {name: value for name, value in upright.info.items() if name == "transparency"}
    return upright


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except OSError:
        return image  # a profile that is none says nothing of the colours
    if theirs.profile.xcolor_space != _SPACES[image.mode] or image.mode == "L":
        return image
    converted = ImageCms.profileToProfile(image, theirs, _SRGB, outputMode="RGB")
    assert converted is not None  # not in place
    return converted


def _told_by(image: ImageFile.ImageFile, data: bytes) -> frozenset[Removed]:
    """What the picture tells beside its pixels, for the list that its sender sees; nothing rests on its being whole."""
    removed = set(_of_exif(image))
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    raw = xmp.encode() if isinstance(xmp, str) else xmp
    removed |= {what for what, marks in _OF_XMP.items() if any(mark in raw for mark in marks)}
    iptc = IptcImagePlugin.getiptcinfo(image) or {}
    removed |= {what for what, keys in _OF_IPTC.items() if any(key in iptc for key in keys)}
    texts = getattr(image, "text", {})
    if image.info.get("comment") or any(name != "XML:com.adobe.xmp" for name in texts):
        removed.add(Removed.NOTES)
    if "Author" in texts:
        removed.add(Removed.AUTHOR)
    if image.format == "MPO":
        removed.add(Removed.ATTACHMENTS)
    if not data.rstrip(b"\0").endswith(_ENDS.get(image.format or "", b"")):
        removed.add(Removed.HIDDEN_DATA)
    return frozenset(removed)


def _of_exif(image: Image.Image) -> Iterator[Removed]:
    exif = image.getexif()
    details = exif.get_ifd(_Ifd.Exif)
    for what, tags in _OF_EXIF.items():
        if any(tag in exif or tag in details for tag in tags):
            yield what
    if exif.get_ifd(_Ifd.GPSInfo):
        yield Removed.PLACE
    if exif.get_ifd(_Ifd.IFD1):
        yield Removed.THUMBNAIL
    if set(exif) - _HARMLESS - {tag for tags in _OF_EXIF.values() for tag in tags}:
        yield Removed.HIDDEN_DATA
