"""What stands in a pupil's sentence and is not said of the pupil: subjects, titles, offices, parts, good causes.

"Ama won the fair with a project on epilepsy" tells nothing of Ama's health, "our mental health champions are" nothing
of theirs, "Kofi sings 'Cry Me a River'" nothing of tears, and who raised money for children with cancer has none. The
words of such a frame are blanked out before a sentence is searched for terms; offsets stay. What stands outside the
frame counts as ever: "Ama missed the talk on epilepsy because of a fit" is about a fit.

All of this is looked at only where a term was found beside a name.
"""

from __future__ import annotations

import re

from mailguard.recognise.categories import Topics, topics_of
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.pursuits import PURSUITS, STOP, TO_NAME
from mailguard.recognise.sieve import Sieve

_SUBJECT = re.compile(
    r"\b(?:projects?|interview(?:s|ed|ing)? (?:the |a |our )?\w+|(?:a|the|his|her|our|their|short|first|"
    r"class) talks?|assembl(?:y|ies)|speech(?:es)?|lectures?|"
    r"presentations?|debates?|debated|posters?|songs?|raps?|films?|documentar(?:y|ies)|podcasts?|exhibitions?|"
    r"exhibits?|campaign(?:s|ed|ing)?|workshops?|quiz(?:zes)?|sketch(?:es)?|musicals?|leaflets?|articles?|"
    r"experiments?|"
    r"investigations?|scale models?|models?|sculptures?|research|lessons?|novels?|books?|stor(?:y|ies)|tales?|"
    r"reports? to the council|"
    r"questions? to the (?:mayor|council|governors|panel)|spoke to (?:us|the (?:whole )?\w+)|"
    r"told (?:us|(?:the|our) (?:whole )?(?:assembly|school|class|audience|hall)))"
    r"(?:\s\w+)?\s(?:on (?!hold\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day|the \d|\d)|about |against |called |"
    r"entitled |explaining |exploring |how |why |of (?=the\b|a\b|an\b))(?!his\b|her\b|him\b|"
    r"their\b)(?P<said>" + STOP + ")",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"\b(?P<said>(?:[\w’'-]+[ -]){1,2}?(?:ambassadors?|champions?|reps?|representatives?|campaigners?|awareness "
    r"(?:day|week|month)|(?:mentors|listeners|mediators) in training))\b|"
    r"\b(?P<peer>(?:peer|junior|young|trained) (?:mentors?|listeners?|mediators?|first aiders?|lifeguards?|"
    r"medics?|police|"
    r"doctors?|wardens?|leaders?))\b|"
    r"\b(?P<week>(?:mental[ -]health|well-?being|anti-?bullying|autism|diabetes|epilepsy|asthma|dyslexia|cancer|deaf|"
    r"attendance|behaviour|allergy|safety|health|refugee|feelings)[ -](?:day|week|month|assembly|council|panel|"
    r"survey|"
    r"charter|pledge|display|corner|poll|fair|cup|"
    r"award|walk|run|campaign|club|workshop))\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\b(?:rais(?:ed?|ing)|collect(?:ed|ing)?|donat\w+|sponsor\w*|fund-?rais\w+|in aid|charity|gave|given|"
    r"giving|cut off|"
    r"walk(?:ed|ing)?|r[au]n(?:ning)?|sw[ai]m(?:ming)?|cycl(?:ed|ing)|baked?|baking|sold|knitted|sang|sewed|made|"
    r"packed|hospice)\b[^.!?;\n]{0,60}?"
    r"\b(?P<said>(?:for|to|of|help) (?:a charity|charity|children|people|those|babies|patients|sufferers|cancer|"
    r"families|"
    r"(?:the|our)(?: local| town['’]s| county)? (?:hospices?|homeless|food ?bank|hospital|air ambulance|"
    r"ambulance|lifeboat\w*|blind|"
    r"elderly|poor|sick|hungry|troops|refugees?|charity|appeal|shelter|fund|surgery))\b" + STOP + ")",
    re.IGNORECASE,
)
_GIFTS = re.compile(r"\b(?:tins?|collection|donations?|driver|appeal|parcels?)\b", re.IGNORECASE)
_FOOD_BANK = re.compile(r"\bfood ?bank(?:['’]s)?\b", re.IGNORECASE)
_TITLE = re.compile(
    r"\b(?:sings?|sang|singing|plays?|played|performs?|performed|reads?|recit\w+|poems?|songs?|pieces?|stor(?:y|"
    r"ies)|pictures?|"
    r"paintings?|called|titled?|entitled|books?|films?|came (?:first|second|third|last)|won|wins|"
    r"shows?|showed|built|displayed|"
    r"exhibit\w*|by)\b[^\n\"“”.]{0,60}?[\"“](?P<said>[^\"“”\n]{2,70})[\"”]",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:plays|played|playing|acts|acted|stars? as|cast as|appears? as|(?:dressed|dresses) (?:up )?as|c[ao]mes? as|"
    r"went as|auditions? for|auditioned for|(?:the )?(?:part|role) of|in the role of|takes? the part of)\s"
    r"(?P<said>(?:the|an?|our|mad|poor|old|third|first) (?!role\b|part\b|looked[ -]after\b|"
    r"young carer\b)\w+(?: \w+){0,2}?)"
    r"(?=[.,;:!?\n)]|\s(?:and|in|who|with|on|at|for)\b|$)",
    re.IGNORECASE,
)
_PRETENCE = re.compile(
    r"\b(?:mock (?:trial|election|interview|court)|bar (?:mock )?(?:trial )?competition|murder mystery|in character|"
    r"(?:as|played) the (?:accused|defendant|villain|burglar|thief|prisoner)\b|(?:case|trial) of the stolen)\b",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"\b(?:nurses?|doctors?|dentist|police\w*|pcso?|officers?|vicar|rabbi|imam|paramedics?|fire ?fighters?|vet|"
    r"speakers?|"
    r"authors?|visitors?|charity|samaritans|coastguard|lawyer|mp|mayor|we|assembl(?:y|ies)|stalls?)\b[^.!?;\n]{0,30}?"
    r"\b(?:talks?|speaks?|talking|speaking|advises?|explains?|answers? questions)\b(?: (?:to|with|"
    r"in) [^.,!?;\n]{0,40}?)? "
    r"(?:on|about|how|why)\b(?! (?:him|her|his|what)\b)(?P<said>" + STOP + ")",
    re.IGNORECASE,
)
_FOR_ALL = re.compile(
    r"\b(?:prayers?|poems?|hymns?|songs?|silence|candles?|wreaths?)\b[^.!?;:,\n]{0,30}? (?P<said>for (?:all|"
    r"those|the|everyone|"
    r"people|children|families|soldiers) (?!pupil|class|team|school)" + STOP + ")",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?P<said>(?:somebody|someone|(?:an? |the )?(?:old |elderly |lonely |little |crying |younger |"
    r"young )*(?:man|lady|woman|toddler|"
    r"stranger|visitor|pensioner|neighbour|little one)) (?:who |that )?(?:was|were|is|had|felt|looked|"
    r"has)\b)(?P<rest>" + STOP + ")",
    re.IGNORECASE,
)
_POST = re.compile(
    r"(?:^|[|,])[ \t]*(?P<said>(?:(?:assistant|deputy|acting|whole[ -]school) )?(?:SEND?Co|"
    r"SEN manager))[ \t]*(?=$|\|)|"
    r"\b[A-Z][\w’'-]+ (?P<school>special school)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Whoever signs, and the school's own name."""
_AWAY = (
    r" (?:is|was|will be|has been|are) (?:still |also |now )?"
    r"(?:away|absent|off(?: sick)?|ill|sick|unwell|poorly|not well|in hospital|on (?:a course|leave|jury service))\b"
)
_TEACHER = re.compile(
    r"\b(?:[Tt]he|[Oo]ur|[Yy]our|[Tt]heir|[Hh]is|[Hh]er) "
    r"(?:\w+ )?(?:teacher|tutor|coach|instructor|conductor|accompanist|driver|leader)(?P<said>" + _AWAY + r")|"
    r"\b(?:M(?:r|rs|s|iss|x)|Dr|Sir)\.? [A-Z][\w’'-]+(?: [A-Z][\w’'-]+)?(?P<gone>" + _AWAY + r")"
    r"(?=[^.!?\n]{0,120}\b(?:lessons?|practices?|rehearsals?|clubs?|training|sessions?|choir|orchestra|band)\b)"
)
"""A grown-up who is away, so that a lesson moves. A name alone may be a parent's."""
_SITS = re.compile(
    r"\b(?:do(?:es|ing)?|tak(?:es?|ing)|sit(?:s|ting)?|has|have|entered for|times? (?:for|of))\s"
    r"(?:the |his |her |their |a )?"
    r"(?P<said>(?:[\w-]+ )?grade (?:\d|one|two|three|four|five|six|seven|eight) (?:[\w-]+ )?"
    r"(?:exams?|examinations?|tests?))"
    r"(?=[^.!?\n]{0,40}\b(?:on|at|from|in (?:the|room))\b)",
    re.IGNORECASE,
)
"""When and where a music exam is, before anybody has marked it."""
_NAMED_CAUSE = re.compile(
    r"\b(?i:rais(?:ed?|ing)|collect\w*|donat\w+|sponsor\w*|fund-?rais\w+|walk(?:ed|ing)?|r[au]n(?:ning)?|"
    r"sw[ai]m(?:ming)?|cycl(?:ed|ing)|bak(?:ed?|ing)|sold|sang|stall|proceeds|sale|coffee morning|disco|"
    r"fair)\b[^.!?;\n]{0,60}?"
    r"\b(?:for|in aid of) (?P<said>(?:the )?(?:[A-Z][\w’'&-]+ ){1,4}(?:UK|Trust|Hospitals?|Hospice|Foundation|"
    r"Society|"
    r"Fund|Research|Relief|Aid|Association|Charity|Appeal|Ward|Need))\b"
)
_GOING_ROUND = re.compile(
    r"(?P<said>\b[A-Za-z][\w’' -]{2,40}) (?:is|are) (?:all )?(?:about|around|going a?round|doing the rounds)\b"
    r"(?= ?(?:[.,;:!?\n]|$|in\b|at\b|again\b|this\b|now\b|just\b))",
    re.IGNORECASE,
)
"""An illness of many; "the referral is about" somebody is none."""
_GROWN_UP = re.compile(
    r"\b(?i:goodbye|farewell|thanks|thank you|welcome|congratulations|well done) to (?:M(?:r|rs|s|iss|x)|Dr)\.? "
    r"[A-Z][\w’'-]+,? who\b(?P<said>(?:(?!  |\b(?:he|she|him|his|her)\b)[^.!?\n])*)(?=[.!?\n]|$)"
)
"""What the school tells of its staff; a parent may have a title too."""
_ASKED = re.compile(
    r"\basked (?:the|our|a|an) (?P<said>[\w-]+(?: [\w-]+)?) (?=[^.!?\n]{1,30}\bquestions?\b)",
    re.IGNORECASE,
)
_JOB = re.compile(
    r"\b(?:mum|dad|mother|father|parents?|gran\w*|nan|uncle|aunt|brother|sister|stepdad|stepmum)(?:,|,? who (?:is|"
    r"works as)| is|,? who['’]s) "
    r"(?:an?|our|the) (?P<said>(?:[\w-]+ )?(?:nurse|doctor|gp|dentist|paramedic|police (?:officer|dog handler)|"
    r"policeman|"
    r"policewoman|pcso|social worker|psychologist|counsellor|psychiatrist|midwife|surgeon|pharmacist|optician|"
    r"therapist|"
    r"physiotherapist|health visitor|carer|first aider|vet|lawyer|solicitor|judge|magistrate|prison officer))"
    r"(?= (?:and|who|at|in|on|by|for|came|brought|told|showed)\b|[,.;!?\n]|$)",
    re.IGNORECASE,
)
"""What somebody's mother does for a living."""
_SOME = re.compile(
    r"(?:^|[.;:!?(]|, (?:as|because|since)|\b(?:note|remember|aware) that|\b(?:as|because|since)) ?"
    r"(?P<said>(?:some|several|many|a few|lots|a number)(?: of (?:our|the))? (?:other )?(?:children|pupils|"
    r"students|people|families|classmates) (?:have|has|are|may|might|suffer|get|bring|cannot)\b"
    r"(?![^.;!?\n]*\b(?:him|her|his|them)\b)" + TO_NAME + ")",
    re.IGNORECASE,
)
_LOOKED_AFTER = re.compile(
    r"(?<!\bis )(?<!\bwas )(?<!\bbe )(?<!\bbeen )(?<!\bare )(?<!\bbeing )(?<!\bwell )(?<!\ba )"
    r"\b(?P<said>look(?:s|ed|ing)? after) (?=(?:an?|the|our|some|two|three|four|each|everyone|everybody|us|me|"
    r"(?:his|her|their) (?:bag|"
    r"coat|things|book|books|shoes|glasses|phone|kit|lunch|seat|place|pet|dog|cat|rabbit|friends?)|"
    r"Mr|Mrs|Miss|Ms)\b)"
)
_JOY = re.compile(
    r"\b(?P<said>(?:cr(?:y|ies|ied|ying)|tears?|wept|sobb?(?:ed|ing)|scream(?:s|ed|ing)?|shriek(?:s|ed|ing)?)) "
    r"(?:for|of|with) (?:pure |sheer )?(?:joy|laughter|laughing|happiness|delight|pride)\b",
    re.IGNORECASE,
)
_STAFF_MISSED = re.compile(
    r"\b(?i:miss(?:es|ed)?|get well soon|cards? (?:for|to)|flowers (?:for|to)|(?:good|best) wishes to|love to|"
    r"standing in for|"
    r"covering for|in place of|instead of),? M(?:r|rs|s|iss|x)\.? [A-Z][\w’'-]+,? who(?P<said>" + _AWAY + ")"
)
_PENALTY = re.compile(
    r"\b(?:scor\w+|sav(?:es?|ed|ing)|t(?:ook|akes?|aking)|miss(?:es|ed)?|conced\w+|w[oi]ns?|put away|from|on|"
    r"converted) "
    r"(?P<said>(?:an?|the|two|three|both|one|his|her|last-minute|every) (?:[\w-]+ )?(?:penalt(?:y|ies)|"
    r"conversions?))\b(?! (?:notice|charge|fine)s?\b)",
    re.IGNORECASE,
)
_STUDIES = re.compile(
    r"\b(?:place|offers?|going|off|gone|went|goes|now|leaves?|hopes?|wants?|plans?|"
    r"started)\b[^.!?;,\n]{0,30}?\b(?:to (?:read|"
    r"study|train as|be|become|do)|reading|studying|training (?:as|to be)|a degree in|an apprenticeship in) "
    r"(?P<said>(?:an? |the )?(?:[\w-]+ )?(?:medicine|nursing|nurse|doctor|dentistry|dentist|midwi\w+|law|lawyer|"
    r"paramedic|"
    r"psycholog\w+|social work\w*|criminology|police\w*(?: officer)?|therap\w+|physiotherap\w+|pharmac\w+|"
    r"veterinary \w+|vet|sports science|firefighter))\b",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(?:hand(?:s|ed)|took|g[ai]ves?|returned|brought) (?:it|the (?:wallet|purse|phone|money|bag|keys?|ring|"
    r"watch|bike))"
    r"(?: straight| back)? (?:in )?"
    r"(?P<said>(?:in |over )?to the police)\b",
    re.IGNORECASE,
)
_SPOKE_TO_ALL = re.compile(
    r"\b(?:nurses?|doctors?|dentist|police\w*|pcso|officers?|vicar|paramedics?|fire ?fighters?|vet|speakers?|"
    r"visitors?|"
    r"charity|samaritans|coastguard|lawyer|ambulance|red cross)\b[^.!?;\n]{0,30}?\b(?:talked|spoke|showed|taught|"
    r"told|"
    r"explained|demonstrated)\b (?:to |with )?(?:Years?|our|us|everyone|the (?:whole|class|school|children|"
    r"pupils)|all|"
    r"parents|children|pupils|KS\d|Reception|staff)\b(?! (?:of )?(?:his|her))(?P<said>" + TO_NAME + ")"
)
_DRILL = re.compile(
    r"\b(?:patients?|casualt(?:y|ies)|victims?) (?:when|while|for) (?:the )?(?P<said>(?:St\.? John Ambulance|"
    r"first aiders?|"
    r"red cross|cadets) (?:showed|taught|practised|demonstrated|trained)\b" + STOP + ")",
    re.IGNORECASE,
)
_BROKEN = re.compile(r"\n(?=[a-z])")
_MASKS = (
    *PURSUITS,
    _POST,
    _TEACHER,
    _SITS,
    _NAMED_CAUSE,
    _GOING_ROUND,
    _GROWN_UP,
    _ASKED,
    _JOB,
    _SOME,
    _LOOKED_AFTER,
    _JOY,
    _STAFF_MISSED,
    _PENALTY,
    _STUDIES,
    _FOUND,
    _SPOKE_TO_ALL,
    _DRILL,
    _SUBJECT,
    _SPEAKER,
    _FOR_ALL,
    _OTHER,
    _OFFICE,
    _CAUSE,
    _TITLE,
    _PART,
)
_SIEVE = Sieve(_MASKS)
_OF_A_TITLE = re.compile(r"^(?P<said>.{3,70}?)[,:–-]?\s(?:by|[-–])\s*$", re.IGNORECASE)
_BYLINE = re.compile(
    r"(?:^|[\s,\"”])(?:an? |the )?(?:(?:story|poem|essay|tale|haiku|prayer|words|music|picture|written|composed|"
    r"painted|drawn|"
    r"made|told|read) )?(?:of the week )?(?:is )?by\s*$",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"\b(?:reported|alleged|caused|started|bitten|hit|bullied|pushed|attacked|signed|done|seen|collected|hurt|kicked|"
    r"written up|logged|completed|filled in|owed|paid)\s+by\s*$",
    re.IGNORECASE,
)
_COLON = re.compile(r"[,\s]*\(?\w{0,4}[.\s-]?\w{0,10}\)?\s*:\s")
_I = re.compile(r"\b(?:I|I['’]\w+|[Mm]y|[Ww]e)\b")
_EVIDENCE = re.compile(
    r"\b(?:statement|account|incident|witness\w*|disclosure|interview|log|report|evidence|version)\b", re.I
)
_NOTE = re.compile(
    r"\b(?:notes?|teacher|please|concern\w*|refer\w*|worr\w+|disclos\w+|safeguard\w*|DSL|pass(?:ed)? (?:it |"
    r"this )?on|dictated|"
    r"scribed|somebody should|someone should|see me)\b",
    re.IGNORECASE,
)


def told(text: str, lexicon: Lexicon) -> Topics:
    """Return the topics of what a text says of people: the words of frames left out."""
    topics = topics_of(text, lexicon)
    if not topics.strong and not topics.weak:
        return topics
    bare = unframed(text)
    return topics if bare == text else topics_of(bare, lexicon)


def unframed(text: str) -> str:
    """Return a text with the words of frames blanked out; offsets stay."""
    text = _BROKEN.sub(" ", text)
    passes = _SIEVE.passes(text)
    for number, mask in enumerate(_MASKS) if passes else ():
        if not passes >> number & 1:
            continue
        for match in list(mask.finditer(text)):
            for start, end in (match.span(name) for name in mask.groupindex):
                if start >= 0:
                    text = text[:start] + " " * (end - start) + text[end:]
    if _GIFTS.search(text):
        text = _FOOD_BANK.sub(lambda match: " " * len(match[0]), text)
    return text


def pretends(text: str) -> bool:
    """Return whether a sentence tells of a game of being somebody else: a mock trial, the villain's part."""
    return bool(_PRETENCE.search(text))


def byline(before: str) -> bool:
    """Return whether a line up to a name makes its bearer the author of something ("A poem by ")."""
    return before.rstrip()[-2:].lower() == "by" and bool(_BYLINE.search(before)) and not _OF_PEOPLE.search(before)


def begins_work(text: str, low: int, start: int, end: int, high: int) -> int:
    """Return where an author's line `text[low:high]` with the name at `start` to `end` gives way to the work: at a
    colon, if the work speaks of itself ("If I ruled the world, by Ama: I would ..."), else at its end."""
    colon = _COLON.match(text, end, high)
    if colon is None or not _I.search(text, colon.end(), high):
        return high
    beside = text[low:start]
    return high if speaks_as_staff(text[low:high]) or _EVIDENCE.search(beside) else colon.end()


def speaks_as_staff(text: str) -> bool:
    """Return whether a text beside a pupil's work is a note on it ("please pass on"), not the work."""
    return bool(_NOTE.search(text))


def without_title(before: str) -> str:
    """Return a line up to its author's name without the title ("My Broken Arm, by ")."""
    return before if _OF_PEOPLE.search(before) else _OF_A_TITLE.sub(" ", before)
