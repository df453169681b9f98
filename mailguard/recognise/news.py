"""Is a part a piece for everybody, a newsletter say, and what do its children do in it?

A newsletter tells of what children did: asked the nurse about asthma, wrote a story about a boy in a wheelchair, wore
pink against cancer. In a letter about one child the same words may be a record; in a piece for everybody what stands
behind such a deed is not the child's own, unless it is called his or hers. What a child *has*, *is*, *needs* or
*suffers* counts in a newsletter as anywhere.
"""

from __future__ import annotations

import re

from mailguard.recognise.categories import Topics
from mailguard.recognise.frames import told
from mailguard.recognise.part import PartView

_TITLE = re.compile(
    r"\b(?:news(?:letter|flash)?|bulletin|round-?up|highlights|what['’]s on|dates for (?:your|the) diary|diary dates|"
    r"(?:week|term|month) in (?:pictures|review|school)|(?:friday|monday|weekly|half[- ]?term|end of term) (?:update|"
    r"message|mail|blog)|gazette|chronicle|herald)\b(?! (?:about|of|on|from|for) )",
    re.IGNORECASE,
)
_TO_EVERYONE = re.compile(
    r"^[ \t>*]*(?:dear|hello|hi|good (?:morning|afternoon|evening)) (?:everyone|everybody)\b",
    re.IGNORECASE | re.MULTILINE,
)
_AMONG_STAFF = re.compile(
    r"\b(?:staff|pastoral|safeguarding|colleagues?|briefing|handover|governors?|cpoms|dsl|send?co|tutors?|teachers|"
    r"cover)\b",
    re.IGNORECASE,
)
"""What a bulletin among those who may know is called."""
_TO_ALL = re.compile(
    r"^[ \t>*]*(?:dear|hello|hi|good (?:morning|afternoon|evening)) (?:all )?(?:families|parents(?: ?(?:,|/|and|"
    r"&) ?(?:carers|guardians)(?: ?(?:,|and|&) ?(?:pupils|children|students|families|friends))?)?|"
    r"pupils|children|girls and boys|boys and girls|friends|school family|parents of (?:year|class|reception|"
    r"nursery)[^,\n]{0,20})[ \t]*(?:[,.!\n]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_APART = re.compile(
    r"^\W*(?:strictly )?(?:private(?: (?:and|&) confidential)?|confidential|in confidence)\b|"
    r"\bin strict(?:est)? confidence\b|\bdo not (?:share|forward)\b|\byour (?:child|son|daughter)(?:['’]s)? (?:has|is|"
    r"was|were|will|did|had|needs|"
    r"must)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""What makes a letter one for a single reader; a disclaimer below it ("this message is confidential") says nothing."""
_STOP = (
    r"(?:(?!,|  |[.!?;:\n]|\s(?:because|after|when|as|since|due|but|so|while|before|until|although|despite|following|"
    r"then|and (?:he|she|then|was|is|has|had|got|needs?)|he|she|who|which|owing|without|if|his|her|him|hers|suffer\w*|"
    r"diagnos\w*|with)\b).)*"
)
_DEED = re.compile(
    r" {4}(?:\s*\([^)\n]{1,12}\))?(?:,[^,.;:!?\n]{1,40},)?(?:['’]s?(?: [\w’'-]+){1,4}?| (?:and|from|of|"
    r"in) [^.;:,!?\n]{1,40}?)?\s(?:(?:has|have|had|also|then|bravely|kindly|really|both|even|just|all|will|"
    r"can) ){0,2}(?P<said>(?:ask(?:s|ed)?|explain(?:s|ed)?|wore|wrote|writes|help(?:s|ed)?|show(?:s|ed)?|open(?:s|"
    r"ed)?|gr[eo]w|rais(?:es?|ed)|play(?:s|ed)?|sign(?:s|ed)? (?:the|our|a|two|three|all|every)|thank(?:s|ed)? (?!us|"
    r"me)|looked after (?:a|an|the|our|two|some)|brought|ba[kt](?:es?|ed)|led|leads|ma[dk]es?|design(?:s|ed)?|drew|"
    r"paint(?:s|ed)?|sang|sings|danc(?:es?|ed)|recit(?:es?|ed)|reads?|won|wins|scor(?:es?|ed)|ran|swam|walk(?:s|ed)?|"
    r"cycl(?:es?|ed)|climb(?:s|ed)?|collect(?:s|ed)?|donat(?:es?|ed)|gave|gives|present(?:s|ed)?|spoke|speaks|"
    r"talk(?:s|ed)?|interview(?:s|ed)?|taught|teach(?:es)?|learn(?:s|ed|t)|plant(?:s|ed)?|built|cook(?:s|ed)?|"
    r"serv(?:es?|ed)|sold|sells|perform(?:s|ed)?|star(?:s|red)|act(?:s|ed)?|represent(?:s|ed)?|organis(?:es?|ed)|"
    r"set up|launch(?:es?|ed)|host(?:s|ed)?|judg(?:es?|ed)|came (?:first|second|third|top|joint|dressed)|took part|"
    r"carried|laid|lit|cut|sewed|knitted|packed|sorted|invent(?:s|ed)?|discover(?:s|ed)?|photograph(?:s|ed)?|film(?:s|"
    r"ed)?|edit(?:s|ed)?|report(?:s|ed)? (?:on|back)|campaign(?:s|ed)?|march(?:es?|ed)|shav(?:es?|ed)|dress(?:es?|ed)|"
    r"described|compared|counted|measured|weighed|sketched|modelled|composed|choreographed|coded|programmed|directed|"
    r"produced|introduced|announced|polished|mended|watered|juggled|nominated|proposed|seconded|debated|argued (?:for|"
    r"that|against)|voted|questioned|researched|investigated|explored|greeted|guided|demonstrated|created|crafted|"
    r"constructed|decorated|carved|stitched|printed|animated|narrated|translated|solved|guessed|commemorated|"
    r"fund-?raised|busked|trekked|hiked|jogged|abseiled|earn(?:s|ed)?|wanted to (?:know|ask|hear|find out)|"
    r"volunteer(?:s|ed)?|quizz(?:es?|ed)|welcom(?:es?|ed)|wants? (?:more|better|a)|is our|are our|"
    r"is the new|are the new|(?:was|were|is|are) (?:voted|elected|"
    r"chosen|named))\b(?! (?:away|out|off|up|signs|for|to)\b)" + _STOP + ")"
)
"""Somebody whose name is blanked out, and what he or she does in public, with what follows in the clause."""


_FIRST, _BEGINNING, _HEADING = 12, 1000, 80
"""A letterhead may stand above the greeting: segments, and characters, in which a greeting or a title is looked for."""
_SEGMENTS, _READ = 40, 3000
_A_PIECE = 400
"""Characters from which on what greets everyone is a piece for families; a shorter one is a note among staff."""


def for_all(view: PartView) -> bool:
    """Return whether a part is a piece for everybody: by its title, or by whom it greets and how it ends."""
    around = view.around
    if around.for_all is None:
        beginning = "\n".join(segment.text[:_BEGINNING] for segment in view.segments[:_FIRST] if not segment.cells)
        titles = (view.title, *view.segments[0].place, beginning[:_HEADING])
        headed = any(map(_TITLE.search, titles)) and not any(map(_AMONG_STAFF.search, titles))
        headed = headed or bool(_TO_ALL.search(beginning[:_BEGINNING]))
        headed = headed or (len(beginning) > _A_PIECE and bool(_TO_EVERYONE.search(beginning[:_BEGINNING])))
        around.for_all = headed and not any(
            _APART.search(segment.text[:_READ]) for segment in view.segments[:_SEGMENTS] if not segment.cells
        )
    return around.for_all


def without_deeds(text: str) -> str:
    """Return a text of a piece for everybody without what stands behind the deeds of its children; offsets stay."""
    for match in list(_DEED.finditer(text)):
        start, end = match.span("said")
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def told_in(view: PartView, text: str) -> Topics:
    """Return the topics of what a text of a part tells of people: in a piece for everybody without their deeds."""
    topics = told(text, view.index.lexicon)
    if (topics.strong or topics.weak) and for_all(view):
        bare = without_deeds(text)
        return topics if bare == text else told(bare, view.index.lexicon)
    return topics
