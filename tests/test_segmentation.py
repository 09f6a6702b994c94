"""Words of several syllables: what a segmenter may say, and what becomes of it; and the segmenters themselves."""

import json
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_scores import marked
from test_text import HOSTILE

from annotations.gold import read_gold
from train.examples import examples
from vipol import segmentation
from vipol.decoding import Decoder
from vipol.encoding import Batch, Pieces, encode
from vipol.errors import ModelError
from vipol.extractor import Config, Extractor
from vipol.network import NetworkConfig
from vipol.schema import RELATION_TYPES, TAGS
from vipol.segmentation import NAMES, SYLLABLES, WordUnit, join, split, word_unit
from vipol.text import MAX_FORM, lines, words


def unit(*known: str) -> WordUnit:
    """A word unit that knows these words, their syllables parted by blanks; the longest is taken."""

    def segment(syllables: Sequence[str]) -> Iterator[str]:
        at = 0
        while at < len(syllables):
            length = max((k for k in range(1, 9) if " ".join(syllables[at : at + k]) in known), default=1)
            yield "_".join(syllables[at : at + length])
            at += length

    return WordUnit("known", segment)


def saying(*found: str) -> WordUnit:
    """A word unit whose segmenter says that, whatever it is given."""
    return WordUnit("saying", lambda _: found)


def forms(of: WordUnit, text: str) -> list[str]:
    return [join(group).form for group in of.groups(text)]


def surfaces(of: WordUnit, text: str) -> list[str]:
    return [text[word.start : word.end] for word in map(join, of.groups(text))]


@pytest.fixture
def fresh() -> Iterator[None]:
    """No segmenter is loaded, before or after."""
    segmentation._loaded.cache_clear()
    yield
    segmentation._loaded.cache_clear()


def test_words_of_several_syllables() -> None:
    """A word begins with its first syllable and ends with its last; its form is as PhoBERT's vocabulary has it."""
    text = "Phó Chủ tịch UBND  Hà\u00a0Nội, (Chủ tịch)."
    found = [join(group) for group in unit("Chủ tịch", "Hà Nội").groups(text)]
    assert [(text[word.start : word.end], word.form, word.glued) for word in found] == [
        ("Phó", "Phó", False),
        ("Chủ tịch", "Chủ_tịch", False),
        ("UBND", "UBND", False),
        ("Hà\u00a0Nội", "Hà_Nội", False),
        (",", ",", True),
        ("(", "(", False),
        ("Chủ tịch", "Chủ_tịch", True),
        (")", ")", True),
        (".", ".", True),
    ]


def test_syllables_are_words() -> None:
    """The default unit is the words of `vipol.text`, as they always were."""
    text = "Phó Chủ tịch UBND Hà Nội, 27/6"
    assert [join(group) for group in SYLLABLES.groups(text)] == words(text)
    assert word_unit("syllables") is SYLLABLES


def test_segmenter_reads_normalised_syllables() -> None:
    """Numbers, marks and syllables come one by one: composed, without what can't be seen, tone marks in one place."""
    seen: list[Sequence[str]] = []

    def segment(syllables: Sequence[str]) -> Sequence[str]:
        seen.append(syllables)
        return syllables

    WordUnit("seeing", segment).groups(unicodedata.normalize("NFD", "Quận uỷ\u200b nhận 500triệu (5/1)"))
    assert seen == [["Quận", "ủy", "nhận", "500", "triệu", "(", "5", "/", "1", ")"]]


def test_forms_of_another_normaliser() -> None:
    """An encoder with other habits gets its own forms; what is one word stays the same."""
    other = WordUnit("other", unit("Quận ủy").segment, lambda form: f"<{unicodedata.normalize('NFC', form)}>")
    assert forms(other, "Quận uỷ Hoa") == ["<Quận>_<uỷ>", "<Hoa>"]
    assert forms(WordUnit("syllables too", None, str.upper), "Quận uỷ") == ["QUẬN", "UỶ"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hoa, Huệ", "Hoa , Huệ"),
        ("Hoa-Huệ", "Hoa-Huệ"),
        ("quý 1", "quý_1"),
        ("500 triệu", "500_triệu"),
        ("a_b", "a_b"),
        ("Hoa\nHuệ", "Hoa Huệ"),
        ("Hoa\u2028Huệ", "Hoa Huệ"),
        ("x ² y", "x ² y"),
    ],
)
def test_what_is_no_word(text: str, said: str) -> None:
    """Nothing is joined across punctuation, numbers or the end of a line, whatever a library thinks."""
    assert [join(group) for group in saying(said).groups(text)] == words(text)


@pytest.mark.parametrize("gap", ["", " ", "\u00a0", "   ", "\t", " \u200b", "\ufeff", "\u2060 \u00ad"])
def test_what_may_stand_in_a_word(gap: str) -> None:
    """White space of every kind, what can't be seen, and nothing at all."""
    text = f"ông Hoa{gap}Huệ"
    assert surfaces(saying("ông", "Hoa Huệ"), text) == ["ông", f"Hoa{gap}Huệ"]
    assert forms(saying("ông", "Hoa Huệ"), text) == ["ông", "Hoa_Huệ"]


@pytest.mark.parametrize(
    "said",
    [
        ["ông", "Thuỷ Hoà", "ở", "Hà_Nội"],
        ["ÔNG", "thủy_hòa", "ở", "hà nội"],
        [unicodedata.normalize("NFD", word) for word in ("ông", "Thủy Hòa", "ở", "Hà Nội")],
        ["ông", "ThuỷHoà", "ở", "HàNội"],
        ["Bà", "ông", "Thủy Hòa", "mới", "Hà Nội"],
        ["ông", "THỦY. Hòa", "", " ", "_", "ở", "Hà-Nội"],
    ],
    ids=["new tones", "capitals", "decomposed", "no blanks", "other words", "other marks"],
)
def test_words_are_found_by_their_letters(said: list[str]) -> None:
    """A library may move tone marks, change capitals or marks, or lose and add words: the others are still found."""
    assert surfaces(saying(*said), "ông Thủy Hoà ở Hà Nội") == ["ông", "Thủy Hoà", "ở", "Hà Nội"]


def test_edge_inside_a_syllable() -> None:
    """A word that begins or ends in the middle of a syllable joins only the syllables that it holds whole."""
    assert surfaces(saying("Ng", "uyễn Văn H", "oa Huệ"), "Nguyễn Văn Hoa Huệ") == ["Nguyễn", "Văn", "Hoa", "Huệ"]
    assert surfaces(saying("Ng", "uyễn Văn Hoa H", "uệ"), "Nguyễn Văn Hoa Huệ") == ["Nguyễn", "Văn Hoa", "Huệ"]


def test_word_that_is_not_there() -> None:
    """What cannot be found joins nothing, and far behind it nothing is taken for it."""
    text = f"ngành giáo dục {'và ' * 40}Hà Nội"
    assert "Hà Nội" not in surfaces(saying("nghành giáo dục", "Hà Nội"), text)
    assert surfaces(saying("nghành", "giáo dục"), text)[:2] == ["ngành", "giáo dục"]


def test_very_long_word() -> None:
    """A word of more characters than an encoder reads goes on as another one: no syllable loses its form."""
    text = "Nguyễn Văn Hoa " * 10
    found = forms(saying(text), text)
    assert max(map(len, found)) <= MAX_FORM
    assert "_".join(found) == "_".join(text.split())
    assert len(found) == 4
    assert forms(saying(f"{'k' * 60} Hoa"), f"{'k' * 60} Hoa") == ["k" * MAX_FORM, "Hoa"]


def test_long_line_takes_linear_time() -> None:
    """A line of 40,000 syllables and 20,000 commas is grouped in a second."""
    text = "Chủ tịch, " * 20_000
    start = time.process_time()
    assert len(unit("Chủ tịch").groups(text)) == 40_000
    assert time.process_time() - start < 10


def test_parting_at_edges() -> None:
    """A word is parted where an edge stands between two syllables, be it in the blank, and nowhere else."""
    text = "Lê Văn Hoa"
    (group,) = saying(text).groups(text)

    def parts(*edges: int) -> list[str]:
        return [text[part[0].start : part[-1].end] for part in split(group, edges)]

    assert parts() == parts(0, 10) == parts(1, 5, 9) == ["Lê Văn Hoa"]
    assert parts(2) == parts(3) == ["Lê", "Văn Hoa"]
    assert parts(3, 6) == ["Lê", "Văn", "Hoa"]
    assert [join(part).form for part in split(group, [7])] == ["Lê_Văn", "Hoa"]


def segmenters() -> st.SearchStrategy[Callable[[Sequence[str]], Iterable[str]]]:
    """Libraries of every kind: they join at random, and lose, change and add as they like."""

    def made(seed: list[int], noise: list[str]) -> Callable[[Sequence[str]], Iterable[str]]:
        def segment(syllables: Sequence[str]) -> list[str]:
            found: list[str] = []
            for n, syllable in enumerate(syllables):
                act = seed[n % len(seed)]
                if found and act < 4:
                    found[-1] += " _"[act % 2] + syllable
                elif act == 4:
                    found.append(noise[n % len(noise)])
                elif act == 5:
                    found.append(syllable[1:])
                elif act == 6:
                    found += [syllable[:1], syllable[1:]]
                else:
                    found.append(unicodedata.normalize("NFKD", syllable))
            return found

        return segment

    return st.builds(
        made, st.lists(st.integers(0, 9), min_size=1, max_size=12), st.lists(HOSTILE, min_size=1, max_size=3)
    )


@given(text=HOSTILE | st.text("Hoaệ \u00a0,1_\u0301\u200b", max_size=60), segment=segmenters())
def test_words_tile_the_syllables(text: str, segment: Callable[[Sequence[str]], Iterable[str]]) -> None:
    """Whatever the text and the library: the same syllables, in order, none lost, letters alone joined, on one line."""
    hostile = WordUnit("hostile", segment)
    for start, end in lines(text):
        groups = hostile.groups(text, start, end)
        assert [syllable for group in groups for syllable in group] == words(text, start, end)
        for group in groups:
            word = join(group)
            assert (word.start, word.end, word.glued) == (group[0].start, group[-1].end, group[0].glued)
            assert len(word.form) <= MAX_FORM
            assert len(text[word.start : word.end].splitlines()) <= 1
            assert len(group) == 1 or all(syllable.form[0].isalpha() for syllable in group)


@given(text=HOSTILE, segment=segmenters(), data=st.data())
def test_parting_leaves_no_edge_inside_a_word(
    text: str, segment: Callable[[Sequence[str]], Iterable[str]], data: st.DataObject
) -> None:
    """After parting, an edge that is one of a syllable is one of a word, and other words are as they were."""
    hostile = WordUnit("hostile", segment)
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    for start, end in lines(text):
        for group in hostile.groups(text, start, end):
            parts = list(split(group, edges))
            assert [syllable for part in parts for syllable in part] == group
            inside = {offset for part in parts for a, b in pairwise(part) for offset in (a.end, b.start)}
            assert not inside & set(edges)
            assert len(parts) == 1 or any(group[0].end <= edge <= group[-1].start for edge in edges)


def test_encode_in_words(pieces: Pieces) -> None:
    """Windows hold words as the encoder reads them; edges part them, and it is told where."""
    text = "Chủ tịch Hà Nội\nChủ tịch"
    known = unit("Chủ tịch", "Hà Nội")
    encoded = encode(text, pieces, 64, known)
    assert [word.form for word in encoded.words] == ["Chủ_tịch", "Hà_Nội", "Chủ_tịch"]
    assert (encoded.lines, encoded.parted) == ([(0, 2), (2, 3)], [])
    (window,) = encoded.windows
    assert len(window.firsts) == 3
    assert encoded.words[0].form == "Chủ_tịch"
    assert tuple(window.ids[1 : 1 + len(pieces(encoded.words[0]))]) == pieces(encoded.words[0])
    cut = encode(text, pieces, 64, known, {0, 12, 15, 16})
    assert [word.form for word in cut.words] == ["Chủ_tịch", "Hà", "Nội", "Chủ_tịch"]
    assert (cut.lines, cut.parted) == ([(0, 3), (3, 4)], [12])


def test_gold_edges_in_words(pieces: Pieces) -> None:
    """Training parts a word at a gold edge, counts the spans by label before and after, and learns their true edges."""
    document = marked(
        "tân [bộ trưởng|ROLE] [Công an|ORG] [Từ Lương|PERSON] Phát biểu với [Lê Hoa|PERSON] ở [Hà Nội|ORG].", (3, 1)
    )
    known = unit("tân bộ trưởng", "Công an", "Lương Phát", "Lê Hoa", "Hà Nội")
    found = examples([document], pieces, 64, unit=known)
    assert (found.cut_before, found.cut_after, found.cut_spans) == ({"ROLE": 1, "PERSON": 1}, {}, [])
    (example,) = found.examples
    assert [TAGS[row.argmax()] for row in example.tags] == [
        *["O", "B-ROLE", "B-ORG", "B-PERSON", "I-PERSON", "O", "O", "O", "B-PERSON", "O", "B-ORG", "O"]
    ]
    assert (0, 3, 1) in [tuple(pair) for pair in example.pairs]
    assert found.lost_relations == []


def test_gold_edges_in_syllables(pieces: Pieces) -> None:
    """An edge inside a syllable cannot be mended: it is counted before and after, and learnt as ever."""
    document = marked("ông [Lê Huệ|PERSON]nói với [Hoa|PERSON] Lê ở[ |ORG]")
    found = examples([document], pieces, 64, unit=unit("Lê Huệnói", "Hoa Lê"))
    assert found.cut_spans == ["d:4:Lê Huệ", "d:26: "]
    assert (found.cut_before, found.cut_after) == ({"PERSON": 2, "ORG": 1}, {"PERSON": 1, "ORG": 1})
    (example,) = found.examples
    assert [TAGS[row.argmax()] for row in example.tags] == ["O", "B-PERSON", "O", "B-PERSON", "O", "O"]


def test_gold_of_the_seeds_in_any_words(pieces: Pieces) -> None:
    """Though all that can be joined is joined, every gold span of the seeds can be learnt, with its own edges."""
    gold = read_gold(Path(__file__).parent.parent / "annotations" / "gold")
    found = examples(gold, pieces, 256, unit=WordUnit("all", lambda syllables: [" ".join(syllables)]))
    assert found.cut_spans == []
    assert sum(found.cut_before.values()) > found.spans / 2
    decoder = Decoder(TAGS)
    learnt = [TAGS[row.argmax()] for example in found.examples for row in example.tags if row.any()]
    path = np.array([TAGS.index(tag) for tag in learnt])
    assert [label for _, _, label in decoder.spans(path)] == [
        entity.label for document in gold for entity in sorted(document.entities, key=lambda entity: entity.start)
    ]


def test_unit_of_a_model(tmp_path: Path) -> None:
    """A network's configuration names its word unit: syllables if it says nothing; an unknown one is refused."""
    path = tmp_path / "config.json"
    NetworkConfig(words="underthesea").save_pretrained(tmp_path)
    assert Config.read(tmp_path).words == "underthesea"
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(data | {"words": "spaces"}), encoding="utf-8")
    with pytest.raises(
        ModelError, match=r"config.json: \"words\" is 'spaces'; this version knows syllables, underthesea"
    ):
        Config.read(tmp_path)
    del data["words"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert Config.read(tmp_path).words == NetworkConfig().words == "syllables"


def test_unknown_unit() -> None:
    """The units that there are are named."""
    with pytest.raises(ModelError, match=r"'spaces'; this version knows syllables, underthesea, vncorenlp$"):
        word_unit("spaces")
    assert NAMES == ("syllables", "underthesea", "vncorenlp")


@pytest.mark.usefixtures("fresh")
def test_no_underthesea(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is missing, its installation is named; so it is for a model that needs it."""
    monkeypatch.setitem(sys.modules, "underthesea", None)
    with pytest.raises(ModelError, match=r"pip install -e '\.\[phobert\]'"):
        word_unit("underthesea")


def library(answers: dict[str, list[str]]) -> ModuleType:
    """A stand-in for underthesea that gives recorded answers."""
    module = ModuleType("underthesea")

    def word_tokenize(text: str, use_token_normalize: bool) -> list[str]:
        assert not use_token_normalize  # it would change letters
        return answers.get(text, text.split())

    module.word_tokenize = word_tokenize  # type: ignore[attr-defined]
    return module


@pytest.mark.usefixtures("fresh")
def test_underthesea_before_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capital that follows a small letter begins a word, though the library joins them."""
    answer = ["đồng chí Tô Lâm", "Mặt trận Tổ quốc", "xây dựng", "Hà Nội mới"]
    monkeypatch.setitem(sys.modules, "underthesea", library({" ".join(answer): answer}))
    assert forms(word_unit("underthesea"), " ".join(answer)) == [
        *["đồng_chí", "Tô_Lâm", "Mặt_trận", "Tổ_quốc", "xây_dựng", "Hà_Nội_mới"]
    ]


@pytest.mark.usefixtures("fresh")
def test_extractor_marks_whole_words(pieces: Pieces, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is configured so reads words, and its spans have the offsets of the text."""
    text = "ông  Lê\u00a0Văn Hoa (Hà Nội)"
    answer = ["ông", "Lê Văn Hoa", "(", "Hà Nội", ")"]
    monkeypatch.setitem(sys.modules, "underthesea", library({"ông Lê Văn Hoa ( Hà Nội )": answer}))

    class Naming:
        name = device = "naming"

        def __call__(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
            tags = np.zeros((*batch.firsts.shape, len(TAGS)), np.float32)
            tags[:, 1, TAGS.index("B-PERSON")] = 9
            return tags, np.full((len(tags), len(RELATION_TYPES), tags.shape[1], tags.shape[1]), -9, np.float32)

        def info(self) -> dict[str, Any]:
            return {}

    config = Config(TAGS, RELATION_TYPES, 64, dict.fromkeys(RELATION_TYPES, 0.5), "naming", "underthesea")
    extractor = Extractor(config, pieces, Naming())
    assert [entity.span for entity in extractor.extract(text).entities] == [(5, 15, "PERSON")]
    assert extractor.info()["words"] == "underthesea"


def test_real_underthesea() -> None:
    """The library itself: words of news, offsets exact, on any text, and no network is asked. Some three seconds."""
    pytest.importorskip("underthesea")
    code = f"""
import socket, sys
def refuse(*_): raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = refuse
sys.path.insert(0, {str(Path(segmentation.__file__).parents[1])!r})
from vipol.segmentation import join, word_unit
unit = word_unit("underthesea")
text = "Sáng 27/6, Phó Chủ tịch UBND thành phố Hà\\xa0Nội Đỗ Văn Tường thăm Quận uỷ."
print("|".join(text[word.start : word.end] for word in map(join, unit.groups(text))))
for odd in ("http://" + "!" * 60, "a_b " * 9, "k" * 9000, "\\u0301\\u200b\\x00 \\ufffd", "a\\u0301\\u0301 " * 99):
    assert [s for group in unit.groups(odd) for s in group]
"""
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == ("Sáng|27|/|6|,|Phó|Chủ tịch|UBND|thành phố|Hà\xa0Nội|Đỗ Văn Tường|thăm|Quận uỷ|.")
