"""The part of `eval.toolkit` that runs where underthesea is installed: lines of text in, tokens and their tags out.

It is run as a file by another interpreter and imports nothing of this project. Both streams are JSONL in UTF-8: a
string a line in; out first `{"version": …}`, then for every line a list of `[token, tag]`, the tags being IOB2 with
`PER`, `ORG` and `LOC`. What goes wrong is one line on stderr, and the exit code is 1.
"""

import importlib
import json
import sys
from typing import Any


def main() -> int:
    # Taken away first, so that nothing a library prints gets between our lines.
    stream, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        toolkit: Any = importlib.import_module("underthesea")
    except ImportError as error:
        print(f"{error}; install it there with `pip install underthesea`", file=sys.stderr)
        return 1
    try:
        toolkit.ner("Ông Trần Văn A ở Hà Nội.")
    except Exception as error:  # whatever a version raises that has no model in its package and no network to get one
        print(f"its model can't be loaded: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    stream.write(_line({"version": str(getattr(toolkit, "__version__", "unknown"))}))
    for line in sys.stdin.buffer:
        text = json.loads(line)
        # Sentence by sentence, as it was trained; besides, its time grows with the square of what it is given.
        tokens = [token for sentence in toolkit.sent_tokenize(text) for token in toolkit.ner(sentence)]
        stream.write(_line([[token[0], token[-1]] for token in tokens]))
    stream.flush()
    return 0


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n"


if __name__ == "__main__":
    sys.exit(main())
