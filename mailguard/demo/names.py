"""Names of an invented town: people of the cultures that British schools teach, streets, schools and mail domains.

Every name here is a common one, joined at random; none is a real person. Domains, phone numbers and postcodes are of
the kinds set aside for fiction and documentation (RFC 2606, Ofcom's drama numbers, postcode area ZZ).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Culture:
    """Names that go together; `weight` is how many families of a hundred or so bear them."""

    weight: int
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    surnames: tuple[str, ...]


def _culture(weight: int, girls: str, boys: str, surnames: str) -> Culture:
    return Culture(weight, _words(girls), _words(boys), _words(surnames))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


CULTURES = (
    _culture(
        44,
        "Olivia Amelia Isla Ava Ivy Freya Lily Florence Mia Willow Rosie Sophia Isabella Daisy Evie Poppy Charlotte "
        "Phoebe Eleanor Matilda Harriet Imogen Zoë Chloë Beatrice Martha Jessica Megan Lucy Hannah",
        "Noah Oliver George Arthur Leo Harry Jack Charlie Henry Theo Alfie Freddie Archie Isaac Thomas Edward Samuel "
        "Joseph Finley Reuben Toby Jude Elliot Daniel Benjamin Rory Caleb Kit Ralph Luke",
        "Smith Jones Taylor Brown Wilson Walker Thompson Robinson Wright Hughes Edwards Turner Cooper Ward Morris "
        "Harrison Bennett Shaw Holmes Palmer Fletcher Barnes Chapman Marsden Ashworth Whittle Sutcliffe Hargreaves "
        "Thistlewood Pemberton Smith-Jones Taylor-Reid Kettlewell Oldroyd Hepworth Broadbent",
    ),
    _culture(
        6,
        "Niamh Aoife Ciara Siobhán Orla Róisín Eilidh Mairi",
        "Conor Cillian Seán Declan Fergus Hamish Callum Ruairí",
        "O'Brien O'Sullivan Murphy Byrne McCarthy MacDonald Campbell Fraser McKenzie Ó_Briain",
    ),
    _culture(3, "Cerys Ffion Seren Angharad", "Rhys Gethin Ieuan Llŷr", "Llewellyn Prosser Ap_Rhys Pugh Bevan"),
    _culture(
        9,
        "Aisha Fatima Maryam Zainab Hafsa Inaya Khadija Sana",
        "Muhammad Mohammed Ibrahim Yusuf Hamza Bilal Zayn Ali",
        "Khan Hussain Ahmed Mahmood Iqbal Akhtar Malik Chaudhry",
    ),
    _culture(
        6,
        "Priya Ananya Diya Simran Jasleen Kavya Meera",
        "Arjun Rohan Aarav Gurpreet Harjit Dev Kiran",
        "Patel Singh Kaur Sharma Gill Dhillon Desai Nair",
    ),
    _culture(4, "Nusrat Tahmina Sumaiya Rumana", "Rahim Tanvir Imran Shafiq", "Begum Uddin Miah Chowdhury Rahman"),
    _culture(
        6,
        "Temitope Chiamaka Adaeze Folake Ngozi Abena",
        "Oluwaseun Chukwuemeka Tobi Kwame Emeka Kofi",
        "Adeyemi Okafor Okonkwo Eze Mensah Owusu Adebayo-Cole",
    ),
    _culture(
        6,
        "Zuzanna Maja Oliwia Agnieszka Kinga",
        "Łukasz Jakub Wojciech Szymon Tomasz",
        "Kowalski Nowak Wiśniewski Zieliński Wójcik Lewandowska",
    ),
    _culture(3, "Ioana Andreea Elena", "Ștefan Andrei Matei", "Popescu Ionescu Dumitrescu Țurcanu"),
    _culture(2, "Xin Mei Ling", "Bo Wei Jun", "Xu Chen Li Zhang Wong"),
    _culture(2, "Linh Thảo Mai", "Minh Đức Huy", "Nguyễn Trần Phạm"),
    _culture(3, "Ayaan Hodan Ifrah Sagal", "Abdirahman Liban Guled Warsame", "Abdi Hassan Farah Warsame Jama"),
    _culture(2, "Elif Zeynep Defne", "Emre Yiğit Kerem", "Yılmaz Demir Çelik Öztürk"),
    _culture(2, "Beatriz Inês Leonor", "João Tiago Duarte", "da_Silva Ferreira dos_Santos Pereira"),
    _culture(2, "Oksana Daryna Solomiya", "Bohdan Taras Danylo", "Shevchenko Kovalenko Bondarenko"),
    _culture(2, "Shanice Keziah Tiana", "Tyrell Jermaine Andre", "Campbell-Grant Gayle Beckford Francis"),
    _culture(2, "Summer Grace Rose Hope", "Will Mark Grant Max", "Day May Hill Field Long Bishop"),
)

MOTHERS = _words(
    "Una Helen Rachel Kate Emma Joanne Nicola Tracey Gemma Farah Nadia Sunita Amina Ewa Grace Claire Donna"
)
FATHERS = _words(
    "Paul Steven Andrew Gareth Neil Tariq Anil Kofi Piotr Craig Darren Stuart Imran Mehmet Duncan Ian Victor"
)

STREETS = _words(
    "Bramble_Lane Canal_Street Mill_Bank Quarry_Road Station_Approach Chapel_Walk Larkspur_Close Foundry_Terrace "
    "Tanyard_Row Heron_Way Kestrel_Avenue Wharf_Road Cobbler's_Yard Lime_Grove Weaver_Street Sandpit_Hill Ferry_Lane "
    "Orchard_Rise Beacon_Drive Saddler_Court Thorn_Crescent Old_Brewery_Mews Harbour_View Plough_Lane Miller's_Green"
)
TOWNS = _words("Netherby Coldbrook Wexham_Bridge Marlowe Thornaby_Cross Kingsmere Haverleigh Stanwick")
COUNTIES = _words("Exampleshire Northmarch Westerland Fenshire")
MAIL_DOMAINS = _words("postbox.example homemail.test letterbox.example inbox.test pigeonpost.example quickmail.test")
PRIMARIES = _words("Oakfield Oakhurst Oakwood_Park Oak_Meadow Oakdene")
SECONDARIES = _words("Elmbrook Elmstead Elm_Tree Elmhurst Elmgate")
