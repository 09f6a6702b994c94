"""PhoBERT's tokenizer made fast, beside the slow one of transformers, on files of PhoBERT's format.

The files are learnt here from the seeds and the written articles, as PhoBERT's were from its corpus: merges first, then
the pieces that the merged corpus has often enough. `VIPOL_PHOBERT=FOLDER` runs the same on real ones, a folder with
PhoBERT's vocab.txt and bpe.codes; `VIPOL_WORDS` is the number of words that are read of ../shared/unlabelled.
"""

import json
import lzma
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PhobertTokenizer, PreTrainedTokenizerFast

from train.phobert import is_phobert, tokenizer
from train.recipe import RecipeError
from vipol.encoding import Pieces, encode
from vipol.text import Word, lines, words

ROOT = Path(__file__).parent.parent
UNLABELLED = ROOT.parent / "shared" / "unlabelled" / "news.jsonl.xz"
REAL = os.environ.get("VIPOL_PHOBERT")
SPACES = [c for c in map(chr, range(0x110000)) if c.isspace()]
MERGES = 12_000
SPECIAL = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
BLANKS = ["\xa0 km</w> 9", "i \xa0 9", "\xa0 \xa0 9", "\xa0° C</w> 9", "  kg</w> 9", "    9"]
"""Lines as PhoBERT's own file has them: a no-break space in a piece; some copies have plain blanks in their place."""

HOSTILE = [
    "", " ", "\n", "\n\n", "a\nb", "a\n\nb \n c\n", "a\r\nb", "a\rb\tc", *(f"Hà{c}Nội{c}{c}" for c in SPACES),
    "<s>", "</s>", "<pad>", "<unk>", "<mask>", "Hà<s>Nội", "<s></s>", "<mask>\nHà", " <s> ", "<S>", "<s", "s>",
    "</w>", "a</w>", "</w>a", "@", "@@", "@@@", "x@@", "@@x", "Hà@@ Nội", "@@ @@", "_", "__", "_a_", "Hà__Nội",
    "😀", "Hà😀Nội", "👨\u200d👩\u200d👧\u200d👦", "👍🏽👍🏿", "🇻🇳🇻🇳", "❤️", "\U0010ffff", "\ue000", "\ufffd",
    "\ufeffHà_Nội", "\x00", "a\x00b", "\x01", "\x7f", "a\u200bb", "\u200d", "Việt\u00adNam", "ﷺ", "ﬁ", "½", "①", "㍿",
    "河内", "ฮานอย", "Ха́ной", "Đ", "Ð", "ĐẢNG_ỦY", "Uỷ_ban", "Ủy_ban", "ê\u0301\u0323\u0301",
    *(unicodedata.normalize("NFD", word) for word in ("Nguyễn_Thị_Phượng", "Uỷ_ban", "đường")),
    "30°C", "1/1/2010", "12.345.678,9", "http://vipol.vn/?q=%C3%AA&x=1#y",
    "a" * 10_000, "ab" * 5_000, "Hà_Nội" * 1_700, "☃" * 10_000, "@" * 999,
]  # fmt: skip
FRAGMENTS = [
    "Hà_Nội", "Uỷ_ban", "của", "Nguyễn_", "iên", "ng", "_", "@@", "@", "</w>", "<s>", "<mask>", "<", ">", "\n", " ",
    "\x1c", "\xa0", "km", "°C", "😀", "👨\u200d👩\u200d👧", "e\u0302\u0301", "河",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=24).map("".join)


def texts() -> Iterator[str]:
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        yield path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "annotations" / "written").glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))["text"]


def unlabelled() -> Iterator[str]:
    room = int(os.environ.get("VIPOL_WORDS", "100000"))
    if UNLABELLED.exists():
        with lzma.open(UNLABELLED, "rt", encoding="utf-8") as file:
            for line in file:
                if room <= 0:
                    break
                text = json.loads(line)["text"]
                room -= len(text.split())
                yield text


def segmented(read: Iterable[str]) -> list[str]:
    """Lines with blanks between words and punctuation, and `_` in words: syllables that often follow each other."""
    split = [[word.form for word in words(text, *line)] for text in read for line in lines(text)]
    pairs = Counter(pair for forms in split for pair in pairwise(forms) if all(map(str.isalpha, pair)))
    found = []
    for forms in split:
        joined = forms[:1]
        for left, right in pairwise(forms):
            if pairs[left, right] >= 8 and joined[-1].count("_") < 3:
                joined[-1] += f"_{right}"
            else:
                joined.append(right)
        found.append(" ".join(joined))
    return found


def learn(corpus: Iterable[str], folder: Path, merges: int, threshold: int, extra: Iterable[str] = ()) -> Path:
    """Writes bpe.codes and vocab.txt as PhoBERT's were made; `extra` lines are strewn among the merges."""
    corpus = [*corpus]
    model = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = len({c for line in corpus for c in line}) * 2
    model.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=merges + alphabet, min_frequency=1, end_of_word_suffix="</w>", show_progress=False
        ),
    )
    pairs = json.loads(model.to_str())["model"]["merges"]
    codes = [f"{left} {right} {2 * len(pairs) - n}" for n, (left, right) in enumerate(pairs)]
    for n, line in enumerate(extra, 1):
        codes.insert(n * 97 % (len(codes) + 1), line)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bpe.codes").write_text("".join(f"{line}\n" for line in codes), encoding="utf-8")
    (folder / "vocab.txt").write_text("", encoding="utf-8")
    merged = PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes"), split_special_tokens=True)
    counts: Counter[str] = Counter()
    for word, count in Counter(word for line in corpus for word in line.split()).items():
        for piece in merged.bpe(word).split(" "):
            counts[piece] += count
    kept = [f"{piece} {count}\n" for piece, count in counts.most_common() if count >= threshold]
    (folder / "vocab.txt").write_text("".join(kept), encoding="utf-8")
    return folder


def plain(form: str) -> Word:
    return Word(0, len(form), form, False)


class Both:
    """The two tokenizers of a folder; the fast one went through its file."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        files = (str(folder / "vocab.txt"), str(folder / "bpe.codes"))
        self.slow = PhobertTokenizer(*files)
        self.plain = PhobertTokenizer(*files, split_special_tokens=True)  # to which "<s>" is text
        self.file = scratch / "tokenizer.json"
        tokenizer(folder).save(str(self.file))
        self.fast = Tokenizer.from_file(str(self.file))
        self.pieces = Pieces(self.fast)
        self.rows = len(self.slow)

    def expected(self, text: str) -> list[int]:
        return self.slow(text)["input_ids"]

    def found(self, text: str) -> list[int]:
        return self.known(self.fast.encode(text).ids)

    def known(self, ids: list[int]) -> list[int]:
        """Ids with `<unk>` for those beyond the table."""
        return [i if i < self.rows else self.slow.unk_token_id for i in ids]


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    """Lines of the seeds and the written articles, as they stand and segmented."""
    return [text[slice(*line)].strip() for text in texts() for line in lines(text)] + segmented(texts())


@pytest.fixture(scope="module", params=["learnt", "real"] if REAL else ["learnt"])
def both(request: pytest.FixtureRequest, corpus: list[str], tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("phobert")
    if request.param == "real":
        return Both(Path(str(REAL)), folder)
    return Both(learn(corpus, folder, MERGES, 2, BLANKS), folder)


def test_news(both: Both, corpus: list[str]) -> None:
    """No line of more than 100,000 words has another sub-token; products that vocab.txt lacks are among them."""
    read = corpus + segmented(unlabelled())
    assert sum(len(line.split()) for line in read) > 100_000
    beyond = 0
    for line in read:
        ids = both.fast.encode(line).ids
        assert both.known(ids) == both.expected(line)
        beyond += sum(i >= both.rows for i in ids)
    assert beyond > 10


def test_offsets_and_words(both: Both, corpus: list[str]) -> None:
    """Sub-tokens tile the words: nothing is left out, nothing stands twice, and each says which word it is of."""
    for line in [*corpus, *HOSTILE]:
        if any(name in line for name in SPECIAL):
            continue  # these part words
        encoding = both.fast.encode(line, add_special_tokens=False)
        spans = [match.span() for match in re.finditer(r"\S+\n?", line)]
        tiles: list[list[tuple[int, int]]] = [[] for _ in spans]
        for word, offsets in zip(encoding.word_ids, encoding.offsets, strict=True):
            tiles[word].append(offsets)
        for (start, end), parts in zip(spans, tiles, strict=True):
            assert [start, *(stop for _, stop in parts)] == [*(begin for begin, _ in parts), end]
        assert encoding.word_ids == sorted(encoding.word_ids)


def test_pieces_of_news(both: Both, corpus: list[str]) -> None:
    """Words looked up one by one, for the model, have the sub-tokens of the line."""
    for line in corpus:
        found = [i for word in line.split() for i in both.pieces(plain(word))]
        assert [both.pieces.start, *found, both.pieces.stop] == both.expected(line)


def test_hostile_text(both: Both) -> None:
    """Kinds of white space, names of special tokens, signs of the files' own format, emoji, long words and more."""
    assert [text for text in HOSTILE if both.found(text) != both.expected(text)] == []


def test_long_words(both: Both, corpus: list[str]) -> None:
    """Words of 10,000 characters, of the letters of news in any order, and of its pieces."""
    random = Random(5)
    letters = "".join(corpus).replace(" ", "")
    syllables = " ".join(corpus).split()
    for text in ("".join(random.choices(letters, k=10_000)), "".join(random.choices(syllables, k=3_000))[:10_000]):
        expected = both.expected(text)
        assert both.found(text) == expected
        assert both.pieces(plain(text)) == tuple(expected[1:-1])


@given(text=TEXTS)
def test_any_text(both: Both, text: str) -> None:
    """Line ends, special tokens in a text, unknown characters: the same sub-tokens whatever comes."""
    assert both.found(text) == both.expected(text)


@given(text=TEXTS)
def test_pieces_of_any_word(both: Both, text: str) -> None:
    """A word's sub-tokens are those that the slow tokenizer has for it as mere text; none is special or has no row."""
    form = "".join(text.split())
    ids = both.plain(form, add_special_tokens=False)["input_ids"]
    found = both.pieces(Word(0, len(form), form, False))
    assert list(found) == (ids or [both.pieces.unknown])
    assert found == both.pieces(Word(0, len(form), form, True))
    assert max(found) < both.rows - 1
    assert not {both.pieces.start, both.pieces.stop, both.pieces.pad} & set(found)


@settings(max_examples=60)
@given(data=st.data(), corpus=st.lists(st.text("ab_", min_size=1, max_size=12), min_size=1, max_size=8))
def test_any_learnt_table(data: st.DataObject, corpus: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever merges were learnt, words of the same few letters, where merges compete, are cut in the same places."""
    folder = tmp_path_factory.mktemp("few")
    few = Both(learn(corpus, folder, data.draw(st.integers(0, 30)), data.draw(st.integers(1, 3))), folder)
    for word in data.draw(st.lists(st.text("ab_c", max_size=24), min_size=4, max_size=4)):
        assert few.found(word) == few.expected(word)


def test_white_space(both: Both) -> None:
    """Words end where Python says that white space is, at every character of the first plane."""
    text = " ".join(f"a{chr(c)}b" for c in range(0x10000) if not 0xD800 <= c < 0xE000)
    parts = both.fast.pre_tokenizer.pre_tokenize_str(text)
    assert [part for part, _ in parts] == re.findall(r"\S+\n?", text)


def test_pairs(both: Both) -> None:
    """Two texts are parted as RoBERTa parts them."""
    found, expected = both.fast.encode("Hà_Nội", "Uỷ_ban"), both.slow("Hà_Nội", "Uỷ_ban")
    assert both.known(found.ids) == expected["input_ids"]
    assert set(found.type_ids) == {0}


def test_transformers_reads_the_file(both: Both) -> None:
    """With `tokenizer.json` alone, transformers has a fast tokenizer with words and offsets."""
    read = PreTrainedTokenizerFast(tokenizer_file=str(both.file))
    text = "Chủ_tịch UBND quận Cầu_Giấy"
    encoding = read(text, return_offsets_mapping=True)
    assert both.known(encoding["input_ids"]) == both.expected(text)
    assert encoding.word_ids()[0] is None
    assert [i for i in encoding.word_ids() if i is not None] == both.fast.encode(text).word_ids[1:-1]
    assert encoding["offset_mapping"][1][0] == 0
    assert encoding["offset_mapping"][-2][1] == len(text)


def test_file_is_whole(both: Both) -> None:
    """Ids run without a gap; written again, the file has the same bytes; rows are those of the slow tokenizer."""
    again = Tokenizer.from_str(both.fast.to_str())
    assert again.to_str() == both.fast.to_str()
    vocabulary = both.fast.get_vocab()
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))
    rows = {symbol: row for symbol, row in vocabulary.items() if row < both.rows}
    assert len(rows) == both.rows
    for symbol, row in rows.items():
        token = both.slow.convert_ids_to_tokens(row)
        assert token in (symbol, symbol.removesuffix("</w>"), f"{symbol}@@")


def test_pieces_as_text(both: Both) -> None:
    """Sub-tokens can be shown."""
    assert both.pieces.text([i for word in ("Hà_Nội", "của") for i in both.pieces(plain(word))]) == "Hà_Nội của"


def test_windows(both: Both) -> None:
    """Text is encoded into windows as with any tokenizer."""
    (window,) = encode("Hà Nội\n<s> 2024", both.pieces, 64).windows
    assert [window.ids[0], window.ids[-1]] == [both.pieces.start, both.pieces.stop]
    assert window.ids.tolist().count(both.pieces.start) == 1
    assert window.ids.max() < both.rows


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A folder with two small files by hand: merges ab, abc</w>, ca; vocab.txt lacks ab."""
    (tmp_path / "bpe.codes").write_text("a b 9\nab c</w> 8\nc a 7\n", encoding="utf-8")
    (tmp_path / "vocab.txt").write_text("abc 9\nca@@ 8\na 7\nb@@ 6\n", encoding="utf-8")
    return tmp_path


def test_by_hand(few: Path) -> None:
    """Four special tokens, four lines of vocab.txt, <mask>: nine rows; what vocab.txt lacks has ids from 9.

    "abc" is line 1 and so row 4; "caa" is ca@@ a (5, 6); in "abb" the merge ab is not known, and neither is b at the
    end of a word; ă is no character of the files.
    """
    made = tokenizer(few)
    assert made.token_to_id("<mask>") == 8
    assert made.encode("abc caa", add_special_tokens=False).ids == [4, 5, 6]
    beyond, end = made.encode("abb", add_special_tokens=False).ids
    assert (beyond, end) == (made.token_to_id("ab"), 3)
    assert beyond > 8
    pieces = Pieces(made)
    assert [pieces(plain(form)) for form in ("abc", "caa", "abb", "ă", "", " ", "abc caa")] == [
        (4,), (5, 6), (3, 3), (3,), (3,), (3,), (4, 5, 6),
    ]  # fmt: skip


def test_pair_twice(few: Path, tmp_path: Path) -> None:
    """Of two lines with the same pair, the later one counts."""
    (few / "bpe.codes").write_text("a b 9\nb c</w> 8\na b 7\n", encoding="utf-8")
    (few / "vocab.txt").write_text("a@@ 9\nab@@ 8\nbc 7\nc 6\n", encoding="utf-8")
    read = Both(few, tmp_path)
    assert read.found("abc") == [0, 4, 6, 2] == read.expected("abc")


def test_line_without_end(few: Path, tmp_path: Path) -> None:
    """A last line of bpe.codes without a line end is not read, one of vocab.txt is: so does the slow tokenizer."""
    (few / "bpe.codes").write_text("a b 9\nab c</w> 8\nc a 7", encoding="utf-8")
    (few / "vocab.txt").write_text("abc 9\nca@@ 8\na 7\nc@@ 6", encoding="utf-8")
    read = Both(few, tmp_path)
    assert read.found("caa") == [0, 7, 3, 6, 2] == read.expected("caa")


MERGE = " is not two pieces and a count, parted by blanks"
END = " has </w> elsewhere than at the end of a word"
MORE = ', but in vocab.txt "@@" says that a piece goes on'
ENTRY = " is not a piece, a blank and a count"
NAME = " is the name of a special token, which stands in no file"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bpe.codes", "a b 9\n#version: 0.2\n", f"line 2: '#version: 0.2'{MERGE}"),
        ("bpe.codes", "a b\n", f"line 1: 'a b'{MERGE}"),
        ("bpe.codes", "a b c 3\n", f"line 1: 'a b c 3'{MERGE}"),
        ("bpe.codes", "a b 9\n\n", f"line 2: ''{MERGE}"),
        ("bpe.codes", b"a b 9\n\xff\n", "line 2: not UTF-8"),
        ("bpe.codes", "a b 9\nb c 8\nab c 7\na bc 6\n", "line 4: makes 'abc', which line 3 has already"),
        ("bpe.codes", "ab c 9\na b 8\n", "line 2: makes 'ab', which line 1 has already"),
        ("bpe.codes", "a</w> b 9\n", f"line 1: 'a</w>b'{END}"),
        ("bpe.codes", "a </w> 9\n", f"line 1: 'a</w>'{END}"),
        ("bpe.codes", "a< /w> 9\n", f"line 1: 'a</w>'{END}"),
        ("bpe.codes", "<s > 9\n", "line 1: has a special token as a piece"),
        ("bpe.codes", "ca @@</w> 9\n", f"line 1: makes ca@@ at the end of a word{MORE}"),
        ("vocab.txt", "a 1\nb\n", f"line 2: 'b'{ENTRY}"),
        ("vocab.txt", "a 1\n\nb 1\n", f"line 2: ''{ENTRY}"),
        ("vocab.txt", "a x\n", f"line 1: 'a x'{ENTRY}"),
        ("vocab.txt", "a 1\nb 1\na 1\n", "line 3: a stands there twice"),
        ("vocab.txt", "a 1\n<s> 1\n", f"line 2: <s>{NAME}"),
        ("vocab.txt", "<mask>@@ 1\n", f"line 1: <mask>@@{NAME}"),
        ("vocab.txt", b"a 1\nb 1\n\xc3 1\n", "line 3: not UTF-8"),
    ],
)  # fmt: skip
def test_bad_file(few: Path, name: str, text: str | bytes, message: str) -> None:
    """A file that is none of PhoBERT's, or on which the two tokenizers could differ, is refused at its line."""
    (few / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecipeError) as raised:
        tokenizer(few)
    assert str(raised.value) == f"{few / name}: {message}"


def test_ats_at_the_end(few: Path, tmp_path: Path) -> None:
    """A word of "@" alone is no mark of a piece that goes on."""
    (few / "bpe.codes").write_text("@ @</w> 9\n", encoding="utf-8")
    (few / "vocab.txt").write_text("@@ 9\n@@@ 8\n@ 7\n", encoding="utf-8")
    read = Both(few, tmp_path)
    for text, ids in (("@@", [4]), ("@@@", [5, 4]), ("@", [6])):
        assert read.found(text) == [0, *ids, 2] == read.expected(text)


def test_is_phobert(few: Path) -> None:
    """A folder with both files is PhoBERT's, also where somebody put a `tokenizer.json` of theirs beside them."""
    assert is_phobert(few)
    (few / "tokenizer.json").touch()
    assert is_phobert(few)
    (few / "bpe.codes").unlink()
    assert not is_phobert(few)


def test_tokenizer_without_mask() -> None:
    """Without <mask> nobody knows where PhoBERT's table ends."""
    names = {name: row for row, name in enumerate(("<s>", "<pad>", "</s>", "<unk>"))}
    with pytest.raises(ValueError, match=r"^the tokenizer lacks one of <s>, </s>, <pad>, <unk>, <mask>$"):
        Pieces(Tokenizer(models.BPE(names, [], end_of_word_suffix="</w>")))
