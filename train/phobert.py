"""PhoBERT's own tokenizer files, read into a fast tokenizer.

PhoBERT comes with `vocab.txt`, a dictionary of fairseq's (a piece and its count a line, `@@` behind a piece that goes
on), and `bpe.codes`, the merges of fastBPE (two pieces and a count a line, `</w>` at the end of a word). The tokenizer
that transformers has for them is pure Python, and knows neither offsets nor words. The one made here gives the same
sub-tokens, with both, and is one file: `tokenizer.json`.

The text that it reads is segmented: syllables of a word are joined by `_`, words are parted by blanks.

Where vocab.txt lacks what a merge makes, PhoBERT reads `<unk>`. The fast tokenizer needs a name for it nevertheless,
since later merges build on it. Such pieces have the ids behind `<mask>`, which is the last row of PhoBERT's table: who
uses the tokenizer reads an id beyond that of `<mask>` as the one of `<unk>`, as `vipol.encoding.Pieces` does.
"""

from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors

from train.recipe import RecipeError

VOCABULARY = "vocab.txt"
MERGES = "bpe.codes"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
"""The first rows of PhoBERT's table; those of vocab.txt follow, and `<mask>` ends it."""
MASK = "<mask>"
_END = "</w>"
_MORE = "@@"
# White space as Python's `str.split` has it, which is more than regular expressions elsewhere mean by it. The slow
# tokenizer counts a line's end to the word before it, as a character that it doesn't know.
_WORD = r"[^\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+\n?"


def is_phobert(folder: Path) -> bool:
    """Whether a folder has PhoBERT's two files; they count before a `tokenizer.json` that somebody made of them."""
    return all((folder / name).is_file() for name in (VOCABULARY, MERGES))


def tokenizer(folder: Path) -> Tokenizer:
    """The fast tokenizer of a folder with `vocab.txt` and `bpe.codes`.

    Raises:
        RecipeError: a file is not of its format; the message names the file and the line.
        OSError: a file can't be read.
    """
    merges = _merges(folder / MERGES)
    ids = _vocabulary(folder / VOCABULARY)
    for number, (left, right) in merges:
        piece = (left + right).removesuffix(_END)
        if piece != left + right and _symbol(piece) != left + right and _symbol(piece) in ids:
            raise RecipeError(
                f'{folder / MERGES}: line {number}: makes {piece} at the end of a word, but in {VOCABULARY} "{_MORE}" '
                "says that a piece goes on"
            )
    ids[MASK] = len(ids)
    for _, (left, right) in merges:
        for symbol in (left, right, left + right):
            ids.setdefault(symbol, len(ids))
    model = models.BPE(
        vocab=ids, merges=[pair for _, pair in merges], unk_token=SPECIAL[3], end_of_word_suffix=_END, fuse_unk=False
    )
    made = Tokenizer(model)
    made.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), "removed", invert=True)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B:0 </s>",
        special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])],
    )
    made.decoder = decoders.BPEDecoder(suffix=_END)
    made.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in (*SPECIAL, MASK)])
    return made


def _vocabulary(path: Path) -> dict[str, int]:
    """Row of PhoBERT's table by piece, in the spelling of `bpe.codes`, without `<mask>`."""
    ids = {name: row for row, name in enumerate(SPECIAL)}
    for number, line in _lines(path):
        piece, blank, count = line.strip().rpartition(" ")
        if not (blank and count.isdecimal()):
            raise RecipeError(f"{path}: line {number}: {line!r} is not a piece, a blank and a count")
        if piece in (*SPECIAL, MASK) or _symbol(piece) in (*SPECIAL, MASK):
            raise RecipeError(f"{path}: line {number}: {piece} is the name of a special token, which stands in no file")
        if _symbol(piece) in ids:
            raise RecipeError(f"{path}: line {number}: {piece} stands there twice")
        ids[_symbol(piece)] = len(ids)
    return ids


def _symbol(piece: str) -> str:
    """A piece of vocab.txt as `bpe.codes` spells it."""
    return piece.removesuffix(_MORE) if piece.endswith(_MORE) and piece != _MORE else piece + _END


def _merges(path: Path) -> list[tuple[int, tuple[str, str]]]:
    """The pairs that are merged, in their order, each with the number of its line.

    Nothing is accepted on which the two tokenizers could differ. The slow one merges a pair everywhere in a word before
    it looks for the next; the fast one takes what comes first in the table at every step. They agree if no merge needs
    what only a later one makes, as it is in every table that was learnt.
    """
    found: dict[tuple[str, str], int] = {}
    for number, line in _lines(path):
        *pair, count = line.split() or [""]
        if line.count(" ") < 2 or len(pair) > 2 or not count.isdecimal():
            raise RecipeError(f"{path}: line {number}: {line!r} is not two pieces and a count, parted by blanks")
        # PhoBERT's file has pieces with a no-break space (plain blanks in some copies). The slow tokenizer splits there
        # too: what is left of such a line is another pair or none.
        if len(pair) == 2:
            found.pop((pair[0], pair[1]), None)  # the later of two lines counts
            found[pair[0], pair[1]] = number
    seen: dict[str, int] = {}
    for (left, right), number in found.items():
        made = left + right
        text = made.removesuffix(_END)
        if _END in text or right == _END or made.endswith(_END) != right.endswith(_END):
            raise RecipeError(f"{path}: line {number}: {made!r} has {_END} elsewhere than at the end of a word")
        if {left, right, made} & {*SPECIAL, MASK}:
            raise RecipeError(f"{path}: line {number}: has a special token as a piece")
        if made in seen:
            raise RecipeError(f"{path}: line {number}: makes {made!r}, which line {seen[made]} has already")
        for symbol in (left, right, made):
            seen.setdefault(symbol, number)
    return [(number, pair) for pair, number in found.items()]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines and their numbers, from 1.

    Of bpe.codes, a last line without an end is left out: the slow tokenizer doesn't read it either.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        number = path.read_bytes()[: error.start].count(b"\n") + 1
        raise RecipeError(f"{path}: line {number}: not UTF-8") from None
    if path.name == MERGES or not lines[-1]:
        lines.pop()
    yield from enumerate(lines, 1)
