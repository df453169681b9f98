"""More of what stands in a pupil's sentence and is not said of the pupil: what children do for pleasure or in public.

Exams of music and dance that were passed, work experience, a cake without nuts at the sale, a llama that spat, a place
where somebody lends a hand. `frames` blanks these words out as it does its own.
"""

from __future__ import annotations

import re

STOP = (
    r"(?:(?!,|[.!?;:\n]|\s(?:because|after|when|as|since|due|but|so|while|before|until|although|then|and (?:he|"
    r"she|then|"
    r"was|is|has|had|got|needs?)|he|she|who|which|owing|without|if)\b).)*"
)
"""The rest of a clause: what follows one of these words may be about the pupil again."""
TO_NAME = STOP.replace("(?!,|", "(?!,|  |", 1)
"""As `STOP`, but no further than to a name that is blanked out: what is told of its bearer counts."""
_EXAM_PASSED = re.compile(
    r"\b(?P<said>pass(?:ed|es|ing)?|(?:gain(?:ed|s)|achiev(?:ed|es))(?! grade \d(?: in)? (?:drama|dance)\b)) "
    r"(?:(?:his|her|their|the) )?"
    r"(?P<what>(?:(?:[A-Z]{3,6} )?grade (?:\d|one|two|three|four|five|six|seven|eight)(?: in)? (?:piano|violin|viola|"
    r"cello|double bass|harp|guitar|flute|oboe|clarinet|bassoon|recorder|saxophone|trumpet|cornet|trombone|tuba|"
    r"(?:tenor |french )?horn|drums?(?: kit)?|percussion|organ|ukulele|keyboard|singing|music theory|theory|ballet|tap|"
    r"jazz|modern|dance|acting|drama|LAMDA|speech and drama|karate|judo|gymnastics)|"
    r"(?:pre-?)?primary(?: ballet)?|initial|"
    r"(?:ballet|tap|dance|karate|judo|music|piano|violin|singing|drama|LAMDA) grade \d)"
    r"(?: (?:exam|examination|grading)s?)?)(?= with|[.,!\n]|$)",
    re.IGNORECASE,
)
"""An exam of music or dance that was passed is good news of what somebody does for pleasure; one failed is a result."""
_THEME = re.compile(
    r"\b(?:pieces?|paintings?|dances?|poems?|films?|photo(?:graph)?s?|plays?|works?|artworks?|collages?|sculptures?|"
    r"monologues?|displays?|exhibitions?|portfolios?|essays?|installations?|stor(?:y|ies)|raps?|songs?)\b,? "
    r"(?:on|about|around|exploring|with) (?:the|a) (?:themes?|topics?|subjects?|ideas?|title) of "
    r"(?!his\b|her\b|their\b|how\b|what\b)(?![^.,!?\n]*\b(?:my|me|mum|dad|mummy|daddy|stepdad|at home|wanting)\b)"
    r"(?P<said>" + TO_NAME + ")",
    re.IGNORECASE,
)
_WORKPLACE = (
    r"(?:an?|the) (?:[\w’'-]+ ){0,4}?(?:hospital|surgery|solicitor['’]?s?|police station|clinic|ward|court|"
    r"pharmacy|chemist['’]?s?|dentist['’]?s?|care home|special school|prison|vet['’]?s?)\b"
    r"(?! (?:hearing|case|order|appointment))(?: of the hospital)?"
)
_TO_WORKPLACE = (
    r"(?:(?! because | as | not |n['’]t | who | while | early | appointment)[^.!?\n]){0,80}? (?:at|in|on|with) "
)
_PLACEMENT = re.compile(
    rf"\b(?:work experience|placement)\b{_TO_WORKPLACE}(?P<said>{_WORKPLACE})"
    rf"(?:{_TO_WORKPLACE}(?P<more>{_WORKPLACE}))?",
    re.IGNORECASE,
)
_FREE_FROM = re.compile(
    r"\b(?:bak(?:e|es|ed|ing)|bake-off|cakes?|competition|stall|sale|winners?)\b"
    r"(?:(?! (?:for|needs?|must|has|have|had to|eats?|ate|eating|only|because|as|so|allerg\w+) )[^.!?\n]){0,80}? "
    r"(?P<said>(?:nut|gluten|dairy|egg|wheat|lactose)[- ]free)(?= (?:[\w-]+ )?(?:brownies?|cakes?|flapjacks?|cookies|"
    r"cupcakes|muffins|scones|biscuits|shortbread|sponge)\b)",
    re.IGNORECASE,
)
_ANIMAL = re.compile(
    r"\b(?P<said>(?:spat (?:at|on)|kicked|chased|butted|nipped|pecked)) by (?:an?|the|our|one of the) (?:[\w-]+ )?"
    r"(?:llamas?|alpacas?|camels?|goats?|sheep|lambs?|geese|goose|ducks?|swans?|donkeys?|cows?|chickens?|"
    r"cockerel|emus?|ostrich)\b",
    re.IGNORECASE,
)
_AS_A_JOB = re.compile(
    r"\b(?:came|c[ao]me|served|worked|works|trained|trains|volunteer\w*|began|started|job)\b[^.,;!?\n]{0,40}? "
    r"as an? (?P<said>(?:(?!young )[\w-]+ )?(?:nurse|doctor|gp|dentist|paramedic|midwife|social worker|"
    r"psychologist|counsellor|therapist|police officer|policeman|policewoman|pharmacist|solicitor|prison officer|"
    r"carer(?! (?:for|to|of) (?:his|her|their|mum|dad))))\b",
    re.IGNORECASE,
)
_SCIENCE = re.compile(
    r"(?<!educational )(?<!clinical )(?<!child )\b(?P<said>psychology) (?=(?:trip|students?|prize|cup|awards?|"
    r"a[- ]level|class|lessons?|club|teacher|society|lecture|conference|essay|epq)\b)|"
    r"\b(?:a[- ]levels?(?: in)?|gcse|studies|studying|year 1[0-3]) (?P<learnt>psychology)\b",
    re.IGNORECASE,
)
_LENDS_A_HAND = re.compile(
    r"\b(?:(?<!got )(?<!get )(?<!gets )(?<!getting )(?<!needs )(?<!was )(?<!were )(?<!is )(?<!are )(?<!been )"
    r"(?<!being )"
    r"help(?:s|ed|ing)?(?: out)? (?:in|at)|volunteer(?:s|ed|ing)?(?: \w+)? (?:in|at|for|with)|"
    r"(?:packed|packing|sorted|sorting)(?: [\w-]+){0,3}? (?:in|at|for)|(?:sang|played|performed|singing|playing) "
    r"(?:carols |songs )?(?:at|for)) "
    r"(?P<said>(?:the|our|a) (?:[\w-]+ )?(?:food ?bank|soup kitchen|homeless shelter|shelter|refuge|hospice))\b"
    r"(?! (?:voucher|parcel|referral|for (?:his|her)|(?:where|that|which) ))",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"\b(?i:goodbye|farewell|good luck|best wishes|all the best|bon voyage)\b[^.!?\n]{0,80}?,?"
    r"(?P<said> who (?:is|are|will be) (?:moving|leaving|going|emigrating|off|returning)(?: back| home| away)? "
    r"(?:to|for) (?:the )?"
    r"(?!(?:[A-Z][\w’'-]+ )?(?:Great Ormond|Alder Hey|Court|Foster|Care|Hospital|Hospice|Refuge|House|Home|Unit|Ward|"
    r"Clinic|Special|Secure|Prison|Youth)\b)[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)?"
    r"(?: with (?:his|her|their) (?:family|parents|mum and dad))?)"
    r"(?=[.!?,\n]|$)"
)
_SUBJECT = re.compile(
    r"(?<!\b(?-i:[A-EU]) in )(?<!\b(?-i:[A-EU])\* in )(?<!\b(?-i:[A-EU]) in his )"
    r"(?<!\b(?-i:[A-EU]) in her )(?<! \d in )"
    r"\b(?P<said>(?-i:A)[- ]level) (?=(?:fine )?(?:art|drama|music|dance|photography|textiles|theatre|geography|"
    r"history|biology|chemistry|physics|english|french|spanish|german|psychology|sociology|economics|film|media|pe|"
    r"design|politics|law|students?|class|group|trip|exhibition|show)\b)"
    r"(?![^.!?\n]*\b(?:grades?|predicted|mock|fail\w*|resit\w*|retak\w*|results?|marks?|target|"
    r"(?-i:[A-EU])\*?(?= |$|[.,;]))\b)",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"\b(?:(?:will|is to|are to) speak|(?:speaks|spoke) (?:brilliantly|movingly|well|in assembly|"
    r"at (?:the|our)(?! (?:hearing|tribunal|court|meeting|review|panel|inquest|trial)\b)(?: \w+)?))"
    r" (?:on|about|against|for|in favour of) (?!his\b|her\b|him\b|hers\b|their\b|being\b|having\b|how\b|what\b|the \d|"
    r"hold\b|the (?:phone|telephone)\b|\d|(?:mon|tues|wednes|thurs|fri)day|"
    r"living\b)(?![^.!?\n]*\b(?:hearing|tribunal|court|officers?|trial|inquest|suffered|s?he|him|his|her|counsellor|nurse|doctor|gp|dsl|camhs|mum|dad|mother|father|police|social|mrs?|ms|miss|teacher|"
    r"tutor|head|therapist|psych\w+)\b)(?P<said>" + TO_NAME + ")",
    re.IGNORECASE,
)
"""A speech on a topic; what somebody tells a grown-up is none."""
_BADGE = re.compile(
    r"\b(?P<said>(?:bikeability|cycling proficiency|(?:rookie )?lifeguard|swimming badge|first aid badge)"
    r"(?: training)?,? (?:level|stage|grade) \d(?: pass(?:ed|es)?\b)?)",
    re.IGNORECASE,
)
_SLAPSTICK = re.compile(
    r"\b(?:moustache|beard|wig|hat|crown|halo|tail|false nose|mask|wings?|curtains?|scenery|trousers)\b"
    r"(?:(?! and )[^.,;!?\n]){0,15}? (?P<said>fell)\b",
    re.IGNORECASE,
)
PURSUITS = (
    _SPEAKS,
    _BADGE,
    _SLAPSTICK,
    _EXAM_PASSED,
    _THEME,
    _PLACEMENT,
    _FREE_FROM,
    _ANIMAL,
    _AS_A_JOB,
    _SCIENCE,
    _LENDS_A_HAND,
    _FAREWELL,
    _SUBJECT,
)
"""Patterns whose groups are not said of a pupil."""
