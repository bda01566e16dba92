"""What is taken out of one XML part of an Office file: who wrote or changed what and when, what was there before, and
whatever leads out of the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from lxml import etree

from services.intake.files.kinds import Removed

# Of the two forms of the standard.
_RELATIONS: Final = {
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_OFFICE_VML: Final = "urn:schemas-microsoft-com:office:office"
_VML: Final = "urn:schemas-microsoft-com:vml"
SOMEBODY: Final = "Author"
"""Who has written every comment."""

# By local name: the same thing has another namespace in each kind of file and each year's extensions.
_GONE: Final = {
    # What was there before.
    "del": Removed.EDIT_HISTORY,
    "moveFrom": Removed.EDIT_HISTORY,
    "delText": Removed.EDIT_HISTORY,
    "delInstrText": Removed.EDIT_HISTORY,
    **dict.fromkeys(
        (
            "rPrChange",
            "pPrChange",
            "sectPrChange",
            "tblPrChange",
            "tblPrExChange",
            "tcPrChange",
            "trPrChange",
            "tblGridChange",
            "numberingChange",
            "cellIns",
            "cellDel",
            "cellMerge",
            "moveFromRangeStart",
            "moveFromRangeEnd",
            "moveToRangeStart",
            "moveToRangeEnd",
            "customXmlInsRangeStart",
            "customXmlInsRangeEnd",
            "customXmlDelRangeStart",
            "customXmlDelRangeEnd",
            "customXmlMoveFromRangeStart",
            "customXmlMoveFromRangeEnd",
            "customXmlMoveToRangeStart",
            "customXmlMoveToRangeEnd",
            "rsids",
            "trackRevisions",
            "revisionPtr",
            "fileVersion",
        ),
        Removed.EDIT_HISTORY,
    ),
    # Names, places in somebody's computer, what belongs to programs.
    "absPath": Removed.AUTHOR,
    "fileSharing": Removed.AUTHOR,
    "writeProtection": Removed.AUTHOR,
    "modifyVerifier": Removed.AUTHOR,
    # Each user's view of a shared book, who made a scenario, who may change what, where it was published to.
    "customWorkbookViews": Removed.AUTHOR,
    "customSheetViews": Removed.AUTHOR,
    "scenarios": Removed.AUTHOR,
    "workbookProtection": Removed.AUTHOR,
    "protectedRanges": Removed.AUTHOR,
    "permStart": Removed.AUTHOR,
    "permEnd": Removed.AUTHOR,
    "webPublishObjects": Removed.AUTHOR,
    "webPublishItems": Removed.AUTHOR,
    # By the name of the file.
    "pivotSource": Removed.HIDDEN_DATA,
    "documentProtection": Removed.HIDDEN_DATA,
    "attachedTemplate": Removed.LINKS,
    "mailMerge": Removed.LINKS,
    "docVars": Removed.HIDDEN_DATA,
    "docId": Removed.HIDDEN_DATA,
    "dataBinding": Removed.HIDDEN_DATA,
    "smartTagPr": Removed.HIDDEN_DATA,
    "custDataLst": Removed.HIDDEN_DATA,
    "extLst": Removed.HIDDEN_DATA,
    "embeddedFontLst": Removed.HIDDEN_DATA,
    "proofState": Removed.EDIT_HISTORY,
}
# Elements that are nothing without the part that they name.
_OF_A_RELATION: Final = {
    "externalData", "OLEObject", "oleObject", "control", "externalReference", "legacyDrawing", "legacyDrawingHF",
    "pivotCache", "altChunk", "subDoc", "hlinkClick", "hlinkHover", "hlinkMouseOver", "hyperlink", "videoFile",
    "audioFile", "wavAudioFile", "quickTimeFile", "media", "tablePart", "drawing", "picture", "sldId", "contentPart",
    "embedRegular", "embedBold", "embedItalic", "embedBoldItalic", "saveThroughXslt", "printerSettings", "tags",
}  # fmt: skip
_LISTS: Final = {
    "externalReferences", "pivotCaches", "hyperlinks", "oleObjects", "controls", "tableParts", "definedNames",
}  # fmt: skip
_HISTORY_IDS: Final = re.compile(r"rsid\w*|paraId|textId|editId|anchorId|uid|documentId|coauthVersion\w*")
_TIMES: Final = {"date", "dateUtc", "dt", "refreshedDate", "created", "modified"}
_DATED: Final = {"comment", "cm", "reply", "ins", "moveTo", "pivotCacheDefinition"}
_SEEN_FIELDS: Final = re.compile(
    r"\s*(PAGE|NUMPAGES|SECTIONPAGES|SECTION|TOC|REF|PAGEREF|NOTEREF|SEQ|STYLEREF|FORMTEXT|FORMCHECKBOX|FORMDROPDOWN)\b"
)
_ELSEWHERE: Final = re.compile(r"\[(\d+|[^\]]+\.xl\w*)\]|\b(HYPERLINK|IMAGE|RTD|WEBSERVICE)\(")
"""In a formula: another book, or something that is fetched or linked."""
_ADDRESSES: Final = {"href", "althref", "src"}
_FILE_NAME: Final = re.compile(r"[/\\]|\.\w{2,5}$|://")


def clean(root: etree._Element, gone: Collection[str]) -> set[Removed]:
    """Changes the part in place; `gone`: the ids of its relations that lead nowhere any more."""
    _without_relations(root, gone)
    removed = set(_without_changes(root))
    removed |= set(_without_people(root))
    removed |= set(_without_outside(root))
    for element in list(root.iter()):
        removed |= set(_clean_attributes(element))
    for element in reversed(list(root.iter())):
        if _is_empty(element):
            _take_out(element)
    return removed


def _is_empty(element: etree._Element) -> bool:
    """A list, a table, or a choice between alternatives, of which nothing is left: programs take that for damage."""
    if _name(element) == "AlternateContent":
        return all(len(one) == 0 for one in element)
    if _name(element) == "tbl":
        return not any(_name(one) == "tr" for one in element)
    return _name(element) in _LISTS and len(element) == 0


def _without_relations(root: etree._Element, gone: Collection[str]) -> None:
    for element in list(root.iter()):
        for name in [key for key in element.attrib if _names_a_relation(etree.QName(key))]:
            if element.get(name) not in gone:
                continue
            if _name(element) == "hyperlink" and len(element):
                _unwrap(element)  # what it shows when pointed at is where it led
                break
            if _name(element) in _OF_A_RELATION:
                _take_out(element)
            else:
                del element.attrib[name]


def _names_a_relation(key: etree.QName) -> bool:
    return key.namespace in _RELATIONS or (key.namespace, key.localname) == (_OFFICE_VML, "relid")


def _without_changes(root: etree._Element) -> Iterator[Removed]:
    """As if every change had been accepted: nobody sees what was written first."""
    for element in list(root.iter()):
        name = _name(element)
        if name == "trPr" and any(_name(one) == "del" for one in element):
            row = element.getparent()
            if row is not None:
                _take_out(row)
                yield Removed.EDIT_HISTORY
        elif name in _GONE and element is not root:
            _take_out(element)
            yield _GONE[name]
    for element in list(root.iter("{*}ins", "{*}moveTo")):
        _unwrap(element)
        yield Removed.EDIT_HISTORY


def _without_people(root: etree._Element) -> Iterator[Removed]:
    known = set[str]()
    for element in root.iter():
        if _name(element) == "author" and element.text not in {None, SOMEBODY}:
            known.add(element.text)
            element.text = SOMEBODY
            yield Removed.AUTHOR
        if _name(element) == "cmAuthor" and element.get("name") != SOMEBODY:
            element.set("name", SOMEBODY)
            element.set("initials", "A")
            yield Removed.AUTHOR
    if known:
        # A spreadsheet writes the name once more, at the head of what was remarked.
        head = re.compile(rf"\A\s*({'|'.join(map(re.escape, known))})(:\s*|\s*$)")
        for element in root.iter("{*}t"):
            element.text = head.sub("", element.text or "")


def _without_outside(root: etree._Element) -> Iterator[Removed]:
    """Fields and formulas that fetch, link or start something; what they last showed stays."""
    for element in list(root.iter()):
        name = _name(element)
        if name == "instrText" and not _SEEN_FIELDS.match(element.text or ""):
            if (element.text or "").strip():
                yield Removed.LINKS
            element.text = ""
        elif name == "fldSimple" and not any(_SEEN_FIELDS.match(value) for value in element.attrib.values()):
            _unwrap(element)
            yield Removed.LINKS
        elif name in {"f", "definedName"} and _ELSEWHERE.search(element.text or ""):
            if element.getnext() is not None and _name(element.getnext()).endswith("Cache"):
                element.text = ""  # of a chart, which has to have one
            else:
                _take_out(element)
            yield Removed.LINKS


def _clean_attributes(element: etree._Element) -> Iterator[Removed]:
    for key in list(element.attrib):
        name = etree.QName(key).localname
        if _HISTORY_IDS.fullmatch(name):
            del element.attrib[key]
            yield Removed.EDIT_HISTORY
        elif name in _TIMES and _name(element) in _DATED:
            del element.attrib[key]
            yield Removed.TIMES
        elif name in {"author", "userName", "refreshedBy"} and element.get(key) != SOMEBODY:
            element.set(key, SOMEBODY)
            yield Removed.AUTHOR
        elif name == "initials":
            element.set(key, "A")
        elif name == "codeName":
            del element.attrib[key]
        elif name in _ADDRESSES and etree.QName(element).namespace == _VML:
            del element.attrib[key]
            yield Removed.LINKS
        elif name in {"descr", "title", "alt"} and (
            _FILE_NAME.search(element.get(key) or "") or etree.QName(key).namespace == _OFFICE_VML
        ):
            # Where a picture came from.
            del element.attrib[key]
            yield Removed.HIDDEN_DATA
        elif name == "name" and _name(element) in {"cNvPr", "docPr"}:
            element.set(key, "Picture")


def _name(element: etree._Element) -> str:
    name: str = etree.QName(element).localname
    return name


def _take_out(element: etree._Element) -> None:
    """With its contents."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _unwrap(element: etree._Element) -> None:
    """Without itself: its contents take its place."""
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    for offset, child in enumerate(list(element)):
        parent.insert(at + offset, child)
    parent.remove(element)
