"""A presentation with a marker in every place where Office can keep text, written part by part."""

from documents import handmade_word as word

from mailguard.extract import samples

P = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def _links(**targets: str) -> str:
    items = "".join(f'<Relationship Id="{name}" Target="{target}"/>' for name, target in targets.items())
    return f"<Relationships {RELS}>{items}</Relationships>"


def _shape(text: str, more: str = "") -> str:
    runs = "".join(f"<a:r><a:t>{piece}</a:t></a:r>" for piece in text.split("|"))
    return f"<p:sp><p:nvSpPr><p:cNvPr id='1' name='S' {more}/></p:nvSpPr><p:txBody><a:p>{runs}</a:p></p:txBody></p:sp>"


def _slide(root: str, inner: str, more: str = "") -> str:
    return f"<p:{root} {P} {more}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:{root}>"


def _row(*cells: str) -> str:
    return (
        "<a:tr>"
        + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{c}</a:t></a:r></a:p></a:txBody></a:tc>" for c in cells)
        + "</a:tr>"
    )


def presentation() -> bytes:
    """Return the presentation: slide 1 is slide2.xml, slide 2 is hidden, slide9.xml is in no list."""
    table = f"<a:tbl>{_row('Surname', 'Forename', 'DOB')}{_row('Qxcell', 'Ama', '14/03/2014')}</a:tbl>"
    return samples.package(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/presentation.xml": f'<p:presentation {P}><p:sldIdLst><p:sldId id="256" r:id="a"/><p:sldId id="257" '
            'r:id="b"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": _links(a="slides/slide2.xml", b="slides/slide1.xml"),
            "ppt/slides/slide2.xml": _slide("sld", _shape("Qxs|pl|it", 'descr="Qxalt"') + table),
            "ppt/slides/slide1.xml": _slide("sld", _shape("Qxhiddenslide"), 'show="0"'),
            "ppt/slides/slide9.xml": _slide("sld", _shape("Qxorphan")),
            "ppt/slides/_rels/slide2.xml.rels": _links(
                n="../notesSlides/notesSlide1.xml", c="../comments/comment1.xml", l="mailto:qxlink@family.example"
            ),
            "ppt/notesSlides/notesSlide1.xml": _slide("notes", _shape("Qxnotes")),
            "ppt/comments/comment1.xml": f"<p:cmLst {P}><p:cm><p:text>Qxcomment</p:text></p:cm></p:cmLst>",
            "ppt/comments/modernComment_1.xml": '<p188:cmLst xmlns:p188="http://schemas.microsoft.com/office/powerpoint/'
            '2018/8/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p188:cm><p188:txBody><a:p>'
            "<a:r><a:t>Qxmoderncomment</a:t></a:r></a:p></p188:txBody></p188:cm></p188:cmLst>",
            "ppt/commentAuthors.xml": f'<p:cmAuthorLst {P}><p:cmAuthor id="0" name="Qxcommenter"/></p:cmAuthorLst>',
            "ppt/slideMasters/slideMaster1.xml": _slide("sldMaster", _shape("Qxmaster")),
            "ppt/slideLayouts/slideLayout1.xml": _slide("sldLayout", _shape("Qxlayout")),
            "ppt/handoutMasters/handoutMaster1.xml": _slide("handoutMaster", _shape("Qxhandout")),
            "ppt/charts/chart1.xml": word.CHART,
            "ppt/diagrams/data1.xml": word.DIAGRAM,
            "ppt/embeddings/Book1.xlsx": samples.xlsx(
                '<row r="1"><c r="A1" t="inlineStr"><is><t>Qxembedded</t></is></c></row>'
            ),
            "ppt/tags/tag1.xml": f'<p:tagLst {P}><p:tag name="X" val="Qxtag"/></p:tagLst>',
            "docProps/core.xml": word.CORE,
            "docProps/custom.xml": word.CUSTOM,
        }
    )


PLACES = {
    "text split over runs": "Qxsplit",
    "table row with heads": "Surname: Qxcell | Forename: Ama | DOB: 14/03/2014",
    "alternative text": "Qxalt",
    "hidden slide": "Qxhiddenslide",
    "slide in no list": "Qxorphan",
    "notes": "Qxnotes",
    "comment": "Qxcomment",
    "modern comment": "Qxmoderncomment",
    "comment's author": "Qxcommenter",
    "slide master": "Qxmaster",
    "slide layout": "Qxlayout",
    "handout master": "Qxhandout",
    "chart title": "Qxcharttitle",
    "chart cache": "Qxchartcategory",
    "SmartArt": "Qxdiagram",
    "embedded workbook": "Qxembedded",
    "link": "qxlink@family.example",
    "tag": "Qxtag",
    "property: title": "Qxtitle",
    "custom property": "Qxcustomproperty",
}
