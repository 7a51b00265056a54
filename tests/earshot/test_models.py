"""Weights come from any source that has them, and are never taken on trust."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import stat
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_hub import COMMIT, hub

from earshot.cli import main
from earshot.inference.tokenizer import Tokenizer
from earshot.models import sources, store
from earshot.models.manifest import Artefact, Model, ModelError, Source, find, read
from earshot.models.sources import SourceError
from earshot.models.store import Store, WeightsMissing, WrongDigest
from earshot.models.vocabulary import tokenizer_from_bundle

MANIFEST = Path(__file__).parents[2] / "earshot/models/manifest.toml"
GRAPH = b"a graph" * 1000
WORDS = b"some words"


def silent(*_: object) -> None:
    pass


def artefact(name: str, content: bytes) -> Artefact:
    return Artefact(name, len(content), hashlib.sha256(content).hexdigest())


def source(kind: str, *packages: str, **files: tuple[str, ...]) -> Source:
    return Source(kind, packages, 100, files, {}, "")


def model(*from_: Source) -> Model:
    files = artefact("graph", GRAPH), artefact("words", WORDS)
    return Model(
        "toy", "Toy", "1", "", "MIT", ("Copyright (c) Toy",), "", True, files, from_
    )


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, bytes]]:
    """Packages of a source kind "shelf": what is put in here can be fetched."""
    packages: dict[str, dict[str, bytes]] = {}

    def take(
        package: str,
        source: Source,
        members: set[str],
        into: Path,
        progress: sources.Progress,
    ) -> None:
        if package not in packages:
            raise SourceError(f"{package} is out of stock")
        for name, content in packages[package].items():
            (into / name).write_bytes(content)
            progress(len(content))

    monkeypatch.setitem(sources.KINDS, "shelf", take)
    return packages


def toy_store(tmp_path: Path, *from_: Source) -> Store:
    return Store(tmp_path, {"toy": model(*from_)})


BOTH = source("shelf", "both", graph=("graph",), words=("words",))
HALVES = source("shelf", "left", "right", graph=("left", "right"))
WORDS_ONLY = source("shelf", "words", words=("words",))


# -- the manifest ---------------------------------------------------------------


@pytest.mark.parametrize("model", read(MANIFEST).values(), ids=lambda m: m.id)
def test_every_file_is_pinned_and_has_a_source(model: Model) -> None:
    names = {file.name for file in model.files}
    for file in model.files:
        assert file.bytes > 0
        assert len(bytes.fromhex(file.sha256)) == 32
        assert Path(file.name).name == file.name
    for place in model.sources:
        assert place.kind in sources.KINDS
        assert set(place.files) <= names
        assert set(place.convert.values()) <= set(sources.CONVERTERS)
    assert names == {name for place in model.sources for name in place.files}


@pytest.mark.parametrize("model", read(MANIFEST).values(), ids=lambda m: m.id)
def test_every_model_has_its_licence_and_the_names_of_its_owners(model: Model) -> None:
    assert model.licence == "MIT"
    assert "Permission is hereby granted" in model.notice
    assert model.copyright
    for owner in model.copyright:
        assert owner.startswith("Copyright (c) ")
        assert owner in model.notice


def test_the_digest_of_a_model_changes_with_any_file() -> None:
    toy = model()
    other = model().files[0], artefact("words", b"other words")
    assert toy.digest == model(BOTH).digest
    assert toy.digest != Model(**{**vars(toy), "files": other}).digest


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(ModelError, match="no model 'tyo'; there are toy"):
        find("tyo", {"toy": model()})


# -- pulling --------------------------------------------------------------------


def test_a_pulled_model_is_whole_and_has_its_notice(
    tmp_path: Path, shelf: dict[str, dict[str, bytes]]
) -> None:
    shelf["both"] = {"graph": GRAPH, "words": WORDS}
    folder = toy_store(tmp_path, BOTH).pull("toy", silent, silent)
    assert (folder / "graph").read_bytes() == GRAPH
    assert "Copyright (c) Toy" in (folder / store.NOTICE).read_text()
    assert [path.name for path in (tmp_path / "models").iterdir()] == [folder.name]


def test_a_model_that_is_here_is_not_fetched_again(
    tmp_path: Path, shelf: dict[str, dict[str, bytes]]
) -> None:
    shelf["both"] = {"graph": GRAPH, "words": WORDS}
    toys = toy_store(tmp_path, BOTH)
    toys.pull("toy", silent, silent)
    shelf.clear()
    assert toys.pull("toy", silent, silent) == toys.verify("toy")


def test_parts_are_joined_and_files_come_from_several_sources(
    tmp_path: Path, shelf: dict[str, dict[str, bytes]]
) -> None:
    shelf["left"], shelf["right"] = {"left": GRAPH[:99]}, {"right": GRAPH[99:]}
    shelf["words"] = {"words": WORDS}
    folder = toy_store(tmp_path, HALVES, WORDS_ONLY).pull("toy", silent, silent)
    assert (folder / "graph").read_bytes() == GRAPH


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        (None, "both is out of stock"),
        ({"graph": GRAPH}, "both has no words"),
        (
            {"graph": b"another graph", "words": WORDS},
            f"both, graph: expected sha256 {model().files[0].sha256}, "
            f"found {hashlib.sha256(b'another graph').hexdigest()}",
        ),
    ],
    ids=["unreachable", "incomplete", "changed"],
)
def test_the_next_source_is_asked_when_one_fails(
    tmp_path: Path,
    shelf: dict[str, dict[str, bytes]],
    first: dict[str, bytes] | None,
    complaint: str,
) -> None:
    shelf.update(left={"left": GRAPH}, right={"right": b""}, words={"words": WORDS})
    if first is not None:
        shelf["both"] = first
    heard: list[str] = []
    toys = toy_store(tmp_path, BOTH, HALVES, WORDS_ONLY)
    folder = toys.pull("toy", silent, heard.append)
    assert (folder / "graph").read_bytes() == GRAPH
    assert heard == [complaint]


def test_a_changed_file_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, shelf: dict[str, dict[str, bytes]]
) -> None:
    shelf["both"] = {"graph": GRAPH, "words": b"other words"}
    toys = toy_store(tmp_path, BOTH)
    with pytest.raises(SourceError, match="no source gave words of toy: both, words"):
        toys.pull("toy", silent, silent)
    assert toys.state("toy") == "absent"
    assert list((tmp_path / "models").iterdir()) == []


def test_damage_is_found_named_and_mended(
    tmp_path: Path, shelf: dict[str, dict[str, bytes]]
) -> None:
    shelf["both"] = {"graph": GRAPH, "words": WORDS}
    toys = toy_store(tmp_path, BOTH)
    graph = toys.pull("toy", silent, silent) / "graph"
    graph.write_bytes(GRAPH[:-1] + b"!")
    with pytest.raises(WrongDigest) as caught:
        toys.verify("toy")
    found = hashlib.sha256(GRAPH[:-1] + b"!").hexdigest()
    assert f"toy/graph: expected sha256 {model().files[0].sha256}" in str(caught.value)
    assert f"found {found}; run `earshot models pull toy`" in str(caught.value)
    toys.pull("toy", silent, silent)
    assert graph.read_bytes() == GRAPH


def test_missing_weights_say_which_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="run `earshot models pull toy`"):
        toy_store(tmp_path).verify("toy")


def test_two_who_pull_at_once_end_with_one_whole_folder(tmp_path: Path) -> None:
    fresh, target = tmp_path / "fresh", tmp_path / "target"
    fresh.mkdir()
    target.mkdir()
    for folder in (fresh, target):
        (folder / "graph").write_bytes(GRAPH)
    store.replace(target, fresh, tmp_path / "old")
    assert (target / "graph").read_bytes() == GRAPH


def test_progress_never_says_more_than_the_whole(
    tmp_path: Path, shelf: dict[str, dict[str, bytes]]
) -> None:
    shelf["both"] = {"words": WORDS, "graph": GRAPH}
    seen: list[tuple[int, int]] = []
    toys = toy_store(tmp_path, BOTH)
    toys.pull("toy", lambda came, size: seen.append((came, size)), silent)
    assert seen == [(10, 100), (100, 100)]


# -- registries and the hub, through their own clients --------------------------


def wheel(folder: Path, members: dict[str, bytes]) -> None:
    """A wheel `toy-1.0` that pip accepts."""
    about = {
        "toy-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: toy\nVersion: 1",
        "toy-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any",
        "toy-1.0.dist-info/RECORD": b"",
    }
    with zipfile.ZipFile(folder / "toy-1.0-py3-none-any.whl", "w") as archive:
        for name, content in {**about, **members}.items():
            archive.writestr(name, content)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place where pip looks for packages."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_members_come_out_of_a_wheel(tmp_path: Path, packages: Path) -> None:
    wheel(packages, {"toy/graph": GRAPH, "toy/words": WORDS})
    place = source("pypi", "toy==1.0", graph=("toy/graph",), words=("toy/words",))
    folder = toy_store(tmp_path, place).pull("toy", silent, silent)
    assert (folder / "words").read_bytes() == WORDS


def test_a_wheel_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, packages: Path
) -> None:
    place = source("pypi", "toy==1.0", graph=("toy/graph",))
    with pytest.raises(SourceError, match="No matching distribution found for toy"):
        sources.fetch(place, ["graph"], tmp_path, silent)


def test_members_come_out_of_an_npm_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(tmp_path / "toy-1.0.0.tgz", "w:gz") as archive:
        for name, content in {"graph": GRAPH, "words": WORDS}.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    npm = tmp_path / "npm"
    npm.write_text(
        f"#!{sys.executable}\n"
        "import shutil, sys\n"
        "assert sys.argv[-1] == '@toys/toy@1.0.0'\n"
        f"shutil.copy({str(tmp_path / 'toy-1.0.0.tgz')!r}, sys.argv[-2])\n"
    )
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    place = source(
        "npm", "@toys/toy@1.0.0", graph=("package/graph",), words=("package/words",)
    )
    folder = toy_store(tmp_path, place).pull("toy", silent, silent)
    assert (folder / "graph").read_bytes() == GRAPH


def test_npm_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="npm is not installed"):
        sources.fetch(source("npm", "toy@1", graph=("x",)), ["graph"], tmp_path, silent)


def test_files_come_from_a_hub_at_a_pinned_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = source(
        "hub", f"toys/toy@{COMMIT}", graph=("onnx/graph.onnx",), words=("words",)
    )
    with hub({"onnx/graph.onnx": GRAPH, "words": WORDS}) as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        folder = toy_store(tmp_path, place).pull("toy", silent, silent)
    assert (folder / "graph").read_bytes() == GRAPH
    assert f"GET /toys/toy/resolve/{COMMIT}/words" in asked


def test_a_hub_without_the_file_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = source("hub", f"toys/toy@{COMMIT}", graph=("graph",))
    with hub({}) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(SourceError) as caught:
            sources.fetch(place, ["graph"], tmp_path, silent)
    assert str(caught.value).startswith(f"toys/toy@{COMMIT}, graph: ")
    assert "\n" not in str(caught.value)


def test_a_tokenizer_is_made_from_a_bundle(tmp_path: Path) -> None:
    pieces = ["<unk>", "<s>", "</s>", "<0x41>", "▁the", "\u2028", "x" * 130]
    text = base64.b64encode("\n".join(pieces).encode())
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(tokenizer_from_bundle(b'var a="' + text + b'",b=1'))
    tokenizer = Tokenizer.read(path)
    assert len(tokenizer) == 7 + 768
    assert tokenizer.decode([4, 3, 5, 6]) == "theA" + "x" * 130


def test_a_bundle_without_a_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="no vocabulary"):
        tokenizer_from_bundle(b"var a=1")


# -- the command line -----------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that the command line uses."""
    monkeypatch.setenv(store.CACHE, str(tmp_path))
    return tmp_path


def test_the_list_says_what_is_here(empty: Path) -> None:
    rows = json.loads(CliRunner().invoke(main, ["models", "list", "--json"]).output)
    assert {row["id"] for row in rows} == set(read())
    assert {row["state"] for row in rows} == {"absent"}
    lines = CliRunner().invoke(main, ["models", "list"]).output.splitlines()
    assert lines[0].split()[:5] == ["moonshine-tiny", "43.9", "MB", "MIT", "absent"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify", "silero-vad"], "silero-vad is not here; run `earshot models pull"),
        (["verify"], "no model is here; run `earshot models pull`"),
        (["pull", "tyo"], "no model 'tyo'; there are moonshine-tiny"),
    ],
)
def test_a_command_that_fails_says_so_in_one_line(
    empty: Path, arguments: list[str], told: str
) -> None:
    result = CliRunner().invoke(main, ["models", *arguments])
    assert result.exit_code == 1
    assert told in result.output
    assert len(result.output.splitlines()) == 1


def test_pull_fetches_what_the_service_needs(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled: list[str] = []
    monkeypatch.setattr(Store, "pull", lambda self, id, *_: pulled.append(id))
    result = CliRunner().invoke(main, ["models", "pull", "--json"])
    assert pulled == ["moonshine-tiny", "silero-vad"]
    assert [row["id"] for row in json.loads(result.output)] == pulled
