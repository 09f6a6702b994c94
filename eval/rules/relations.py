"""Relations: which posts belong to which organisation and which person, by what stands between them on a line."""

import re
from collections.abc import Sequence

from eval.rules.line import Line, alternatives
from eval.rules.posts import place_behind

Mark = tuple[int, int, str]
"""First word, word after the last, and label of a span."""

_FORMER = alternatives("nguyên, cựu, quyền, tân, là, hiện là, vị trí, chức vụ, chức danh, chức")
_LIST = re.compile(
    rf"{alternatives('-, và, kiêm, kiêm nhiệm, đồng thời là, cùng, ;, ; đồng thời là, ; kiêm')}?(?: ?{_FORMER})?"
)
_TERM = re.compile(
    r"(?: ?\([^()]{1,40}\))?(?:,? (?:khóa|nhiệm kỳ|các khóa) ?[\w .;-]{0,30}?)?(?: (?:phụ trách|điều hành))?"
)
_HOLDS = alternatives("""
giữ chức, giữ chức vụ, giữ chức danh, giữ cương vị, làm, được bầu làm, được bầu giữ chức, được bầu giữ chức vụ
được bổ nhiệm làm, được bổ nhiệm giữ chức, được bổ nhiệm giữ chức vụ, được điều chuyển làm, trở thành, hiện là
""")
_APPOSED = alternatives("""
;, -, (, :, (sinh năm, là, được phân công làm, được cử làm, nguyên là, từng là, từng giữ chức
từng đảm nhiệm các chức vụ, đảm nhiệm chức vụ, đảm nhận chức vụ
với vai trò, ứng cử, (trái);, (phải);, (giữa);, ; một, ; người giữ chức
; giữ chức vụ, ; giữ chức, ; là, vào chức vụ, tham gia, thôi giữ chức, thôi giữ chức vụ, ; đại diện cho, ; hiện là
; hiện giữ chức, - hiện là, đang giữ chức, đang là
""")
_IS = re.compile(rf"(?:{_HOLDS}|{_APPOSED}|[,(] ?\d\d tuổi,(?: làm)?)(?: {_FORMER})?")
_WHO = alternatives("""
ông, bà, đồng chí, đ/c, anh, chị, ngài, luật sư, nhà báo, tiến sĩ, gs, pgs, ts, ths, bs, dr, gs., pgs., ts., ths., bs.
dr., pgs.ts, pgs.ts., pgs. ts., pgs ts, gs.ts, gs.ts., gs. ts., gs ts, ts.bs, ts. bs
""")
_TITLE = re.compile(rf"(?:của |: )?{_WHO}?")
_LATER = re.compile(rf"{alternatives(';, -, :, ; là, là, đối với, đối với các, cho, cho các')} ?{_WHO}")
_ALSO = re.compile(rf"[-,)]?,? ?(?:{_HOLDS}|{alternatives('nay là, sang làm, về làm, và hiện là')})")
_PRONOUN = re.compile(
    r"(?:ông|bà) (?:cũng |còn |hiện |đã )?(?:từng|là|đang|được|giữ|làm|nguyên|trở thành|đảm nhận|đảm nhiệm)[^.]{0,40}$"
)


def relations(line: Line, marks: Sequence[Mark]) -> list[tuple[Mark, str, Mark]]:
    """The relations between the spans of a line, which come in order and don't overlap."""
    found: list[tuple[Mark, str, Mark]] = []
    posts = [n for n, mark in enumerate(marks) if mark[2] == "ROLE"]
    groups = _groups(line, marks, posts)
    for group in groups:
        found += _bodies(line, marks, group)
    owners = _owners(line, marks, groups)
    for group, owner in zip(groups, owners, strict=True):
        if owner is not None:
            found += ((marks[owner], "HAS_ROLE", marks[n]) for n in group)
    return found


def _between(line: Line, left: Mark, right: Mark) -> str:
    """The text between two spans, without blanks at its ends."""
    if left[1] >= right[0]:
        return ""
    return line.text[line.at[left[1] - 1] + len(line.low[left[1] - 1]) : line.at[right[0]]].strip()


def _body(line: Line, marks: Sequence[Mark], n: int) -> int | None:
    """The organisation of the post `n`, where it stands right behind it."""
    if (
        n + 1 < len(marks)
        and marks[n + 1][2] == "ORG"
        and _between(line, marks[n], marks[n + 1]) in ("", "của", "tại", "ở")
    ):
        return n + 1
    return None


def _end(line: Line, marks: Sequence[Mark], n: int) -> int:
    """The last span that belongs to the post `n`: its organisation, and that one's abbreviation or superior."""
    body = _body(line, marks, n)
    last = n if body is None else body
    if body is not None and last + 1 < len(marks) and marks[last + 1][2] == "ORG":
        between = _between(line, marks[last], marks[last + 1])
        if between == "(":
            last += 1
    if (
        last + 1 < len(marks)
        and marks[last + 1][2] == "DATE"
        and "nhiệm kỳ" in _between(line, marks[last], marks[last + 1])
    ):
        last += 1
    return last


def _groups(line: Line, marks: Sequence[Mark], posts: Sequence[int]) -> list[list[int]]:
    """Posts in the lists that they stand in."""
    groups: list[list[int]] = []
    for n in posts:
        if groups:
            last = _end(line, marks, groups[-1][-1])
            closed = last > 1 and marks[last][2] == "ORG" and marks[last - 1][2] == "ORG"
            if last + 1 == n and _is_list(line, marks[last], marks[n], closed):
                groups[-1].append(n)
                continue
        groups.append([n])
    return groups


def _is_list(line: Line, left: Mark, right: Mark, closed: bool) -> bool:
    """Whether two posts stand in a list; `closed` says that `left` is an abbreviation in brackets."""
    between = _between(line, left, right)
    after = place_behind(line, left[1])
    if left[1] < after <= right[0]:
        between = line.text[line.at[after - 1] + len(line.low[after - 1]) : line.at[right[0]]].strip()
    if closed:
        between = between.removeprefix(")").strip()
    if term := _TERM.match(between):
        between = between[term.end() :].strip() if term.end() else between
    return bool(_LIST.fullmatch(between))


def _bodies(line: Line, marks: Sequence[Mark], group: Sequence[int]) -> list[tuple[Mark, str, Mark]]:
    found = []
    later: int | None = None
    for place in range(len(group) - 1, -1, -1):
        n = group[place]
        body = _body(line, marks, n)
        if body is None and later is not None and _shares(line, marks[n], marks[group[place + 1]]):
            body = later
        later = body
        if body is not None:
            found.append((marks[n], "ROLE_AT", marks[body]))
    return found[::-1]


def _shares(line: Line, left: Mark, right: Mark) -> bool:
    """Whether two posts of a list have one body: "Bí thư, Phó Bí thư Quận ủy"."""
    between = _between(line, left, right)
    alike = line.low[left[1] - 1] == line.low[right[1] - 1] or line.low[left[1] - 1] in line.low[right[0] : right[1]]
    return between in ("và", "kiêm") or (between == "," and alike)


def _owners(line: Line, marks: Sequence[Mark], groups: Sequence[Sequence[int]]) -> list[int | None]:
    """The person of every list of posts."""
    owners: list[int | None] = []
    reached = -1
    for group in groups:
        first, last = group[0], _end(line, marks, group[-1])
        behind = last + 1 if last + 1 < len(marks) and marks[last + 1][2] == "PERSON" else None
        before = first - 1 if first and marks[first - 1][2] == "PERSON" else None
        owner = None
        if behind is not None and _TITLE.fullmatch(_after_place(line, marks[last], marks[behind], last > first)):
            owner = behind
        elif before is not None and _IS.fullmatch(_between(line, marks[before], marks[first])):
            owner = before
        elif owners and reached == first - 1 and _ALSO.fullmatch(_after_place(line, marks[reached], marks[first])):
            # "ông A, Giám đốc Sở X, giữ chức vụ Giám đốc Sở Y"
            owner = owners[-1] if owners[-1] is not None and owners[-1] < first else None
        if owner is None and behind is not None and _LATER.fullmatch(_between(line, marks[last], marks[behind])):
            owner = behind
        if owner is None and first and _PRONOUN.search(_between(line, marks[first - 1], marks[first])):
            owner = next((n for n in range(first - 1, -1, -1) if marks[n][2] == "PERSON"), None)
        owners.append(owner)
        reached = last
    return owners


def _after_place(line: Line, left: Mark, right: Mark, bracketed: bool = False) -> str:
    """The text between two spans without a place at its beginning ("Thủ tướng Nhật Bản Shinzo Abe").

    `bracketed` says that an organisation on the left may be one in brackets, whose end is passed over as well.
    """
    after = place_behind(line, left[1])
    start = after if left[1] < after <= right[0] else left[1]
    between = line.text[line.at[start - 1] + len(line.low[start - 1]) : line.at[right[0]]].strip()
    return between.removeprefix(")").strip() if bracketed and left[2] == "ORG" else between
