"""What regions are called at home, in other languages, or were called until lately.

Written by hand, as the short forms of `shortforms`: what the index of names lacks. Countries are in `countrynames`.
"""

from __future__ import annotations

# By country: names, and the regions or districts that they stand for, several if they are in parts.
AT_HOME = {
    "GB": """
        west yorkshire=City and Borough of Leeds/Bradford/City and Borough of Wakefield/Kirklees/Calderdale
        greater manchester=Manchester/City and Borough of Salford
        south yorkshire=Sheffield/Doncaster/Rotherham/Barnsley; sussex=East Sussex/West Sussex
        greater manchester=Borough of Bolton/Borough of Bury/Borough of Oldham/Borough of Rochdale/Borough of Stockport
        greater manchester=Borough of Tameside/Borough of Wigan/Trafford
        tyne and wear=Newcastle upon Tyne/Gateshead/Sunderland/North Tyneside/South Tyneside
        tyne wear=Newcastle upon Tyne/Gateshead/Sunderland/North Tyneside/South Tyneside
        west midlands=City and Borough of Birmingham/Coventry/Dudley/Sandwell/Solihull/Walsall/Wolverhampton
        yorkshire=North Yorkshire/East Riding of Yorkshire/York/City and Borough of Leeds/Bradford/Kirklees/Calderdale
        yorkshire=City and Borough of Wakefield
        yorkshire=Sheffield/Doncaster/Rotherham/Barnsley; ross shire=Highland; inverness shire=Highland
        argyll=Argyll and Bute; co antrim=Antrim and Newtownabbey/Mid and East Antrim/Causeway Coast and Glens
        co tyrone=Mid Ulster/Fermanagh and Omagh/Derry City and Strabane; co fermanagh=Fermanagh and Omagh
        co down=Newry Mourne and Down/Ards and North Down; co armagh=Armagh City Banbridge and Craigavon
        co londonderry=Derry City and Strabane/Causeway Coast and Glens; co derry=Derry City and Strabane
        county antrim=Antrim and Newtownabbey/Mid and East Antrim/Causeway Coast and Glens
        county tyrone=Mid Ulster/Fermanagh and Omagh/Derry City and Strabane; county fermanagh=Fermanagh and Omagh
        county down=Newry Mourne and Down/Ards and North Down; county armagh=Armagh City Banbridge and Craigavon
        county londonderry=Derry City and Strabane/Causeway Coast and Glens
        bedfordshire=Bedford/Central Bedfordshire/Luton; buckinghamshire=Buckinghamshire/Milton Keynes
        cambridgeshire=Cambridgeshire/Peterborough; derbyshire=Derbyshire/Derby; devon=Devon/Plymouth/Borough of Torbay
        dorset=Dorset/Bournemouth, Christchurch and Poole Council; county durham=County Durham/Darlington/Hartlepool
        east sussex=East Sussex/Brighton and Hove; essex=Essex/Southend-on-Sea/Borough of Thurrock/Greater London
        gloucestershire=Gloucestershire/South Gloucestershire/City of Bristol; kent=Kent/Medway/Greater London
        hampshire=Hampshire/Southampton/Portsmouth; lancashire=Lancashire/Blackpool/Blackburn with Darwen
        leicestershire=Leicestershire/City of Leicester; lincolnshire=Lincolnshire/North Lincolnshire
        lincolnshire=North East Lincolnshire; north yorkshire=North Yorkshire/City of York/Middlesbrough
        north yorkshire=Redcar and Cleveland; nottinghamshire=Nottinghamshire/Nottingham; surrey=Surrey/Greater London
        shropshire=Shropshire/Telford and Wrekin; somerset=Somerset/North Somerset/Bath and North East Somerset
        staffordshire=Staffordshire/Stoke-on-Trent; wiltshire=Wiltshire/Borough of Swindon
        berkshire=West Berkshire/Reading/Slough/Wokingham/Bracknell Forest/Royal Borough of Windsor and Maidenhead
        cheshire=Cheshire East/Cheshire West and Chester/Warrington
        cheshire=Borough of Halton/Borough of Stockport; northamptonshire=North Northamptonshire/West Northamptonshire
        middlesex=Greater London; huntingdonshire=Cambridgeshire; westmorland=Cumbria; cumberland=Cumbria
        humberside=City of Kingston upon Hull/East Riding of Yorkshire/North Lincolnshire/North East Lincolnshire
        cleveland=Middlesbrough/Redcar and Cleveland/Hartlepool/Stockton-on-Tees; rutland=District of Rutland
        avon=City of Bristol/Bath and North East Somerset/North Somerset/South Gloucestershire
        perthshire=Perth and Kinross; ayrshire=North Ayrshire/East Ayrshire/South Ayrshire; sutherland=Highland
        caithness=Highland; lanarkshire=North Lanarkshire/South Lanarkshire; stirlingshire=Stirling/Falkirk
        roxburghshire=The Scottish Borders; berwickshire=The Scottish Borders; peeblesshire=The Scottish Borders
        scottish borders=The Scottish Borders; dumfriesshire=Dumfries and Galloway; morayshire=Moray
        kirkcudbrightshire=Dumfries and Galloway; wigtownshire=Dumfries and Galloway; banffshire=Aberdeenshire/Moray
        powys=Sir Powys; ceredigion=County of Ceredigion; flintshire=County of Flintshire; clwyd=Conwy/Denbighshire
        clwyd=County of Flintshire/Wrexham; dyfed=Carmarthenshire/Pembrokeshire/County of Ceredigion
        gwent=Monmouthshire/Newport/Torfaen County Borough/Blaenau Gwent/Caerphilly County Borough
        mid glamorgan=Rhondda Cynon Taf/Merthyr Tydfil County Borough/Bridgend county borough/Caerphilly County Borough
        south glamorgan=Cardiff/Vale of Glamorgan; west glamorgan=City and County of Swansea/Neath Port Talbot
        isle of anglesey=Anglesey; isle of skye=Highland; isle of mull=Argyll and Bute; isle of islay=Argyll and Bute
        isle of lewis=Eilean Siar; isle of harris=Eilean Siar; isle of arran=North Ayrshire; orkney=Orkney Islands
        pays de galles=Wales; gales=Wales; galles=Wales; walia=Wales; уэльс=Wales; schottland=Scotland; escocia=Scotland
        ecosse=Scotland; scozia=Scotland; szkocja=Scotland; шотландия=Scotland; nordirland=Northern Ireland
        irlande du nord=Northern Ireland; irlanda del norte=Northern Ireland; irlanda del nord=Northern Ireland
        engeland=England; cymru=Wales; anglia=England; англия=England
        ynys mon=Anglesey; sir benfro=Pembrokeshire; sir gaerfyrddin=Carmarthenshire; sir gar=Carmarthenshire
        sir ddinbych=Denbighshire; sir y fflint=County of Flintshire; sir fynwy=Monmouthshire; wrecsam=Wrexham
        bro morgannwg=Vale of Glamorgan; meirionnydd=Gwynedd; merioneth=Gwynedd; caernarfonshire=Gwynedd
        cardiganshire=County of Ceredigion; montgomeryshire=Sir Powys; radnorshire=Sir Powys; brecknockshire=Sir Powys
        north devon=Devon; south devon=Devon; east yorkshire=East Riding of Yorkshire; nairnshire=Highland
        d g=Dumfries and Galloway; north wales=Wales; south wales=Wales; mid wales=Wales; west wales=Wales
    """,
    "FR": """
        alsace=Grand Est; lorraine=Grand Est; champagne ardenne=Grand Est; bourgogne=Bourgogne-Franche-Comté
        franche comte=Bourgogne-Franche-Comté; auvergne=Auvergne-Rhône-Alpes; rhone alpes=Auvergne-Rhône-Alpes
        picardie=Hauts-de-France; nord pas de calais=Hauts-de-France; aquitaine=New Aquitaine; limousin=New Aquitaine
        poitou charentes=New Aquitaine; languedoc roussillon=Occitanie; midi pyrenees=Occitanie
        haute normandie=Normandy; basse normandie=Normandy; provence=Provence-Alpes-Côte d'Azur
        paca=Provence-Alpes-Côte d'Azur; bretana=Brittany; bretagna=Brittany; korsika=Corsica; corcega=Corsica
    """,
    "ES": """
        islas baleares=Balearic Islands; islas canarias=Canary Islands; catalunya=Catalonia; euskadi=Basque Country
        castilla y leon=Castille and León; castilla la mancha=Castille-La Mancha; comunitat valenciana=Valencia
        katalonien=Catalonia; catalogne=Catalonia; catalogna=Catalonia; andalousie=Andalusia; andalusien=Andalusia
        baskenland=Basque Country; mallorca=Balearic Islands; majorca=Balearic Islands; menorca=Balearic Islands
        ibiza=Balearic Islands; eivissa=Balearic Islands; tenerife=Canary Islands; gran canaria=Canary Islands
        lanzarote=Canary Islands; fuerteventura=Canary Islands; la gomera=Canary Islands
        gerona=Província de Girona; lerida=Província de Lleida; orense=Provincia de Ourense; guipuzcoa=Gipuzkoa
        vizcaya=Bizkaia; la coruna=Provincia da Coruña; illes balears=Balearic Islands
    """,
    "PT": """
        acores=Azores; algarve=Faro; sao miguel acores=Azores; ilha terceira=Azores; alentejo=Évora/Beja/Portalegre
        ilha da madeira=Madeira
    """,
    "IT": """
        sudtirol=Bolzano; alto adige=Bolzano; trentino=Provincia autonoma di Trento; toskana=Tuscany; toscane=Tuscany
        sizilien=Sicily; sicile=Sicily; sardinien=Sardinia; sardaigne=Sardinia; apulien=Apulia; pouilles=Apulia
        lombardei=Lombardy; lombardie=Lombardy; piemont=Piedmont; ligurien=Liguria; venetien=Veneto; venetie=Veneto
        kampanien=Campania; kalabrien=Calabria; latium=Lazio; elba=Tuscany; isola d elba=Tuscany
    """,
    "DE": "baviera=Bavaria; baviere=Bavaria; sylt=Schleswig-Holstein; insel rugen=Mecklenburg-Western Pomerania",
    "CH": "wallis=Valais; tessin=Ticino",
    "AT": "tirolo=Tyrol",
    "IE": """
        co cavan=An Cabhán; county cavan=An Cabhán; cavan=An Cabhán; longford=An Longfort; offaly=Uíbh Fhailí
        co longford=An Longfort; county longford=An Longfort; co offaly=Uíbh Fhailí; county offaly=Uíbh Fhailí
        co dublin=Dublin City/South Dublin/Fingal County/Dún Laoghaire-Rathdown
        county dublin=Dublin City/South Dublin/Fingal County/Dún Laoghaire-Rathdown
        co limerick=Limerick City and County Council; county limerick=Limerick City and County Council
    """,
    "BE": """
        oost vlaanderen=Provincie Oost-Vlaanderen; west vlaanderen=Provincie West-Vlaanderen
        hainaut=Province du Hainaut; limburg=Provincie Limburg; vlaanderen=Flanders; wallonie=Wallonia
    """,
    "NL": """
        noord holland=North Holland; zuid holland=South Holland; noord brabant=North Brabant; limburg=Limburg
    """,
    "DK": """
        sjaelland=Zealand/Capital Region; jylland=Central Jutland/North Denmark/South Denmark; fyn=South Denmark
        bornholm=Capital Region
    """,
    "SE": """
        lappland=Norrbotten/Västerbotten; smaland=Jönköping/Kalmar/Kronoberg; bohuslan=Västra Götaland
        dalsland=Västra Götaland; vastergotland=Västra Götaland; halsingland=Gävleborg; gastrikland=Gävleborg
        angermanland=Västernorrland; medelpad=Västernorrland; harjedalen=Jämtland; oland=Kalmar; narke=Örebro
        uppland=Uppsala/Stockholm; scania=Skåne
    """,
    "NO": """
        troms og finnmark=Troms/Finnmark; vestfold og telemark=Vestfold/Telemark; viken=Akershus/Buskerud/Østfold
        hordaland=Vestland; sogn og fjordane=Vestland; hedmark=Innlandet; oppland=Innlandet; nord trondelag=Trøndelag
        sor trondelag=Trøndelag; aust agder=Agder; vest agder=Agder
    """,
    "FI": """
        lappi=Lapland; nyland=Uusimaa; varsinais suomi=Southwest Finland; egentliga finland=Southwest Finland
    """,
    "PL": """
        malopolska=Lesser Poland; malopolskie=Lesser Poland; slaskie=Silesia; mazowieckie=Mazovia
        wielkopolskie=Greater Poland; dolnoslaskie=Lower Silesia; lubelskie=Lublin; lubuskie=Lubusz
        lodzkie=Łódź Voivodeship; opolskie=Opole Voivodeship; podkarpackie=Subcarpathia; podlaskie=Podlasie
        pomorskie=Pomerania; warminsko mazurskie=Warmia-Masuria; zachodniopomorskie=West Pomerania
    """,
    "SK": """
        banskobystricky kraj=Banská Bystrica Region; bratislavsky kraj=Bratislava Region; kosicky kraj=Košice Region
        nitriansky kraj=Nitra Region; presovsky kraj=Prešov Region; trenciansky kraj=Trenčín Region
        trnavsky kraj=Trnava Region; zilinsky kraj=Žilina Region
    """,
    "GR": """
        κρητη=Crete; kreta=Crete; creta=Crete; kriti=Crete; πελοποννησος=Peloponnese; δωδεκανησα=South Aegean
        κυκλαδες=South Aegean; cyclades=South Aegean; dodecanese=South Aegean; rhodes=South Aegean; rodos=South Aegean
        santorini=South Aegean; mykonos=South Aegean; corfu=Ionian Islands; zakynthos=Ionian Islands
        kefalonia=Ionian Islands; lesvos=North Aegean; θεσσαλια=Thessaly; ηπειρος=Epirus; αττικη=Attica
    """,
    "RU": """
        адыгея=Adygeya Republic; республика алтай=Altai; республика башкортостан=Bashkortostan Republic
        башкирия=Bashkortostan Republic; кабардино балкария=Kabardino-Balkariya Republic
        карачаево черкесия=Karachayevo-Cherkesiya Republic; якутия=Sakha; республика саха=Sakha
        северная осетия=North Ossetia–Alania; удмуртия=Udmurtiya Republic; чечня=Chechnya; чувашия=Chuvash Republic
        забаикальскии краи=Zabaykalskiy (Transbaikal) Kray; камчатскии краи=Kamchatka; тюменская область=Tyumen Oblast
        хмао=Khanty-Mansia; янао=Yamalo-Nenets
    """,
    "UA": """
        вінницька область=Vinnytsia; волинська область=Volyn; дніпропетровська область=Dnipropetrovsk
        донецька область=Donetsk; житомирська область=Zhytomyr Oblast; закарпатська область=Zakarpattia
        запорізька область=Zaporizhzhia; івано франківська область=Ivano-Frankivsk; київська область=Kyiv Oblast
        кіровоградська область=Kirovohrad; луганська область=Luhansk; львівська область=Lviv; одеська область=Odesa
        миколаївська область=Mykolaiv; полтавська область=Poltava; рівненська область=Rivne Oblast
        сумська область=Sumy; тернопільська область=Ternopil; харківська область=Kharkiv; херсонська область=Kherson
        хмельницька область=Khmelnytskyi; черкаська область=Cherkasy; чернівецька область=Chernivtsi
        чернігівська область=Chernihiv Oblast
    """,
    "US": """
        w va=West Virginia; kalifornien=California; californie=California; maui=Hawaii; oahu=Hawaii; kauai=Hawaii
        big island=Hawaii; long island=New York
    """,
    "CA": """
        vancouver island=British Columbia; cape breton=Nova Scotia; cape breton island=Nova Scotia
        colombie britannique=British Columbia; nouvelle ecosse=Nova Scotia
    """,
    "AR": """
        cap fed=Buenos Aires F.D.; bs as=Buenos Aires; pcia de buenos aires=Buenos Aires
        provincia de buenos aires=Buenos Aires
    """,
    "CO": "valle=Valle del Cauca Department",
    "HN": "valle=Valle Department",
    "IN": """
        தமிழ்நாடு=Tamil Nadu; കേരളം=Kerala; ಕರ್ನಾಟಕ=Karnataka; తెలంగాణ=Telangana; ఆంధ్ర ప్రదేశ్=Andhra Pradesh
        महाराष्ट्र=Maharashtra; उत्तर प्रदेश=Uttar Pradesh; मध्य प्रदेश=Madhya Pradesh; राजस्थान=Rajasthan; बिहार=Bihar
        हरियाणा=Haryana; पंजाब=Punjab; ਪੰਜਾਬ=Punjab; ગુજરાત=Gujarat; गुजरात=Gujarat; পশ্চিমবঙ্গ=West Bengal; অসম=Assam
        ଓଡ଼ିଶା=Odisha; झारखंड=Jharkhand; छत्तीसगढ़=Chhattisgarh; उत्तराखंड=Uttarakhand; हिमाचल प्रदेश=Himachal Pradesh
        j k=Jammu and Kashmir; a n islands=Andaman and Nicobar; andaman nicobar islands=Andaman and Nicobar
        andaman and nicobar islands=Andaman and Nicobar; nilgiris=Tamil Nadu
    """,
    "PK": "سندھ=Sindh; پنجاب=Punjab; خیبر پختونخوا=Khyber Pakhtunkhwa",
    "ID": """
        kalbar=West Kalimantan; kaltim=East Kalimantan; kalsel=South Kalimantan; jabar=West Java; jateng=Central Java
        jatim=East Java; sulsel=South Sulawesi; sulut=North Sulawesi; sumut=North Sumatra; sumbar=West Sumatra
        sumsel=South Sumatra; kalimantan barat=West Kalimantan; kalimantan timur=East Kalimantan
        kalimantan selatan=South Kalimantan; sulawesi utara=North Sulawesi; lombok=West Nusa Tenggara
        java=West Java/Central Java/East Java/Banten/Jakarta/Yogyakarta
        sumatra=North Sumatra/West Sumatra/South Sumatra/Aceh/Riau/Jambi/Bengkulu/Lampung
        kalimantan=West Kalimantan/South Kalimantan/Central Kalimantan/East Kalimantan/North Kalimantan
        sulawesi=Central Sulawesi/Southeast Sulawesi/North Sulawesi/South Sulawesi/West Sulawesi/Gorontalo
        borneo=West Kalimantan/South Kalimantan/Central Kalimantan/East Kalimantan/North Kalimantan
    """,
    "MY": "borneo=Sabah/Sarawak",
    "KR": "jeju island=Jeju-do",
    "CN": """
        hainan island=Hainan; fukien=Fujian; kwangtung=Guangdong; kwangsi=Guangxi; kiangsu=Jiangsu
        kiangsi=Jiangxi; chekiang=Zhejiang; shantung=Shandong; szechwan=Sichuan; szechuan=Sichuan; hopei=Hebei
        honan=Henan; hupeh=Hubei; anhwei=Anhui; kweichow=Guizhou; sinkiang=Xinjiang; shensi=Shaanxi; kansu=Gansu
    """,
    "NZ": "bay of plenty region=Bay of Plenty",
    "AU": """
        south aust=South Australia; sth aust=South Australia; west aust=Western Australia
        western aust=Western Australia; northern terr=Northern Territory
    """,
    "ZA": "transvaal=Gauteng/Limpopo/Mpumalanga",
}
