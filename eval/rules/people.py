"""Names of people: behind a title or a post, by their family name, and whatever was found once, everywhere."""

import re
from collections.abc import Sequence

from eval.rules.line import Line, Names, Phrases, listed, vocabulary
from eval.rules.orgs import person_begins
from eval.rules.places import COUNTRIES, FAMILIES, LEVELS, PLACES, THINGS

_TITLES = Phrases(
    listed("""
ông, bà, anh, chị, cô, chú, bác, cụ, em, cháu, đồng chí, đ/c, đ.c, ngài, thầy, bé, nhà báo, nhà văn, nhà thơ
nhạc sĩ, ca sĩ, nghệ sĩ, nghệ sỹ, luật sư, bác sĩ, bác sỹ, kỹ sư, giáo sư, phó giáo sư, tiến sĩ, tiến sỹ, thạc sĩ
cử nhân, GS, PGS, TS, ThS, BS, TS.BS, PGS.TS, PGS.TS., GS.TS, GS.TS., TS., ThS., BS., GS., PGS., LS, LS., KTS, KTS.
NSND, NSƯT, GS.BS, PGS TS, GS TS, TSKH, GS.TSKH, BSCKII, BS.CKII, ThS.BS, bị cáo, bị can, nghi phạm, nghi can
kiến trúc sư, hòa thượng, thượng tọa, đại đức, liệt sĩ, liệt sỹ, họa sĩ, đạo diễn, Mr, Mr., Ms, Ms., Mrs, Dr, Dr.
cô giáo, thầy giáo, tên, Seri, Dato, Samdech
""")
)
# The kind of person is said, but a place or another word with a capital may follow as well.
_KINDS = Phrases(
    listed("""
nạn nhân, bệnh nhân, cầu thủ, tiền vệ, tiền đạo, hậu vệ, thủ môn, huấn luyện viên, HLV, anh hùng, chiến sĩ, chiến sỹ
phóng viên, doanh nhân, tỷ phú, vợ chồng, học sinh, sinh viên, đại biểu, tác giả, chuyên gia, ảnh:, tổng hợp:, bài:
thực hiện:, video:, nhà lãnh đạo, phu nhân, lễ tang, nhà giáo, diễn giả, ứng viên, thí sinh, hoàng thái hậu
tư tưởng, phong cách, tấm gương, đạo đức
""")
)
_PARTICLES = ("da", "de", "del", "los", "la", "bin", "al", "van", "von", "di", "dos", "el", "ben")
_NO_NAMES = vocabulary("""
trong theo tại khi sau trước ngày tháng năm từ đến với các những một hai ba cũng để do nếu hội đại nghị luật quyết
kế chương dự đề báo bộ sở ban đảng phòng tp hđnd ubnd người việt hiện đây đó này ngoài cùng phát được trên qua về có
là không như đồng tỉnh thành quận huyện xã phường trung giải cuộc phiên kỳ khóa lễ bên lãnh lực lao cộng ủy phó hãy
ưu nguyên cựu thủ tổng chủ thường đoàn ảnh bác
""")
_NO_AUTHORS = vocabulary("theo ảnh nguồn tin bài xem video clip trường phiên trang bản")
_LONGEST = 5
_SIGNS = 16
"""Words and signs of the longest name; a longer chain of hyphens is none."""

_MAY_TOUCH = ("(", ".", ":", "/", '"', "“", "'", "-")
"""What may stand before a name without a blank."""

_PRONOUNS = ("ông", "bà", "anh", "chị", "cô", "chú", "bác", "cụ", "em")
_DEGREES = vocabulary("ts bs gs pgs ths dr ks ls kts")
_SAYS = vocabulary("""
nói cho khẳng nhấn phát bày chia đánh giải trả nhận tuyên đề thông đã từng sinh qua
""")

# A syllable as Vietnamese spelling has it, tones and all; a name with one that is none is a foreigner's.
_SYLLABLE = re.compile(
    r"(?:b|c|ch|d|đ|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|p|ph|qu|r|s|t|th|tr|v|x)?"
    r"[aeiouyăâêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]{1,3}(?:c|ch|m|n|ng|nh|p|t)?"
)

Span = tuple[int, int]
"""First word of a span and the word after its last."""


class People:
    """The names in a document: found line by line, then looked for once more by what was found."""

    def __init__(self) -> None:
        self._known = Names()

    def find(self, line: Line, taken: Sequence[str], last: bool) -> list[Span]:
        """The names in a line, in order.

        Args:
            taken: for every word the label of the span that it is in already, empty for none.
            last: whether this is the last line of its document, where the author's name stands.
        """
        found: list[Span] = []
        place = 0
        n = 0
        while n < len(line):
            if n >= place and line.capital(n):
                place = PLACES.end(line, n)
            inside = n < place and PLACES.end(line, n) != place
            end = 0 if taken[n] or inside or not line.capital(n) else _name(line, n, taken)
            if end:
                found.append((n, end))
                self._learn(line, n, end)
                n = end
            else:
                n += 1
        if last and (byline := _byline(line, taken)) and not any(a < byline[1] and byline[0] < b for a, b in found):
            found.append(byline)
        return found

    def again(self, line: Line, taken: Sequence[str]) -> list[Span]:
        """What is in a line of the names that were found anywhere in the document, where nothing is marked."""
        found: list[Span] = []
        n = 0
        while n < len(line):
            end = n if taken[n] else self._known.end(line, n)
            if end > n and not any(taken[n:end]) and _stands_alone(line, n, end, taken):
                found.append((n, end))
                n = end
            else:
                n += 1
        return found

    def _learn(self, line: Line, start: int, end: int) -> None:
        name = line.words[start:end]
        if end - start > 1:
            self._known.add(name)
        # A foreigner is called by one name later on; a single Vietnamese syllable may be any word.
        if not any(_vietnamese(word) for word in line.low[start:end] if word.isalpha()) and len(name[0]) > 3:
            self._known.add(name[-1:])
            self._known.add(name[:1])


def _stands_alone(line: Line, start: int, end: int, taken: Sequence[str]) -> bool:
    """Whether a name is not part of a longer one, nor of the name of a street or a school."""
    longer = line.capital(end) or (line.capital(start - 1) and not taken[start - 1])
    return not longer and not _thing_before(line, start, taken)


def _vietnamese(word: str) -> bool:
    return _SYLLABLE.fullmatch(word) is not None


def _name(line: Line, n: int, taken: Sequence[str]) -> int:
    """The word after the name that begins at word `n`, which has a capital; 0 if none does."""
    if (n and line.glued[n] and line.low[n - 1] not in _MAY_TOUCH) or line.low[n] in _DEGREES:
        return 0
    before = taken[n - 1] if n else ""
    place = PLACES.end(line, n)
    family = person_begins(line, n)
    uncle = line.low[n:place] == ["hồ", "chí", "minh"]
    end = _run(line, n, taken)
    odd = line.low[n] in _NO_NAMES and end - n == 1
    if _TITLES.start(line, n) < n or line.is_at(n - 1, "ảnh"):
        odd = odd and not line.is_at(n - 1, *_PRONOUNS)
        return 0 if odd or COUNTRIES.end(line, n) >= end else end
    if before == "ROLE" and uncle:
        return place
    if _KINDS.start(line, n) < n and LEVELS.end(line, n) == n and (place == n or uncle):
        return 0 if odd else end
    if place > n and not family:
        return 0
    if before == "ROLE" or (before != "ORG" and _post_with_place(line, n, taken)):
        return 0 if line.low[n] in _NO_NAMES and not family else end
    if family:
        found = 2 <= end - n <= _LONGEST and not _goes_on(line, n, taken) and not _thing_before(line, n, taken)
        return end if found else 0
    if before == "ORG" or n == 0 or not line.capital(n - 1):
        return _foreigner(line, n, taken)
    return 0


def _goes_on(line: Line, n: int, taken: Sequence[str]) -> bool:
    """Whether the capital at word `n` goes on a name that begins before it, which is not a person's."""
    if n == 0 or taken[n - 1] or not line.capital(n - 1) or line.words[n - 1].isupper():
        return False
    return line.low[n - 1] not in _NO_NAMES and PLACES.start(line, n) == n


def _foreigner(line: Line, n: int, taken: Sequence[str]) -> int:
    """A name of several words that aren't Vietnamese, where a post stands beside it or it says something."""
    if line.words[n].isupper() or _thing_before(line, n, taken):
        return 0
    end = _run(line, n, taken)
    office = n > 0 and taken[n - 1] == "ORG"
    strange = [not _vietnamese(word) for word in line.low[n:end]]
    if end - n < 2 or end >= len(line) or not (any(strange) if office else all(strange)):
        return 0
    post = taken[end] == "ROLE" or (line.is_at(end, ",", "-", "(") and end + 1 < len(line) and taken[end + 1] == "ROLE")
    return end if post or office or line.low[end] in _SAYS else 0


def _post_with_place(line: Line, n: int, taken: Sequence[str]) -> bool:
    """Whether a post and a country or a town stand before word `n`: "Thủ tướng Nhật Bản"."""
    for start in (PLACES.start(line, n), COUNTRIES.start(line, n)):
        if start < n:
            while start > 0 and not taken[start - 1] and LEVELS.start(line, start) < start:
                start = LEVELS.start(line, start)
            if start > 0 and taken[start - 1] == "ROLE":
                return True
    return False


def _thing_before(line: Line, n: int, taken: Sequence[str]) -> bool:
    """Whether what stands before word `n` has a name of its own: a street, a school, the number of a house."""
    if n == 0 or taken[n - 1]:
        return False
    number = line.low[n - 1] == "số" or line.low[n - 1].isdigit()
    return number or THINGS.start(line, n) < n or LEVELS.start(line, n) < n


def _run(line: Line, n: int, taken: Sequence[str]) -> int:
    """The word after a run of capitalised words, joined by hyphens, apostrophes or the dots of initials."""
    family = line.low[n] in FAMILIES
    most = 5 if family and line.is_at(n + 1, "thị") else 4 if family else 7
    size, end = 0, n
    while end < min(len(line), n + _SIGNS) and not taken[end]:
        if line.capital(end) and (not line.glued[end] or end == n):
            if size == most:
                break
            size += 1
            end += 1
        elif _inner(line, end):
            end += 2
        elif line.low[end] in _PARTICLES and not family and (line.capital(end + 1) or line.capital(end + 2)):
            end += 1
        else:
            break
    return end


def _inner(line: Line, n: int) -> bool:
    """Whether word `n` is a sign inside a name, and the name goes on behind it: "Diaz-Canel", "N.V.K"."""
    if not line.glued[n] or n + 1 >= len(line) or not line.glued[n + 1] or not line.words[n + 1][0].isalpha():
        return False
    if line.low[n] == ".":
        return len(line.words[n - 1]) < 3 and line.words[n - 1].isupper() and line.capital(n + 1)
    return line.low[n] in ("-", "'", "’")


def _byline(line: Line, taken: Sequence[str]) -> Span | None:
    """The capitalised words behind the last full stop of a text, before brackets or the name of a paper."""
    end = len(line)
    if line.is_at(end - 1, ")"):
        end = next((m for m in range(end - 1, max(0, end - 8), -1) if line.low[m] == "("), end)
    while end and (line.low[end - 1] in (".", "/", ")", "-", "\ufffd") or taken[end - 1] == "ORG"):
        end -= 1
    start = end
    while start and line.capital(start - 1) and not taken[start - 1] and line.words[start - 1].isalpha():
        start -= 1
    if start > 1 and line.low[start - 1] == "." and line.glued[start - 1] and len(line.words[start - 2]) == 1:
        start -= 2
    if not 2 <= end - start <= 4 or PLACES.end(line, start) >= end or line.low[start] in _NO_AUTHORS:
        return None
    if line.words[start].isupper() and line.low[start] not in FAMILIES:
        return None
    before = line.low[start - 1] if start else "."
    return (start, end) if before in (".", "!", "?", "”", '"', "…", ")", "/", "|", "“") else None
