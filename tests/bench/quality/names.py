"""Invented names as British schools have them: forenames of girls and boys and surnames, by culture."""

from __future__ import annotations

from bench.quality.more_names import MORE

# culture: (girls, boys, surnames), blank separated; an underscore stands for a blank inside a name.
POOLS: dict[str, tuple[str, str, str]] = {
    "english": (
        "Amelia Olivia Isla Ava Emily Sophie Ella Lucy Charlotte Evie Poppy Jessica Alice Freya Matilda Florence Molly "
        "Eleanor Harriet Imogen Rosie Georgia Abigail Martha Beatrice Heidi Lottie Maisie Tabitha Zara Penelope Edith",
        "Oliver George Harry Jack Jacob Charlie Thomas William James Henry Samuel Joseph Edward Daniel Benjamin Toby "
        "Archie Alfie Finley Isaac Lewis Hugo Rory Jasper Callum Reuben Felix Stanley Rupert Elliot Nathaniel "
        "Frederick",
        "Smith Jones Taylor Brown Wilson Johnson Davies Robinson Wright Thompson Walker White Edwards Hughes "
        "Green Hall "
        "Lewis Harris Clarke Turner Cooper Ward Baker Harrison Morris Bell Carter Parker Barlow Pemberton Ashworth "
        "Hargreaves Entwistle Fairclough Sutcliffe Wadsworth Thackeray Bickerstaff Holroyd Ormerod Pickles Cheetham",
    ),
    "irish": (
        "Aoife Niamh Saoirse Caoimhe Orla Róisín Siobhán Erin Clodagh Gráinne",
        "Cillian Oisín Conor Seán Declan Eoin Fionn Padraig Darragh Tadhg",
        "O'Brien O'Neill O'Connor Murphy Kelly Walsh Byrne Ryan Doyle McCarthy Gallagher Doherty Kavanagh "
        "Ó_Súilleabháin "
        "O'Shaughnessy McLoughlin Fitzgerald Brannigan",
    ),
    "scottish": (
        "Ailsa Mhairi Eilidh Kirsty Iona Morag Skye Catriona",
        "Angus Hamish Fergus Ewan Alasdair Lachlan Murdo Struan",
        "MacDonald Campbell Stewart McKenzie Fraser Sinclair MacLeod Buchanan Drummond Colquhoun Menzies Farquharson",
    ),
    "welsh": (
        "Cerys Seren Carys Angharad Bethan Ffion Lowri Nia Megan Gwenllian",
        "Rhys Dylan Owain Gethin Llŷr Ieuan Gruffydd Iolo Macsen Emrys",
        "Evans Llewellyn Griffiths Vaughan Pritchard Prosser Gwilym ap_Rhys Bevan Cadwaladr Probert Yorath",
    ),
    "pakistani": (
        "Aisha Fatima Zainab Maryam Hafsa Khadija Amina Sana Iqra Laiba Noor Hira Mahnoor",
        "Mohammed Muhammad Ali Hassan Ibrahim Yusuf Hamza Bilal Usman Zain Haris Adeel Mohammad",
        "Khan Ahmed Hussain Ali Mahmood Malik Iqbal Akhtar Chaudhry Mirza Qureshi Butt Shah Siddiqui Raja Bashir Kiani",
    ),
    "bangladeshi": (
        "Tahmina Nusrat Sumaiya Rukshana Maliha Anika",
        "Rahim Tanvir Shafiq Imran Nabil Rezwan",
        "Begum Rahman Uddin Miah Islam Choudhury Hoque Khatun Alam Sarkar",
    ),
    "indian": (
        "Priya Anaya Diya Kavya Ishani Meera Riya Simran Harleen Jasleen Anoushka",
        "Arjun Rohan Dev Kiran Vikram Aarav Gurpreet Jaspreet Harjot Nikhil Ishaan",
        "Patel Singh Kaur Sharma Gupta Desai Shah Mehta Reddy Iyer Gill Dhillon Sandhu Nair Chatterjee Bhattacharya",
    ),
    "polish": (
        "Zuzanna Oliwia Maja Wiktoria Aleksandra Łucja Kinga",
        "Jakub Kacper Szymon Wojciech Mikołaj Łukasz Stanisław",
        "Kowalski Nowak Wiśniewska Wójcik Kamiński Lewandowska Zieliński Szymańska Dąbrowski Jabłońska Kaczmarek Grzyb",
    ),
    "romanian": (
        "Andreea Ioana Ștefania Daria Bianca",
        "Andrei Mihai Ștefan Luca Răzvan",
        "Popescu Ionescu Dumitru Stănescu Gheorghe Munteanu Țurcanu Lupu",
    ),
    "nigerian": (
        "Chidinma Adaeze Temilola Ngozi Folasade Oluwaseun Blessing Precious Ifeoma",
        "Chukwuemeka Tobi Oluwatobiloba Emeka Ayodele Kelechi Segun Babatunde",
        "Okafor Adeyemi Okonkwo Balogun Nwosu Eze Adebayo Ogunleye Olawale Chukwu Uzoma Akintola Onyekachi",
    ),
    "ghanaian": (
        "Ama Akosua Abena Efua Adwoa",
        "Kwame Kofi Kwabena Yaw Kojo",
        "Mensah Owusu Boateng Asante Osei Appiah Antwi Gyasi Quaye",
    ),
    "somali": (
        "Hodan Ayaan Hibaq Sagal Nasteho",
        "Abdirahman Liban Mahad Abdullahi Yahye",
        "Warsame Abdi Farah Jama Hersi Osman Mohamud Dirie Nur",
    ),
    "chinese": (
        "Xin_Yi Mei Li_Na Jing Yu_Tong Wai_Yan",
        "Wei Jun Hao_Ran Zihan Ka_Ho Chi_Wai",
        "Li Wang Chen Ng Lau Cheung Xu Wu Yip Tsang Leung O Zhao",
    ),
    "vietnamese": ("Linh Thảo My Ngọc", "Minh Duy An Khoa", "Nguyen Tran Pham Vo Do Bui Le"),
    "turkish": ("Elif Zeynep Defne Ayşe", "Emir Yiğit Kerem Mert", "Yılmaz Kaya Demir Şahin Çelik Öztürk Aydın Doğan"),
    "portuguese": (
        "Beatriz Matilde Leonor Inês",
        "Tomás Duarte Gonçalo Afonso",
        "da_Silva dos_Santos Ferreira Pereira de_Sousa Gonçalves Araújo Simões",
    ),
    "arab": (
        "Layla Yasmin Salma Rania Huda",
        "Omar Khalid Tariq Karim Youssef",
        "al-Rashid El_Sayed Haddad Mansour bin_Saleh Al-Hakim Nasser Aziz",
    ),
    "caribbean": (
        "Shanice Tamara Keziah Renée Aaliyah",
        "Jermaine Tyrone Malachi Kymani Andre",
        "Campbell Bailey Francis Grant Joseph Baptiste St_John Charles Augustine",
    ),
    "greek": (
        "Eleni Despina Katerina",
        "Yiannis Stavros Dimitri",
        "Papadopoulos Georgiou Nicolaou Christodoulou Ioannou",
    ),
    "tamil": (
        "Abirami Kavitha Thulasi",
        "Sivakumar Pranav Kajan",
        "Sivanathan Rajaratnam Balasubramaniam Thevarajah Kandiah",
    ),
    "ukrainian": (
        "Oksana Daryna Solomiia",
        "Bohdan Taras Maksym",
        "Shevchenko Kovalenko Bondarenko Tkachuk Melnyk",
    ),
    # names that are words, months, places, flowers, things of school
    "words": (
        "Grace Summer May Faith Hope Joy Autumn Daisy Ivy Rose Lily Ruby Violet Willow Robin Eve",
        "Will Mark Jay Max Art Rich Frank Miles Robin Chase Hunter Drew Rocky Ray",
        "Hill Day May Field Brook Wood Banks Cook Page Marsh Young Long Short Winter Rivers Church Read "
        "Bishop Moon Rice "
        "Little Sharp Bright Gale Lane Park Street Price West North King Knight Singer Best English Summer Friend Ball",
    ),
}

BASE = {
    "english": 40,
    "words": 7,
    "irish": 6,
    "scottish": 4,
    "welsh": 4,
}  # parts in a hundred; the rest differs by roll

DIMINUTIVES = {
    "Abigail": "Abi", "Alexander": "Alex", "Aleksandra": "Ola", "Amelia": "Millie", "Andrei": "Andy",
    "Benjamin": "Ben", "Charlotte": "Lottie", "Daniel": "Danny", "Edward": "Ted", "Eleanor": "Ellie",
    "Frederick": "Freddie", "Georgia": "Georgie", "Harriet": "Hattie", "Isaac": "Zac", "Jacob": "Jake",
    "James": "Jamie", "Jessica": "Jess", "Joseph": "Joe", "Matilda": "Tilly", "Mikołaj": "Miki",
    "Mohammed": "Mo", "Muhammad": "Mo", "Nathaniel": "Nate", "Oliver": "Ollie", "Oluwatobiloba": "Tobi",
    "Penelope": "Penny", "Rosie": "Ro", "Samuel": "Sam", "Stanisław": "Staś", "Tabitha": "Tabby",
    "Thomas": "Tom", "William": "Billy", "Zuzanna": "Zuzia", "Chukwuemeka": "Emeka", "Florence": "Flo",
    "Beatrice": "Bea", "Imogen": "Immy", "Catriona": "Cat", "Alasdair": "Ally", "Temilola": "Temi",
}  # fmt: skip

STREETS = (
    "Rowan Close;Mill Lane;Church Road;Station Street;Orchard Way;Kestrel Drive;Victoria Terrace;Elm Grove;"
    "The Crescent;"
    "Meadow View;Albert Road;Beech Avenue;Canal Street;Priory Gardens;Foundry Row;Chapel Hill;Larch Road;Moor End;"
    "Quarry Bank;St Oswald's Road;Tannery Yard;Weavers Court;Primrose Way;Hawthorn Rise;King's Mead;Lower Green;"
    "Nelson Street;Park View;Saddlers Walk;Toll Bar Road;Wren Close;Ferry Lane;Gorse Hill;Jubilee Street;Abbey Fields"
)
TOWNS = "Wexcombe;Harrowby Vale;Tilmouth;Denbrook;Ashmere;Stanwick Cross;Lower Finby;Port Ellan;Carrowden;Millbeck"
MAIL_DOMAINS = "post.example;webmail.example;inbox.test;familymail.example;homepost.test;swiftmail.example"
SCHOOL_NAMES = (
    "Oakfield Primary School;St Oswald's C of E Primary School;Millbeck Junior School;Ashmere High School;"
    "Carrowden Academy;Denbrook Infant and Nursery School;Priory Park School;Harrowby Grammar School;"
    "Our Lady of Finby RC Primary School;Tilmouth Community College;Stanwick Cross School;Port Ellan Academy"
)
TREES = [
    "Ash",
    "Birch",
    "Cedar",
    "Elm",
    "Fir",
    "Hazel",
    "Holly",
    "Lime",
    "Maple",
    "Oak",
    "Pine",
    "Rowan",
    "Sycamore",
    "Willow",
]
TITLES_F = ("Mrs", "Ms", "Miss", "Dr")
TITLES_M = ("Mr", "Mr", "Mr", "Dr")


def pool(culture: str, which: int) -> list[str]:
    """Return one list of a culture: 0 girls, 1 boys, 2 surnames."""
    return [name.replace("_", " ") for name in (POOLS.get(culture) or MORE[culture])[which].split()]
