"""Names that people write and the sources do not have: short forms of countries, states and a few cities.

Written by hand; each is common usage or an official code (ISO 3166-2, postal abbreviations).
"""

from __future__ import annotations

COUNTRIES = {
    "US": "USA|US|U.S.|United States of America|the United States|Estados Unidos de América|America|EEUU|EUA"
    "|États-Unis d'Amérique",
    "GB": "UK|GB|GBR|Great Britain|Britain|United Kingdom of Great Britain and Northern Ireland|the United Kingdom"
    "|Grande-Bretagne|Großbritannien|Gran Bretaña|Angleterre|Inghilterra|Inglaterra",
    "AE": "UAE|U.A.E.|United Arab Emirates|the United Arab Emirates|Emirates",
    "SA": "KSA|Kingdom of Saudi Arabia|Saudi",
    "CD": "RDC|DRC|DR Congo|Democratic Republic of the Congo|République démocratique du Congo|Congo-Kinshasa|Zaire",
    "CG": "Republic of the Congo|Congo|Congo-Brazzaville",
    "CN": "PRC|P.R.C.|P.R. China|PR China|People's Republic of China|Mainland China",
    "TW": "ROC|Taiwan R.O.C.|Taiwan, Province of China|臺灣|台灣|台湾|中華民國",
    "HK": "Hong Kong|Hongkong|Hong Kong SAR|HKSAR|Hong Kong S.A.R.|香港",
    "MO": "Macau|Macao|澳門|澳门",
    "KR": "Korea|South Korea|Republic of Korea|Rep. of Korea|Korea South|ROK|S. Korea|대한민국|한국",
    "KP": "North Korea|DPRK|Democratic People's Republic of Korea",
    "NL": "Holland|The Netherlands|Netherlands|Holanda|Olanda|Hollande|Nederland",
    "MM": "Burma|Myanmar",
    "CI": "Ivory Coast|Cote d'Ivoire|Côte d'Ivoire",
    "CZ": "Czech Republic|Czechia|Česká republika|ČR|République tchèque|Tschechische Republik|Tschechien",
    "SK": "Slovak Republic|Slovensko",
    "MK": "Macedonia|FYROM|North Macedonia|Republic of Macedonia",
    "SZ": "Swaziland|Eswatini",
    "CV": "Cape Verde|Cabo Verde",
    "TL": "East Timor|Timor-Leste|Timor Leste",
    "PS": "West Bank|Palestine|Palestinian Territory|Palestinian Territories|State of Palestine|Gaza Strip|Gaza"
    "|Occupied Palestinian Territory",
    "RU": "Russian Federation|Russia|РФ|Россия|Российская Федерация",
    "VN": "Viet Nam|Vietnam|Việt Nam",
    "BA": "Bosnia|Bosnia and Herzegovina|Bosnia & Herzegovina|Bosnia-Herzegovina|BiH",
    "TT": "Trinidad|Tobago|Trinidad and Tobago|Trinidad & Tobago",
    "AG": "Antigua|Antigua and Barbuda",
    "VC": "Saint Vincent|St Vincent and the Grenadines",
    "KN": "Saint Kitts|St Kitts and Nevis|St. Kitts & Nevis|Nevis",
    "ST": "Sao Tome|São Tomé and Príncipe",
    "GM": "The Gambia|Gambia",
    "BS": "The Bahamas|Bahamas",
    "PH": "The Philippines|Philippines|Pilipinas|RP",
    "SY": "Syria|Syrian Arab Republic",
    "LA": "Laos|Lao PDR|Lao People's Democratic Republic",
    "IR": "Iran|Islamic Republic of Iran",
    "MD": "Moldova|Republic of Moldova|Moldavia",
    "TZ": "Tanzania|United Republic of Tanzania",
    "BO": "Bolivia|Plurinational State of Bolivia",
    "VE": "Venezuela|Bolivarian Republic of Venezuela",
    "ZA": "RSA|South Africa|Republic of South Africa|Suid-Afrika",
    "IE": "Republic of Ireland|Ireland|Éire|Rep. of Ireland|Eire",
    "TR": "Turkey|Türkiye|Turkiye",
    "VA": "Vatican|Vatican City|Holy See|Città del Vaticano|Vatikan",
    "BN": "Brunei|Brunei Darussalam",
    "FM": "Micronesia|Federated States of Micronesia",
    "XK": "Kosovo|Kosova|Косово",
    "DE": "BRD|Federal Republic of Germany|Bundesrepublik Deutschland|Alemanha",
    "MX": "Méx.|Mexico|México|Estados Unidos Mexicanos|MEX",
    "NZ": "NZ|Aotearoa|New Zealand|Aotearoa New Zealand",
    "AU": "AUS|Aus.|Commonwealth of Australia",
    "CA": "CDN|Can.",
    "TH": "ประเทศไทย",
    "JP": "日本|日本国|Nippon",
    "IL": "State of Israel",
    "EG": "A.R.E.|Arab Republic of Egypt|ARE",
    "GE": "Republic of Georgia|Sakartvelo",
    "VI": "USVI|US Virgin Islands|U.S. Virgin Islands|Virgin Islands",
    "VG": "BVI|British Virgin Islands",
    "DO": "Dominican Republic|Rep. Dominicana|República Dominicana|RD",
    "PG": "PNG|Papua New Guinea",
    "LK": "Ceylon|Sri Lanka",
    "CH": "Suisse|Schweiz|Svizzera|Switzerland|Svizra",
    "CF": "Central African Republic|CAR",
    "IM": "Isle of Man",
}

# ISO 3166-2 and postal codes whose GeoNames code is a number: country -> "name=code,..."
STATES = {
    "US": "Washington=Washington State,New York=New York State,Pennsylvania=Penn,California=Calif,Massachusetts=Mass"
    ",Texas=Tex,Florida=Fla,Connecticut=Conn,Tennessee=Tenn,Minnesota=Minn,Illinois=Ill,Michigan=Mich,Wisconsin=Wis"
    ",Arizona=Ariz,Oklahoma=Okla,Colorado=Colo,Nebraska=Neb",
    "CA": "Alberta=AB,British Columbia=BC,Manitoba=MB,New Brunswick=NB,Newfoundland and Labrador=NL,Nova Scotia=NS"
    ",Ontario=ON,Prince Edward Island=PE,Prince Edward Island=PEI,Quebec=QC,Saskatchewan=SK,Northwest Territories=NT"
    ",Nunavut=NU,Yukon=YT,Quebec=PQ,Newfoundland and Labrador=NF,Newfoundland and Labrador=Newfoundland"
    ",Newfoundland and Labrador=Labrador,Ontario=Ont,Quebec=Que,Alberta=Alta,Saskatchewan=Sask,Manitoba=Man"
    ",Quebec=Québec",
    "AU": "New South Wales=NSW,Victoria=VIC,Queensland=QLD,Western Australia=WA,South Australia=SA,Tasmania=TAS"
    ",Australian Capital Territory=ACT,Northern Territory=NT,State of Victoria=VIC",
    "BR": "Acre=AC,Alagoas=AL,Amapá=AP,Amazonas=AM,Bahia=BA,Ceará=CE,Federal District=DF,Distrito Federal=DF"
    ",Espírito Santo=ES,Goiás=GO,Maranhão=MA,Mato Grosso=MT,Mato Grosso do Sul=MS,Minas Gerais=MG,Pará=PA,Paraíba=PB"
    ",Paraná=PR,Pernambuco=PE,Piauí=PI,Rio de Janeiro=RJ,Rio Grande do Norte=RN,Rio Grande do Sul=RS,Rondônia=RO"
    ",Roraima=RR,Santa Catarina=SC,São Paulo=SP,Sergipe=SE,Tocantins=TO",
    "IN": "Andhra Pradesh=AP,Assam=AS,Bihar=BR,Chhattisgarh=CG,Goa=GA,Gujarat=GJ,Haryana=HR,Himachal Pradesh=HP"
    ",Jharkhand=JH,Karnataka=KA,Kerala=KL,Madhya Pradesh=MP,Maharashtra=MH,Odisha=OD,Odisha=Orissa,Punjab=PB"
    ",Rajasthan=RJ,Tamil Nadu=TN,Telangana=TS,Uttar Pradesh=UP,Uttarakhand=UK,West Bengal=WB,Delhi=DL"
    ",National Capital Territory of Delhi=DL,Maharashtra=Maha",
    "MX": "Mexico City=CDMX,Mexico City=DF,Jalisco=JAL,Nuevo León=NL,México=Edomex,Baja California=BC,Quintana Roo=QROO"
    ",Guanajuato=GTO,Puebla=PUE,Veracruz=VER,Yucatán=YUC,Sonora=SON,Chihuahua=CHIH,Coahuila=COAH,Tamaulipas=TAMPS"
    ",Sinaloa=SIN,Michoacán=MICH,Querétaro=QRO,Oaxaca=OAX,Guerrero=GRO,Hidalgo=HGO,Durango=DGO,Chiapas=CHIS"
    ",San Luis Potosí=SLP,Aguascalientes=AGS,Morelos=MOR,Campeche=CAMP,Tabasco=TAB,Baja California Sur=BCS"
    ",Estado de México=Edomex",
    "ZA": "Gauteng=GP,Western Cape=WC,KwaZulu-Natal=KZN,Eastern Cape=EC,Free State=FS,Limpopo=LP,Mpumalanga=MP"
    ",North West=NW,Northern Cape=NC",
    "AR": "Buenos Aires F.D.=CABA,Buenos Aires F.D.=Capital Federal,Buenos Aires=PBA",
    "DE": "North Rhine-Westphalia=NRW,North Rhine-Westphalia=Nordrhein-Westfalen,Bavaria=Bayern"
    ",Baden-Wurttemberg=BW,Baden-Württemberg=BW,Lower Saxony=Niedersachsen,Saxony=Sachsen,Hesse=Hessen"
    ",Thuringia=Thüringen,Rheinland-Pfalz=RLP,Saxony-Anhalt=Sachsen-Anhalt,Mecklenburg-Vorpommern=MV",
    "ID": "Jakarta=DKI Jakarta,Jakarta=DKI,West Java=Jawa Barat,East Java=Jawa Timur,Central Java=Jawa Tengah"
    ",Yogyakarta=DIY,Yogyakarta=DI Yogyakarta,North Sumatra=Sumatera Utara,West Sumatra=Sumatera Barat",
    "MY": "Kuala Lumpur=WP Kuala Lumpur,Kuala Lumpur=Wilayah Persekutuan,Penang=Pulau Pinang,Melaka=Malacca",
    "PH": "Metro Manila=NCR,National Capital Region=NCR,National Capital Region=Metro Manila",
    "CN": "Beijing=北京,Tianjin=天津,Hebei=河北,Shanxi=山西,Inner Mongolia=内蒙古,Liaoning=辽宁,Jilin=吉林"
    ",Heilongjiang=黑龙江,Shanghai=上海,Jiangsu=江苏,Zhejiang=浙江,Anhui=安徽,Fujian=福建,Jiangxi=江西,Shandong=山东"
    ",Henan=河南,Hubei=湖北,Hunan=湖南,Guangdong=广东,Guangxi=广西,Hainan=海南,Chongqing=重庆,Sichuan=四川"
    ",Guizhou=贵州,Yunnan=云南,Tibet=西藏,Shaanxi=陕西,Gansu=甘肃,Qinghai=青海,Ningxia=宁夏,Xinjiang=新疆"
    ",Guangdong=廣東,Liaoning=遼寧,Jiangsu=江蘇,Shaanxi=陝西,Yunnan=雲南",
    "JP": "Hokkaido=北海道,Aomori=青森県,Iwate=岩手県,Miyagi=宮城県,Akita=秋田県,Yamagata=山形県,Fukushima=福島県"
    ",Ibaraki=茨城県,Tochigi=栃木県,Gunma=群馬県,Saitama=埼玉県,Chiba=千葉県,Tokyo=東京都,Kanagawa=神奈川県"
    ",Niigata=新潟県,Toyama=富山県,Ishikawa=石川県,Fukui=福井県,Yamanashi=山梨県,Nagano=長野県,Gifu=岐阜県"
    ",Shizuoka=静岡県,Aichi=愛知県,Mie=三重県,Shiga=滋賀県,Kyoto=京都府,Osaka=大阪府,Hyōgo=兵庫県,Nara=奈良県"
    ",Wakayama=和歌山県,Tottori=鳥取県,Shimane=島根県,Okayama=岡山県,Hiroshima=広島県,Yamaguchi=山口県"
    ",Tokushima=徳島県,Kagawa=香川県,Ehime=愛媛県,Kochi=高知県,Kōchi=高知県,Fukuoka=福岡県,Saga=佐賀県,Nagasaki=長崎県"
    ",Kumamoto=熊本県,Oita=大分県,Ōita=大分県,Miyazaki=宮崎県,Kagoshima=鹿児島県,Okinawa=沖縄県,Hyogo=兵庫県",
}

# What a city is called for short: name|country|the short form.
CITIES = (
    ("New York City", "US", "NYC|NY NY|N.Y.C."),
    ("Washington", "US", "Washington D.C.|Washington City|DC|Washington DC|D.C.|Washington D.C."),
    ("Los Angeles", "US", "LA|L.A."),
    ("San Francisco", "US", "SF|San Fran|Frisco"),
    ("Philadelphia", "US", "Philly"),
    ("Las Vegas", "US", "Vegas"),
    ("Saint Louis", "US", "St. Louis|STL"),
    ("Mexico City", "MX", "CDMX|Ciudad de México|México DF|Mexico DF|México D.F."),
    ("Ho Chi Minh City", "VN", "HCMC|TPHCM|TP HCM|Saigon|Sài Gòn|TP. Hồ Chí Minh|Thành phố Hồ Chí Minh"),
    ("Kuala Lumpur", "MY", "KL"),
    ("Buenos Aires", "AR", "CABA|Bs As|Bs. As.|Ciudad Autónoma de Buenos Aires|Capital Federal"),
    ("Saint Petersburg", "RU", "СПб|SPb|Санкт Петербург|Petersburg"),
    ("Moscow", "RU", "г. Москва"),
    ("Johannesburg", "ZA", "Joburg|JHB|Jo'burg"),
    ("Copenhagen", "DK", "København K|København V|København N|København S|København Ø|Kbh"),
    ("Frankfurt am Main", "DE", "Frankfurt|Frankfurt a.M.|Frankfurt a. M.|Frankfurt/Main|Frankfurt/M."),
    ("Bengaluru", "IN", "Bangalore|Blr"),
    ("Tel Aviv", "IL", "Tel Aviv-Yafo|Tel-Aviv|תל אביב יפו|תל אביב"),
    ("Seoul", "KR", "서울특별시|서울시"),
    ("Birmingham", "GB", "B'ham"),
    ("Manchester", "GB", "M'cr"),
    ("Rome", "IT", "Roma Capitale"),
    ("Bogotá", "CO", "Bogotá D.C.|Bogotá DC|Santafé de Bogotá|Bogotá, D.C."),
    ("Lima", "PE", "Lima Metropolitana|Lima Perú"),
    ("Brasília", "BR", "Brasília DF"),
)

# Countries whose postcodes are those of another: the mother's codes and name cover them.
TERRITORIES = {
    "FR": ("RE", "GP", "MQ", "GF", "YT", "PF", "NC", "PM", "WF", "BL", "MF", "TF"),
    "US": ("PR", "VI", "GU", "AS", "MP", "UM"),
    "GB": ("IM", "JE", "GG", "GI", "FK", "GS", "IO", "SH", "AI", "BM", "KY", "MS", "PN", "TC", "VG"),
    "NZ": ("CK", "NU", "TK"),
    "NL": ("AW", "CW", "SX", "BQ"),
    "DK": ("FO", "GL"),
    "FI": ("AX",),
    "NO": ("SJ",),
    "CN": ("HK", "MO"),
    "AU": ("CX", "CC", "NF", "HM"),
    "IL": ("PS",),
    "RS": ("XK",),
    "IT": ("VA", "SM"),
    "CH": ("LI",),
}
