"""What countries are called in Chinese, Korean and Japanese: names that the index lacks, mostly of two to four signs.

From the Unicode CLDR, as Babel 2.18.0 has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from geopandas_batch.gazetteer.atlas.spelling import is_unspaced
from geopandas_batch.gazetteer.reading import Name

_NAMES = """
    AD=安道尔/安道爾/안도라 AF=阿富汗 AI=安圭拉/安奎拉/앵귈라 AO=安哥拉/앙골라 AR=阿根廷 AT=奥地利/奧地利 AU=澳洲
    AW=阿鲁巴/아루바/アルバ BB=巴貝多 BD=孟加拉 BE=比利时/比利時/벨기에 BH=巴林/바레인 BI=布隆迪/蒲隆地/부룬디
    BJ=贝宁/貝南/베냉/ベナン BM=百慕大/百慕達/버뮤다 BN=文莱/汶萊 BR=巴西/브라질 BS=巴哈马/巴哈馬/바하마/バハマ
    BT=不丹/부탄 BW=波札那 BZ=伯利兹/貝里斯/벨리즈 CA=加拿大/캐나다/カナダ CH=瑞士/스위스/スイス CL=智利/칠레/チリ
    CM=喀麦隆/喀麥隆/카메룬 CN=中国/中國/중국/中华人民共和国/中華人民共和國
    CU=古巴/쿠바 CV=佛得角/維德角 CW=库拉索/庫拉索/퀴라소
    CX=圣诞岛/聖誕島 CZ=捷克/체코/チェコ DE=德国/德國/독일/ドイツ DJ=吉布提/吉布地/지부티/ジブチ
    DK=丹麦/丹麥/덴마크 DZ=알제리 EC=厄瓜多 EG=埃及/이집트 ES=西班牙/스페인 FI=芬兰/芬蘭/핀란드 FJ=斐济/斐濟/피지
    FR=法国/法國/프랑스 GA=加蓬/加彭/가봉/ガボン GB=英国/英國/영국 GD=格林纳达/グレナダ GE=喬治亞/조지아
    GG=根西岛/根息/건지 GH=加纳/迦納/가나/ガーナ GL=格陵兰/格陵蘭 GM=冈比亚/甘比亞/감비아
    GN=几内亚/幾內亞/기니/ギニア GR=希腊/希臘/그리스 GU=关岛/關島/グアム GY=圭亚那/蓋亞那 HT=海地/아이티/ハイチ
    HU=匈牙利/헝가리 ID=印尼 IE=爱尔兰/愛爾蘭 IL=以色列 IM=马恩岛/曼島/맨섬/マン島 IN=印度/인도/インド
    IQ=伊拉克/이라크/イラク IR=伊朗/이란/イラン IS=冰岛/冰島 IT=意大利/義大利 JE=泽西岛/澤西島/저지
    JM=牙买加/牙買加 JO=约旦/約旦/요르단 JP=일본 KE=肯尼亚/肯亞/케냐/ケニア KH=柬埔寨 KM=科摩罗/葛摩/코모로/コモロ
    KP=朝鲜/北韓/북한/北朝鮮 KR=韩国/南韓/韓国 KW=科威特 KZ=哈薩克 LA=老挝/寮國/라오스/ラオス LB=黎巴嫩/레바논
    LS=莱索托/賴索托/레소토/レソト LT=立陶宛 LU=卢森堡/盧森堡 LY=利比亚/利比亞/리비아/リビア MA=摩洛哥/모로코
    MC=摩纳哥/摩納哥/모나코/モナコ MD=몰도바 ML=马里/馬利/말리/マリ MM=缅甸/緬甸/미얀마 MN=蒙古/몽골 MS=蒙哲臘
    MT=马耳他/馬爾他/몰타/マルタ MV=몰디브 MW=马拉维/馬拉威/말라위 MX=墨西哥/멕시코 NE=尼日尔/尼日/니제르 NF=노퍽섬
    NL=荷兰/荷蘭 NO=挪威 NP=尼泊尔/尼泊爾/네팔 NR=瑙鲁/諾魯/나우루/ナウル NU=纽埃/紐埃島/니우에/ニウエ
    NZ=新西兰/紐西蘭 OM=阿曼/오만 PA=巴拿马/巴拿馬/파나마/パナマ PE=秘鲁/秘魯/페루/ペルー PH=菲律宾/菲律賓/필리핀
    PL=波兰/波蘭/폴란드 PT=葡萄牙 PW=帕劳/帛琉/팔라우/パラオ PY=巴拉圭 QA=卡塔尔/卡達/카타르 RE=留尼汪/留尼旺
    RU=俄罗斯/俄羅斯/러시아/ロシア RW=卢旺达/르완다 SC=塞舌尔/塞席爾/세이셸 SD=苏丹/蘇丹/수단 SE=瑞典/스웨덴
    SG=新加坡 SL=獅子山 SN=세네갈 SO=索马里 SR=苏里南/蘇利南/수리남 SS=南苏丹/南蘇丹/남수단
    SY=叙利亚/敘利亞/시리아/シリア TD=乍得/查德/차드/チャド TG=多哥/토고/トーゴ TH=泰国/泰國/태국/タイ TJ=塔吉克
    TK=托克劳 TL=东帝汶/東帝汶 TM=土庫曼 TN=突尼斯/튀니지 TO=汤加/東加/통가/トンガ TR=土耳其/トルコ
    TV=图瓦卢/吐瓦魯/투발루/ツバル TW=대만 UA=乌克兰/烏克蘭 UG=乌干达/烏干達/우간다 US=美国/美國/미국
    UY=乌拉圭/烏拉圭 VA=梵蒂冈/梵蒂岡 VN=越南/베트남 VU=萬那杜 WS=萨摩亚/薩摩亞/사모아/サモア
    XK=科索沃/코소보/コソボ YE=也门/葉門/예멘 YT=马约特/마요트 ZA=南非 ZM=赞比亚/尚比亞/잠비아 ZW=辛巴威
"""
NAMES = {
    name: country for country, _, names in (pair.partition("=") for pair in _NAMES.split()) for name in names.split("/")
}
# Tokens are single signs. All names begin with one of these, and end with one of those.
FIRST, LAST = frozenset(name[0] for name in NAMES), frozenset(name[-1] for name in NAMES)
_MOST = max(map(len, NAMES))
# What goes on with a sign of the same kind is another word: "マリン" is not in Mali.
_KANA, _HANGUL = re.compile("[\u30a1-\u30fc]"), re.compile("[\uac00-\ud7a3]")
_KOREAN = frozenset(
    ("독일", "일본", "인도", "영국", "중국", "미국", "태국")
)  # the others of two signs begin many words


def find_country(words: Sequence[str], names: Sequence[tuple[int, int, Name]]) -> tuple[int, int, str] | None:
    """The country that begins or ends a part, from a word up to another; None if there is none.

    >>> find_country("法国巴黎", [])
    (0, 2, 'FR')
    >>> find_country("말리나", [])
    """
    if not is_unspaced(words[0]) and not is_unspaced(words[-1]):
        return None
    end = len(words)
    while end and words[end - 1].isdigit():
        end -= 1
    for length in range(min(_MOST, end), 1, -1):
        for at, to in ((0, length), (end - length, end)):
            name = "".join(words[at:to])
            country = NAMES.get(name)
            if (
                country is not None
                and _is_whole(name, words[at - 1] if at else "", words[to] if to < len(words) else "")
                and not any(start <= at and to <= last and last - start > length for start, last, _ in names)
            ):
                return at, to, country
    return None


def _is_whole(name: str, before: str, behind: str) -> bool:
    """Whether a name is no piece of a longer word."""
    if _KANA.match(name):
        return not _KANA.match(before) and not _KANA.match(behind)
    if _HANGUL.match(name) and len(name) == 2 and name not in _KOREAN:
        return not _HANGUL.match(before) and not _HANGUL.match(behind)
    return True
