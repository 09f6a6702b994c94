"""Encoders on the model hub, which no test can reach: the hub's client is replaced."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub.errors import HFValidationError

from train import hub
from train.recipe import RecipeError


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A hub: files by revision, and pull requests; what was asked of it is kept."""
    hub.fetch.cache_clear()
    revisions: dict[str | None, list[str]] = {}
    offers: list[SimpleNamespace] = []
    asked: list[str | None] = []

    def download(source: str, allow_patterns: list[str], revision: str | None = None) -> str:
        asked.append(revision)
        folder = tmp_path / str(revision)
        folder.mkdir(parents=True, exist_ok=True)
        for name in revisions[revision]:
            if any(Path(name).match(pattern) for pattern in allow_patterns):
                (folder / name).touch()
        return str(folder)

    class Api:
        def get_repo_discussions(self, source: str, **_: str) -> list[SimpleNamespace]:
            return offers

    monkeypatch.setattr(hub, "snapshot_download", download)
    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setattr(hub, "scan_cache_dir", lambda: SimpleNamespace(repos=[]))
    yield SimpleNamespace(revisions=revisions, offers=offers, asked=asked)
    hub.fetch.cache_clear()


def test_what_is_fetched(fake) -> None:
    """Configuration, tokenizer in either form and safetensors come; a pickle and other frameworks' weights don't."""
    names = ["config.json", "vocab.txt", "bpe.codes", "model.safetensors", "pytorch_model.bin", "tf_model.h5"]
    fake.revisions[None] = names
    folder = hub.fetch("somebody/an-encoder")
    assert sorted(path.name for path in folder.iterdir()) == sorted(names[:4])


def test_asked_once(fake) -> None:
    """The hub is asked once for an encoder, however often a run needs its folder."""
    fake.revisions[None] = ["model.safetensors"]
    assert hub.fetch("a/b") == hub.fetch("a/b")
    assert fake.asked == [None]


def test_converted(fake) -> None:
    """Where the repository has a pickle alone, the safetensors that the hub's converter offers are taken."""
    fake.revisions[None] = ["config.json", "pytorch_model.bin"]
    fake.revisions["refs/pr/7"] = ["config.json", "pytorch_model.bin", "model.safetensors"]
    fake.offers += [
        SimpleNamespace(author="somebody", git_reference="refs/pr/3"),
        SimpleNamespace(author="SFconvertbot", git_reference="refs/pr/7"),
    ]
    folder = hub.fetch("a/b")
    assert (folder / "model.safetensors").exists()
    assert fake.asked == [None, "refs/pr/7"]


def test_converted_and_then_offline(fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the converter's offer left in the cache is found again without asking the hub for offers."""
    fake.revisions[None] = ["config.json", "pytorch_model.bin"]
    copies = [
        SimpleNamespace(files=[SimpleNamespace(file_name=name)], last_modified=at, snapshot_path=tmp_path / str(at))
        for at, name in ((3, "config.json"), (1, "model.safetensors"), (2, "model.safetensors"))
    ]
    for at in (1, 2):
        (tmp_path / str(at)).mkdir()
        (tmp_path / str(at) / "model.safetensors").touch()
    repositories = [SimpleNamespace(repo_id="a/b", revisions=copies), SimpleNamespace(repo_id="c/d", revisions=[])]
    monkeypatch.setattr(hub, "scan_cache_dir", lambda: SimpleNamespace(repos=repositories))
    monkeypatch.setattr(hub.HfApi, "get_repo_discussions", None)
    assert hub.fetch("a/b") == tmp_path / "2"


def test_pickle_alone(fake) -> None:
    """Without an offer of the converter's, somebody else's is not taken, and the message says what to do."""
    fake.revisions[None] = ["config.json", "pytorch_model.bin"]
    fake.offers.append(SimpleNamespace(author="somebody", git_reference="refs/pr/3"))
    with pytest.raises(RecipeError, match=r"a/b: the hub has its weights as a pickle alone.*convert.*--encoder FOLDER"):
        hub.fetch("a/b")
    assert fake.asked == [None]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError("no route\nmore of it"), r"^x/y: no such folder, and not to be had from the model hub \(no route\)\."),
        (TimeoutError(), r"^x/y: no such folder, and not to be had from the model hub \(TimeoutError\)\."),
        (HFValidationError("bad\nid"), r"^x/y: no such folder; an encoder is `embedded`, a folder or a hub id$"),
    ],
)
def test_hub_fails(monkeypatch: pytest.MonkeyPatch, error: Exception, message: str) -> None:
    """Whatever the hub's client raises, with words or without, becomes one line."""

    def fail(*_: object, **__: object) -> str:
        raise error

    hub.fetch.cache_clear()
    monkeypatch.setattr(hub, "snapshot_download", fail)
    with pytest.raises(RecipeError, match=message) as raised:
        hub.fetch("x/y")
    assert "\n" not in str(raised.value)


def test_offline_says_what_to_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the hub one message names the files, the address and the option."""

    def fail(*_: object, **__: object) -> str:
        raise OSError("Name or service not known")

    hub.fetch.cache_clear()
    monkeypatch.setattr(hub, "snapshot_download", fail)
    with pytest.raises(RecipeError) as raised:
        hub.fetch("vinai/phobert-base")
    for part in ("config.json", "vocab.txt", "bpe.codes", "https://huggingface.co/vinai/phobert-base", "--encoder"):
        assert part in str(raised.value)


def test_no_hub_id(tmp_path: Path) -> None:
    """A path that leads nowhere and can't be a hub id is told as such, without asking the hub."""
    with pytest.raises(RecipeError, match=r"none: no such folder; an encoder is `embedded`, a folder or a hub id$"):
        hub.fetch(str(tmp_path / "none"))
