"""Stored files: sealed, whole or absent, never outside their folder (U3, U4, M9, P9)."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.errors import Missing, Refused
from core.files import Storage, open_file, open_storage, rewrap_file, seal_file
from core.files.storage import FileStorage
from core.keys import KeyRing, SealBroken

KEY = "0f/3a-77"


def ring(*cipher_keys: str) -> KeyRing:
    secrets = {
        name: base64.b64encode(name.encode().ljust(32, b".")).decode() for name in (*cipher_keys, "index")
    }
    parts = [f"{name.split('-')[0]}:{name.split('-')[1]}:{secrets[name]}" for name in cipher_keys]
    return KeyRing.parse(",".join([*parts, f"index:1:{secrets['index']}"]))


# -- sealing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"x", b"\xff\xd8" * 100_000], ids=["empty", "one byte", "photo"])
@pytest.mark.parametrize("suite", ["aes-1", "gm-1"])
def test_a_sealed_file_opens_to_what_it_was_and_shows_nothing(data: bytes, suite: str) -> None:
    keys = ring(suite)
    sealed = seal_file(data, keyring=keys, aad="f1|invoice")
    assert open_file(sealed, keyring=keys, aad="f1|invoice") == data
    assert len(data) < 10 or data not in sealed
    assert sealed != seal_file(data, keyring=keys, aad="f1|invoice")


@pytest.mark.parametrize("aad", ["f2|invoice", "f1|card", "", "f1"])
def test_a_sealed_file_moved_to_another_place_does_not_open(aad: str) -> None:
    """M9."""
    keys = ring("aes-1")
    with pytest.raises(SealBroken):
        open_file(seal_file(b"photo", keyring=keys, aad="f1|invoice"), keyring=keys, aad=aad)


def test_no_changed_byte_and_no_cut_goes_unnoticed() -> None:
    keys = ring("aes-1")
    sealed = seal_file(b"photo", keyring=keys, aad="f1|invoice")
    spoilt = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    for data in [*spoilt, *(sealed[:n] for n in range(len(sealed))), sealed + b"\0", b""]:
        with pytest.raises(SealBroken):
            open_file(data, keyring=keys, aad="f1|invoice")


def test_keys_rotate_without_touching_the_content() -> None:
    old, both, new = ring("aes-1"), ring("aes-1", "aes-2"), ring("aes-2")
    sealed = seal_file(b"photo" * 1000, keyring=old, aad="f1|invoice")
    again = rewrap_file(sealed, keyring=both, aad="f1|invoice")
    assert open_file(again, keyring=new, aad="f1|invoice") == b"photo" * 1000
    assert again[-5000:] == sealed[-5000:]
    with pytest.raises(SealBroken):
        open_file(sealed, keyring=new, aad="f1|invoice")


# -- both stores -------------------------------------------------------------------------------------------


class Bucket(BaseHTTPRequestHandler):
    """The smallest object store: PUT, GET, HEAD, DELETE under /bucket/key; `fault` answers instead."""

    protocol_version = "HTTP/1.1"
    kept: dict[str, bytes] = {}
    fault: tuple[int, str] | None = None
    signed: list[bool] = []

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _is_faulty(self) -> bool:
        self.signed.append("AWS4-HMAC-SHA256" in self.headers.get("Authorization", ""))
        if self.fault:
            status, code = self.fault
            self._answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())
        return self.fault is not None

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._is_faulty():
            self.kept[self.path] = body
            self._answer(200)

    def do_GET(self) -> None:
        if self._is_faulty():
            return
        if self.path in self.kept:
            self._answer(200, self.kept[self.path])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        if not self._is_faulty():
            self.kept.pop(self.path, None)
            self._answer(204)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, type[Bucket]]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fictional")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fictional")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    handler = type("OwnBucket", (Bucket,), {"kept": {}, "signed": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"s3://photos?endpoint=http://127.0.0.1:{server.server_port}&region=cn-test", handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "file":
        return open_storage(f"file://{tmp_path}/photos")
    return open_storage(request.getfixturevalue("bucket")[0])


@pytest.mark.parametrize("data", [b"", bytes(range(256)) * 4000])
def test_what_is_put_is_got_until_it_is_deleted(store: Storage, data: bytes) -> None:
    assert not store.exists(KEY)
    store.put(KEY, data)
    assert store.exists(KEY)
    assert store.get(KEY) == data
    store.put(KEY, b"newer")
    assert store.get(KEY) == b"newer"
    store.delete(KEY)
    store.delete(KEY)
    assert not store.exists(KEY)
    with pytest.raises(Missing):
        store.get(KEY)


WRONG_KEYS = [
    "", "/", "a/", "/a", "a//b", "..", "a/../b", "./a", "a.b", "A", "xyz", "a\0", "a\n", "a b", "a\\b",
    "-" * 101, "%2e%2e", "ab/c:d", "张", "CON", "\u202ea", "a/b/c/d/e", "~", "a?b", "a#b", "$(a)", "a;b",
    "*",
]  # fmt: skip


@pytest.mark.parametrize("key", WRONG_KEYS)
def test_only_plain_keys_reach_the_store(store: Storage, key: str) -> None:
    """U3."""
    for verb in (store.get, store.delete, store.exists, lambda wrong: store.put(wrong, b"")):
        with pytest.raises(ValueError, match="storage key"):
            verb(key)


def test_the_check_leaves_nothing_behind(store: Storage, tmp_path: Path) -> None:
    store.check()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file://",
        "file:relative",
        "file://host/path",
        "s3://",
        "s3://b?secret=x",
        "http://b",
        "/data",
        "ftp://x/y",
    ],
)
def test_a_wrong_setting_is_named_in_one_line(url: str) -> None:
    with pytest.raises(ValueError, match=r"^STORAGE_URL: [^\n]+$"):
        open_storage(url)


# -- the folder --------------------------------------------------------------------------------------------


def test_files_and_folders_belong_to_the_service_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_storage(f"file://{tmp_path}/photos").put("ab/cd/ef", b"x")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"photos": 0o700, "ab": 0o700, "cd": 0o700, "ef": 0o600}


@pytest.mark.parametrize("link", ["ab", "ab/cd"])
def test_symbolic_links_are_never_followed(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "cd").write_bytes(b"secret")
    root = tmp_path / "photos"
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside if link == "ab" else outside / "cd")
    store = FileStorage(root)
    with pytest.raises(Refused):
        store.get("ab/cd")
    assert link == "ab" or not store.exists("ab/cd")
    if link == "ab":
        with pytest.raises(Refused):
            store.put("ab/cd", b"overwritten")
    else:
        store.put("ab/cd", b"replaces the link itself")
    assert (outside / "cd").read_bytes() == b"secret"


def test_a_pipe_in_the_folder_does_not_hang_the_reader(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    os.mkfifo(tmp_path / "ab" / "cd")
    with pytest.raises(Refused):
        FileStorage(tmp_path).get("ab/cd")


FULL_DISK = """
import resource, sys
from core.errors import Refused
from core.files import open_storage
store = open_storage("file://" + sys.argv[1])
store.put("aa/01", b"old" * 100)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
for key in ("aa/01", "aa/02"):
    try:
        store.put(key, bytes(200_000))
    except Refused as refusal:
        print(refusal.status, "空间不够" in refusal.text)
store.put("aa/03", b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.put("aa/04", bytes(200_000))
"""


def test_a_write_that_does_not_fit_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    """P9, by a limit that cuts the write in the middle: refused with 507, recovered without a restart."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.split("\n")[:2] == ["507 True", "507 True"]
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "aa").iterdir()}
    assert sizes == {"01": 300, "03": 5, "04": 200_000}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(mount)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(command, capture_output=True).returncode
    ):
        pytest.skip("may not mount a small disk here")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_is_an_orderly_refusal(small_disk: Path) -> None:
    """P9, U4: 507, every file whole, a tenth of the disk stays free, reads go on, freed space is used."""
    store = FileStorage(small_disk)
    kept = []
    with pytest.raises(Refused) as refusal:
        for n in range(100):
            store.put(f"aa/{n:04x}", bytes([n]) * 300_000)
            kept.append(n)
    assert refusal.value.status == 507
    assert [store.get(f"aa/{n:04x}") for n in kept] == [bytes([n]) * 300_000 for n in kept]
    assert len(list((small_disk / "aa").iterdir())) == len(kept) > 5
    disk = os.statvfs(small_disk)
    assert disk.f_bavail >= disk.f_blocks * 0.1
    store.delete("aa/0000")
    store.put("aa/ffff", bytes(300_000))


def test_a_folder_that_cannot_be_written_fails_the_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Refused) as refusal:
        open_storage(f"file://{tmp_path}/file/photos").check()
    assert refusal.value.status == 503


def test_writers_of_the_same_key_never_mix(tmp_path: Path) -> None:
    store = FileStorage(tmp_path)
    contents = [bytes([n]) * 200_000 for n in range(8)]
    threads = [threading.Thread(target=store.put, args=(KEY, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get(KEY) in contents
    assert len(list((tmp_path / "0f").iterdir())) == 1


# -- the bucket --------------------------------------------------------------------------------------------


def test_every_call_to_the_bucket_is_signed_and_under_its_name(bucket: tuple[str, type[Bucket]]) -> None:
    url, server = bucket
    store = open_storage(url + "&prefix=huzhu")
    store.put(KEY, b"x")
    assert server.kept == {"/photos/huzhu/" + KEY: b"x"}
    assert server.signed == [True]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ((507, "XMinioStorageFull"), 507),
        ((403, "QuotaExceeded"), 507),
        ((403, "AccessDenied"), 503),
        ((404, "NoSuchBucket"), 503),
        ((500, "InternalError"), 503),
    ],
)
def test_trouble_with_the_bucket_is_told_in_words(
    bucket: tuple[str, type[Bucket]], fault: tuple[int, str], status: int
) -> None:
    url, server = bucket
    server.fault = fault
    with pytest.raises(Refused) as refusal:
        open_storage(url).put(KEY, b"x")
    assert refusal.value.status == status
    assert "fictional" not in refusal.value.text and "127.0.0.1" not in refusal.value.text


def test_a_bucket_nobody_answers_for_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fictional")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fictional")
    with pytest.raises(Refused) as refusal:
        open_storage("s3://photos?endpoint=http://127.0.0.1:9").check()
    assert refusal.value.status == 503
