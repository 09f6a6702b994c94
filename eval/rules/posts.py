"""Offices, posts and ranks: a list of them, and how much of what follows belongs to the post."""

from eval.rules.line import Line, Phrases, listed, vocabulary
from eval.rules.orgs import organisation, person_begins
from eval.rules.places import LEVELS, PLACES
from eval.rules.words import FIELDS

_CHIEFS = """
bí thư, chủ tịch, giám đốc, tổng giám đốc, chủ nhiệm, hiệu trưởng, viện trưởng, cục trưởng, tổng cục trưởng
vụ trưởng, chi cục trưởng, thủ tướng, chủ tịch nước, tổng thống, chánh án, chánh văn phòng, chánh thanh tra
trưởng ban, trưởng phòng, trưởng khoa, trưởng đoàn, trưởng thôn, trưởng công an, trưởng bộ môn, tổng biên tập
tổng thư ký, tư lệnh, chính ủy, tổng tham mưu trưởng, tham mưu trưởng, chỉ huy trưởng, tổng thanh tra
tổng kiểm toán, đại sứ, thị trưởng, tổng lãnh sự, thống đốc, tỉnh trưởng, đô đốc, trưởng đại diện, bí thư đoàn
trưởng tiểu ban, đồn trưởng, trạm trưởng, đội trưởng, tổ trưởng, giám thị, pháp chủ, chỉ huy, trưởng công an xã
trưởng ty, tổng tư lệnh, tổng chỉ huy, khoa trưởng
"""

_OTHERS = """
tổng bí thư, bộ trưởng, thứ trưởng, ngoại trưởng, quốc trưởng, cố vấn, ủy viên, ủy viên dự khuyết
ủy viên chính thức, đảng ủy viên, thành ủy viên, tỉnh ủy viên, quận ủy viên, huyện ủy viên, thị ủy viên, cấp ủy viên
chi ủy viên, TUV, UVTV, UVTW, UV, chính trị viên, thẩm phán, kiểm sát viên, kiểm soát viên, điều tra viên
chấp hành viên, hội thẩm nhân dân, kế toán trưởng, phát ngôn viên, người phát ngôn, đặc phái viên, đặc sứ, đại biện
đại biện lâm thời, tham tán, bí thư thứ nhất, lãnh sự, tùy viên, công sứ, quốc vương, thái tử, hoàng thái tử
nữ hoàng, vua, thủ hiến, quốc vụ khanh, nghị sĩ, thượng nghị sĩ, hạ nghị sĩ, dân biểu, nghị sỹ, thượng nghị sỹ
hạ nghị sỹ, thư ký, thư ký riêng, trợ lý, cục phó, vụ phó, phó phòng, phó ban, phó đoàn, tổ phó, đội phó, hiệu phó
viện phó, giám đốc điều hành, cụm trưởng, khối trưởng, ủy viên thư ký, bộ trưởng chủ nhiệm, kiến trúc sư trưởng
phụ trách kế toán, thủ quỹ, bí thư chi bộ, phó bí thư chi bộ, CEO, kiểm toán trưởng, phó chỉ huy trưởng
trung đoàn trưởng, tiểu đoàn trưởng, sư đoàn trưởng, lữ đoàn trưởng, đại đội trưởng, chính trị viên phó
giám đốc tình báo quốc gia, kiểm sát viên cao cấp, tổng trưởng lý, tổng chưởng lý, công tố viên
"""

_RANKS = """
đại tướng, thượng tướng, trung tướng, thiếu tướng, chuẩn tướng, tướng, phó đô đốc, chuẩn đô đốc, thủy sư đô đốc
đại tá, thượng tá, trung tá, thiếu tá, đại úy, thượng úy, trung úy, thiếu úy, thượng sĩ, trung sĩ, hạ sĩ, thượng sỹ
trung sỹ, hạ sỹ
"""

_RANK_WORDS = Phrases(
    listed("""
thường trực, thứ nhất, thứ hai, danh dự, chuyên trách, điều hành, cao cấp, trung cấp, sơ cấp, đặc mệnh toàn quyền
toàn quyền, lâm thời, luân phiên, phụ trách
""")
)
_NO_POSTS = Phrases(
    listed("""
đại sứ quán, lãnh sự quán, tổng lãnh sự quán, tướng lĩnh, tướng sĩ, vua chúa, tư lệnh ngành, bí thư đoàn kết
""")
)
_PARTS = Phrases(listed("đại biểu, thành viên"))
_UNITS = Phrases(
    listed("""
bệnh viện, trường, chi bộ, chi bộ xã, công ty, xí nghiệp, nhà máy, chi nhánh, trung tâm, sở, doanh nghiệp
công an xã
""")
)
_PLACE_UNITS = Phrases(listed("tỉnh, thành phố, tp, quận, huyện, thị xã, phường, xã, thị trấn"))
_BEFORE_UNIT = Phrases(listed("phó trưởng, phó chánh, trưởng, chánh, phó"))
_UNIT_NOUNS = vocabulary("ban phòng đoàn công văn khoa tiểu bộ đội tổ thanh trạm btc bch bcđ đồn chi cơ phân tòa")
_BOARDS = Phrases(listed("ban tổ chức, ban chỉ đạo, ban quản lý, ban thư ký, ban chỉ huy quân sự"))
_UNITS_OF_POSTS = (["ban"], ["phòng"], ["khoa"], ["đoàn"], ["văn", "phòng"])
_MINISTERS = Phrases(listed("bộ trưởng, thứ trưởng, quốc vụ khanh"))
_PORTFOLIOS = Phrases(
    listed(FIELDS)
    + listed("""
hội nhập khu vực, chính sách hội nhập khu vực, giáo dục cao học, phát triển quốc tế, phát triển nông thôn, an ninh
an ninh quốc gia, ngân khố, thương mại quốc tế, đối ngoại, năng lượng, môi trường, lục quân, hải quân, không quân
""")
)


def _posts() -> list[str]:
    chiefs = listed(_CHIEFS)
    return [*chiefs, *(f"phó {chief}" for chief in chiefs), "phó trưởng đoàn", *listed(_OTHERS), *listed(_RANKS)]


_POSTS = Phrases(_posts())


STARTS = _POSTS.firsts | _BEFORE_UNIT.firsts | _PARTS.firsts | {"thường"}
"""The words, in small letters, that a post can begin with."""


def post(line: Line, n: int) -> int:
    """The word after the post that begins at word `n`; `n` itself if none does."""
    if line.glued[n] and line.is_at(n - 1, "-", "/") and line.low[n] == "uv":
        return n
    if _NO_POSTS.end(line, n) > n or line.is_at(n - 1, "phủ", "dinh", "biến"):
        return n
    if line.is_at(n, "vụ") and line.is_at(n - 1, "chức"):
        return n
    if (end := _POSTS.end(line, n)) > n:
        return _whole(line, n, end)
    if (end := _BEFORE_UNIT.end(line, n)) > n and line.is_at(end, *_UNIT_NOUNS) and organisation(line, end) > end + 1:
        return end
    if (end := _PARTS.end(line, n)) > n and organisation(line, end) > end and not line.is_at(n - 1, "nước", "đoàn"):
        return end
    if line.is_at(n, "thường") and line.is_at(n + 1, "trực") and line.is_at(n + 2, "ban") and line.is_at(n + 3, "bí"):
        return n + 2
    return n


def _whole(line: Line, n: int, end: int) -> int:
    """The word after a post, words `n` to `end` of which the list has."""
    size = 2 if line.low[end - 2 : end] == ["văn", "phòng"] else 1
    unit = line.low[end - size : end]
    if end - size > n and unit in _UNITS_OF_POSTS and line.low[end : end + size] != unit:
        # "Trưởng Ban Tuyên giáo": the unit belongs to the organisation, unless it is said twice or no name follows.
        start = end - size
        if max(organisation(line, start), _BOARDS.end(line, start)) > end:
            return start
    if line.low[end - 2 : end] == ["công", "an"] and organisation(line, end - 2) > end:
        return end - 2
    end = _RANK_WORDS.end(line, end)
    if _MINISTERS.end(line, n) == end and organisation(line, end) == end:
        return _PORTFOLIOS.end(line, end)
    if organisation(line, end) == end and not line.capital(end):
        for units in (_PLACE_UNITS, _UNITS):
            after = units.end(line, end)
            if after > end and not _named(line, after):
                return after
    return end


def _named(line: Line, n: int) -> bool:
    """Whether the name of a unit goes on at word `n`."""
    return n < len(line) and (line.low[n].isdigit() or (line.capital(n) and not person_begins(line, n)))


def place_behind(line: Line, n: int) -> int:
    """The word after a place, or a level with a place, that begins at word `n`; `n` itself if there is none."""
    end = LEVELS.end(line, n)
    if (after := PLACES.end(line, end)) > end:
        return after
    while end > n and line.capital(end):
        end += 1
    return end if line.capital(end - 1) else n
