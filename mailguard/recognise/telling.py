"""Words and turns by which a text goes on about one child, or is for everybody: the patterns of `about`."""

from __future__ import annotations

import re

GREETING = re.compile(
    r"(?:^|\n)[\W_]*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|morning|afternoon|"
    r"for the attention of|fao)"
    r"[ \t]+([^\n,.!:;]{2,60})",
    re.IGNORECASE,
)
_PARENTS_OF = re.compile(
    r"\b(?:parents?|carers?|guardians?|family|mother|father|mum|dad)(?: ?/ ?\w+| and \w+)* of\s*$", re.I
)
_YOURS = re.compile(
    r"\byour (?:\w+ )?(?:child|son|daughter|boy|girl|grandson|granddaughter|grandchild|youngest|eldest|oldest)\W*$",
    re.IGNORECASE,
)
NOT = re.compile(
    r"\b(?<!\byou )(?:not|never|no longer|cannot|unable|\w+n['’]t|unfortunately|sadly|sorry|regret|afraid|"
    r"however|although|despite|"
    r"until further notice|not yet|less than|seldom|rarely|without)\b",
    re.IGNORECASE,
)
GOOD_NOT = re.compile(
    r"\b(?:not (?:one|a single|once)|(?:nobody|no ?one) (?:(?:was|is|got|felt|"
    r"were) (?:homesick|hurt|ill|cold|badly|left out|late|sad|cross|bored|hungry|stung|lost)|slept|"
    r"cried|complained|moved|minded|fell)|never (?:gave|gives|"
    r"complain\w*|once|missed|stopped|seen (?:such|so)|"
    r"been (?:so|such|better|prouder)|had (?:such|so))|without (?:a (?:word|fuss|grumble|single|break|mistake)|"
    r"being asked|any fuss|complain\w*|"
    r"one|stopping|help)|(?:was|"
    r"were|is) not (?:involved|to blame|at fault|hurt|upset|worried|bothered|"
    r"in trouble)|would(?: not|n['’]t) (?:take|stop|give up)|could(?: not|n['’]t) (?:be prouder|"
    r"stop (?:laughing|clapping|smiling)|put it "
    r"down|have (?:asked|done))|(?:has|have|did)(?: not|n['’]t) (?:missed|miss) (?:a|one)|no (?:tears|"
    r"worries|concerns?|problems?|issues?|"
    r"arguments?|quarrels?|fuss|wonder))\b",
    re.IGNORECASE,
)
"""What did not happen, to somebody's credit: "not one quarrel", "never complained", "without being asked"."""
_HOLDS = re.compile(
    r"\b(?:monitors?|captains?|helpers?|leaders?|prefects?|narrators?|winners?|readers?|librarians?|buddy|"
    r"guides?|ushers?|goal ?keepers?|"
    r"keeper|referees?|umpires?|hosts?|editors?|reporters?|photographers?|chefs?|artists?|authors?|bakers?|"
    r"star(?: of the (?:week|day|month))?|"
    r"(?:player|man|girl|boy|pupil|writer|reader|scientist|mathematician|artist|athlete|singer|kindness|rider|"
    r"cook) of the (?:match|day|week|month|"
    r"term|year)|line ?leaders?|tidiest|kindest|fastest|reserves?|subs?|scorers?|timekeepers?|starters?|"
    r"stewards?|marshals?|presenters?|"
    r"soloists?|conductors?|drummers?|ambassadors?|champions?|head (?:boy|girl|pupil)|chair(?:man|woman)?|"
    r"treasurer|secretary|bell ?ringers?|"
    r"torch ?bearers?|flag ?bearers?|santa|elf|mascot|judges?|front cover|cover|drawing|poster|photo|logo|words|"
    r"music)\b"
    r"(?: (?:today|this (?:week|time|month|term|year)|for \w+|in \w+|on \w+))?(?: (?:is|are|was|were|will be|"
    r"goes to|went to|by|of)\b|:| [-–])"
    r"(?: (?:our own|our|the|brave|young|little|lucky|wonderful|superb|brilliant))?\s*$",
    re.IGNORECASE,
)
_HOLDS_ENDS = (
    *(
        " is",
        " are",
        " was",
        " were",
        " will be",
        " goes to",
        " went to",
        " by",
        " of",
        ":",
        " -",
        " –",
        "our own",
        "our",
        "the",
        "brave",
        "young",
    ),
    *("little", "lucky", "wonderful", "superb", "brilliant"),
)
"""How a line ends that `_HOLDS` matches."""
SPAN = re.compile(
    r"\b(?:since|until|till|so far|at the moment|currently|recently|lately|nowadays|these days|no longer|now|twice|"
    r"each (?:day|morning|week|night)|every (?:day|morning|night)|(?:second|third|fourth|fifth|first|\w+) time|"
    r"this (?:morning|afternoon|week|half term|term)|today|yesterday|tonight|last (?:night|week)|from now on|in future|"
    r"already|again|still|keeps?|kept|always|any ?more|hardly|barely|often|for ever|after (?:lunch|break|school|what)|"
    r"most (?:days|mornings|afternoons|lessons)|all (?:week|day|morning|afternoon|night|lunch|term)|"
    r"overdue|outstanding|remains?)\b",
    re.IGNORECASE,
)
CONTRAST = re.compile(
    r"\b(?:though|but|even|only|for once|at last|first (?:time|whole|full)|without|instead|rather than|in spite|"
    r"despite|because|so far|just)\b",
    re.IGNORECASE,
)
CHANGE = re.compile(r"\b(?:out|back|off|away|after|again|still|till|until|keeps?|kept|own|last|down)\b", re.IGNORECASE)
MATTER = re.compile(r"\b(?:what|why|how|who|when|whether|nobody|no one|anyone|anybody)\b", re.IGNORECASE)
ARTICLE = re.compile(r"\b(?:the|a|an|our)\b", re.IGNORECASE)
US_ALL = re.compile(
    r"\b(?:everyone|everybody|you all|all of you|families|the whole (?:school|class)|audience|visitors|volunteers)\b",
    re.I,
)
US = re.compile(r"\b(?:us|ours?)\b")
DOES = re.compile(
    r"(?:\s*\(\w{1,4}\)| of \w{2,4}(?= )|)\s*(?:,[^,\n]{1,40},)?\s*(?:(?:will|can|may) )?"
    r"(?:plays?|reads?|sings?|shows?|showed|won|wins|leads?|led|opens?|opened|"
    r"sets?|asked|paint(?:s|ed)?|ma[dk]es?|buil[dt]s?|found|finds|scor(?:es|ed)|came (?:first|second|third|in|to|as)|"
    r"(?:has |have )?(?:passed (?:his|her|the) (?:first |pre-?)?(?:primary|grade|ballet|dance|tap)|ordered|climbed|"
    r"abseiled|cycled|swam|ran (?:the|a|in)|walked (?:\d|the|to)|performed|danced|recited|acted|baked|cooked|planted|"
    r"raised(?! (?:\w+ )?(?:concerns?|worries|the alarm)\b)|"
    r"helped (?:at|out|us|to|the)|juggled|choreographed|interviewed|coded|knitted|"
    r"tackled|(?:dressed|came) (?:up )?as)|"
    r"speaks?|gives?|gave|starts?|welcomes?|presents?|presented|drew|draws|wrote|writes|designed|"
    r"(?:is|was) (?:the|on|in|our|first|a))\b|\s+and (?=[A-Z])"
)
"""What somebody does in public, just after the name; there is little else that a newsletter tells of a child."""
FIGURE = re.compile(
    r"[£€$]\s?\d|\d\s?%|\b\d+(?:\.\d+)?\s?(?:ml|mg|hours?|days?|weeks?|months?|sessions?|minutes?|lessons?|times|"
    r"points?|occasions)\b|\b(?:a|grade|level)\s\d\b|(?<![\d/])\d{1,3}\s?/\s?\d{2,3}\b(?!/)",
    re.IGNORECASE,
)
REQUEST = re.compile(
    r"\b(?:please|kindly|could you|can you|would you|let (?:me|us) know|"
    r"(?:ring|call|contact|phone|text|tell|ask|chase|warn|speak to|talk to|spoke to|rang|rung|phoned) "
    r"(?:me|us|mum|dad|home|him|her|his|the (?:parents|family|office|head)|parents|nan|gran|carer)|"
    r"get in touch|reply|sign|return|confirm|come in|meet(?:ing)? (?:with )?(?:you|me|us)|discuss|a word|arrange|"
    r"appointment|do not|don['’]t)\b",
    re.IGNORECASE,
)
PRIVATE = re.compile(
    r"\b(?:confidential\w*|in confidence|private(?:ly)?|between us|between you and me|do not (?:share|forward|pass|"
    r"tell|mention)|don['’]t (?:share|forward|tell|mention)|please delete|need to know|sensitive|not for sharing|"
    r"keep (?:this|it) to)\b",
    re.IGNORECASE,
)
HOME = re.compile(
    r"\b(?:mum|mother|dad|father|parents?|carers?|gran\w*|stepdad|stepmum|home|family|sister|brother|sibling|aunt|"
    r"uncle|household|guardian)\b",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"\b(?:thanks?|thank you|grateful|kindly (?:gave|lent|brought)|hooray|enjoyed|lovely|great fun|loved)\b", re.I
)
MUST = re.compile(
    r"\b(?:needs?|must|should|has to|have to|had to|is to|are to|will (?:need|have)|ought|may not|allowed|"
    r"needs to|put(?= {2,}.{0,20}\bdown\b))\b",
    re.IGNORECASE,
)
YEAR = re.compile(r"\s*[(,–-]?\s*(?:in )?(?:Y(?:ea)?r?\s?\d{1,2}|Reception|Nursery|KS\d)\b", re.IGNORECASE)
_BY = re.compile(r"\b(?<!reported )(?<!alleged )(?<!caused )(?<!started )by\s*$", re.IGNORECASE)
SMALL = re.compile(r"\b[a-z]{2,}\b")
WHEN_AND_WHERE = re.compile(
    r"(?m)^(?:(?:Location|Dtstart|Dtend|Duration|Uid): .*$|"
    r"\W*(?:[Mm]essage|[Nn]ote|[Uu]pdate|[Ii]nfo|[Rr]eminder|NB|FYI|[Ii]tem|[Oo]ther|[Nn]ews): |"
    r"\W*(?i:(?:(?:i )?just (?:to say|wanted to say|a (?:quick )?(?:note|reminder))|please note|"
    r"i (?:just )?want(?:ed)? to let you know|as you (?:may |all )?know,?|(?:can|may) i (?:just )?remind you|"
    r"(?:a )?(?:quick )?reminder|for (?:your )?info(?:rmation)?,?|fyi,?|hi (?:both|all|team),)(?: that)? ))"
)
"""Lines of a calendar entry, labels and what leads in, that say nothing of anybody."""


HELPED = re.compile(
    r"\b(?:has|have|had|is|was|gets?|got|needs?|been|being|will be|having|goes|went|put|moved|now) (?:(?:been|being|"
    r"given|getting|offered|put|in|on|to|for|with|some|more|extra|additional|daily|weekly|one[- ]to[- ]one) ){1,4}|"
    r"\b(?:extra|additional|one[- ]to[- ]one|booster|catch[- ]up|because|since|after|support)\b",
    re.IGNORECASE,
)
"""What is done for a child, or why: no award."""


def leads_from_parents(before: str) -> bool:
    """Return whether a line up to a name greets or speaks of the parents of its bearer."""
    # Cheap tests first, here and below: nearly every line ends otherwise, and the patterns are slow to fail.
    small = before.lower()
    return bool(
        (small.rstrip().endswith("of") and _PARENTS_OF.search(before)) or ("your" in small and _YOURS.search(before))
    )


def leads_from_author(before: str) -> bool:
    """Return whether a line up to a name says that something is by its bearer."""
    return before.rstrip().lower().endswith("by") and bool(_BY.search(before))


def leads_from_office(before: str) -> bool:
    """Return whether a line up to a name says which part its bearer had in what the school does in public."""
    ends = before.rstrip()
    return (not ends.isascii() or ends.lower().endswith(_HOLDS_ENDS)) and bool(_HOLDS.search(before))
