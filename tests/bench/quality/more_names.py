"""More invented names: cultures and fashions that the first pools lack (the format is that of `names.POOLS`)."""

from __future__ import annotations

MORE: dict[str, tuple[str, str, str]] = {
    "modern": (
        "Lilly-Mae Ava-Rose Gracie-Mai Lexi-Lou Ellie-Mae Harper Willow Nevaeh Skyla Ocean Bonnie Dolly Wren Nellie "
        "Marnie Delilah Aria Luna Raya Princess Mary_Kate Summer-Rose Blue Halo",
        "Jaxon Kayden Tommy-Lee Bobby Teddy Ronnie Albie Hudson Mason Carter Tyler Riley Kobi Blake Maverick Saint "
        "Prince River Storm Alfie-Jay Jay-Jay Roman Reggie Vinnie",
        "Hodgson Atkinson Bates Mellor Platt Tattersall Dewhurst Sykes Tuck Onions Sidebottom Ramsbottom Pugh "
        "Featherstonehaugh Cholmondeley Wigglesworth Smith-Jones Lee-Brown Ross Tate Orr Nash",
    ),
    "school words": (
        "April Honor Constance Mercy Prudence Star Sky Heaven Angel Justice Destiny Story",
        "Chance Major Judge Noble Dean Guy Miles Art Bill Pat Don Sonny",
        "Head Key Childs Case Early Farmer Coach Power Savage Gift Love Cross Wise Noble Good Strong Darling Sweet "
        "Christmas Monday English French Penn Booker Usher Paine Sick Wells Self Fairs Register Speed Cope Close",
    ),
    "lithuanian": ("Austėja Gabija Ugnė Liepa", "Lukas Matas Domas Jokūbas", "Kazlauskas Petrauskaitė Jankauskienė"),
    "hungarian": ("Boglárka Zsófia Réka", "Bence Levente Máté", "Nagy Kovács Szabó Tóth Horváth"),
    "czech and slovak": ("Eliška Tereza Kristýna", "Matěj Vojtěch Ondřej", "Nováková Dvořák Horváthová Černý"),
    "bulgarian": ("Desislava Gergana Viktoria", "Georgi Dimitar Stoyan", "Ivanova Petrov Dimitrova Georgiev"),
    "albanian": ("Arbana Elira Besa", "Arben Luan Ardit", "Hoxha Gjoni Krasniqi Shala Berisha"),
    "kurdish": ("Shilan Berivan Avin", "Rebin Karwan Diyar", "Hama Rashid Mustafa Aziz Karim"),
    "afghan": ("Parwana Zahra Shabnam", "Ahmad Zabihullah Najib", "Ahmadi Noori Rahimi Safi Stanekzai"),
    "iranian": ("Parisa Niloufar Shirin", "Arash Kian Dariush", "Hosseini Mohammadi Tehrani Karimi"),
    "filipino": (
        "Maria_Luisa Angelica Althea",
        "John_Paul Jericho Miguel",
        "dela_Cruz Santos Reyes Bautista Macapagal",
    ),
    "spanish": ("Lucía Inés Martina", "Álvaro Iker Nicolás", "García_López Fernández Muñoz_Ruiz Ibáñez Peña"),
    "french": ("Élodie Margaux Chloé", "Théo Étienne Loïc", "Lefèvre Dubois d'Aubigny de_la_Tour Beauchamp"),
    "german": ("Annika Friederike Jule", "Jonas Götz Till", "Müller Schäfer von_Hagen Weiß Köhler"),
    "italian": ("Ginevra Chiara Aurora", "Leonardo Gianluca Ettore", "Rossi D'Angelo Esposito De_Luca Di_Marco"),
    "zimbabwean": ("Tendai Rudo Nyasha Tariro", "Tatenda Farai Kudzai Tinashe", "Moyo Ncube Chikwanha Mutasa Dube"),
    "congolese": ("Merveille Grâce Divine", "Exaucé Dieumerci Plamedi", "Mbala Kabongo Ilunga Tshibangu"),
    "eritrean": ("Selam Rahwa Semhar", "Yonas Filmon Natnael", "Tesfay Ghebremeskel Haile Tekle Berhane"),
    "sinhala": ("Sanduni Nethmi Hiruni", "Kavindu Dineth Sahan", "Perera Fernando Wickramasinghe Jayawardena de_Silva"),
    "nepali": ("Aarati Prakriti Sushmita", "Bishal Prabin Suman", "Gurung Thapa Rai Limbu Tamang Shrestha"),
    "malayali": ("Anjali Neha Aleena", "Joel Abin Rohith", "Thomas Mathew Kurian Varghese Philip Jacob"),
    "punjabi": ("Manpreet_Kaur Gurleen Navjot", "Harpreet Sukhdeep Manveer", "Kaur Singh Gill Sidhu Grewal Kaur_Gill"),
    "japanese": ("Hana Yui Sakura", "Ren Haruto Kai", "Sato Ito Abe Oe Watanabe"),
    "korean": ("Ji-woo Seo-yeon Ha-eun", "Min-jun Do-yun Si-woo", "Kim Lee Park Choi Jung Ko"),
    "thai": ("Ploy Nattaya Mali", "Anan Somchai Nat", "Srisai Boonmee Charoensuk"),
    "hebrew": ("Shira Chana Rivka Tova", "Moishe Shmuel Yehuda Avi", "Cohen Levy Ben-David Goldberg Katz Stern"),
    "traveller": ("Margaret_Rose Bridget Kizzy", "John-Joe Paddy Miley", "Ward McDonagh Doran Lee Boswell Smith"),
    "libyan": ("Aya Retaj Sidra", "Muad Abdulmalik Siraj", "Ben_Ali El-Mahdi Elfitouri Abu_Bakr"),
}

SCHOOLS = (
    "Hill Top Infant School;St Cuthbert's RC Primary School;Wren Park Academy;Moorside High School;"
    "Bishop Latham School;Little Finby Primary School;Kingsmead Special School;Eastgate Junior School;"
    "Harbour Sixth Form and School;Ashmere Grammar School;Al-Noor Primary School;Tollgate Nursery and Primary;"
    "Upper Denbrook Middle School;The Quarry School;Ysgol Glan Ellan"
)
GROUPS = "Kingfishers;Otters;Hedgehogs;Foxes;Robins;Badgers;Swans;Squirrels;Owls;Herons;Moles;Dolphins;Jays;Bees"
