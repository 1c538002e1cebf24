"""Where do sealed files lie? One door to a folder (`file:///…`) or an object store (`s3://bucket?…`)."""

from __future__ import annotations

import datetime as dt
import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from core.errors import Missing, Refused

KEY = re.compile(r"[0-9a-f-]{1,100}(/[0-9a-f-]{1,100}){0,3}")
PROBE = "0-0"  # a key no file id has; written and read by check()
FULL = "存放照片的空间不够了，这次没有保存。请稍后再试，或联系本单位工会。"
AWAY = "照片暂时存取不了，请过几分钟再试。"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FLOOR_SHARE, FLOOR_BYTES = 0.10, 1 << 30


class Storage(Protocol):
    """Sealed bytes under keys of `[0-9a-f-/]`. A key is written whole or not at all."""

    def put(self, key: str, data: bytes) -> None:
        """Keep `data`; it is on the disk when this returns. Raises `Refused` 507 (full) or 503 (away)."""

    def get(self, key: str) -> bytes:
        """What was put. Raises `Missing`, or `Refused` 503."""

    def delete(self, key: str) -> None:
        """Forget the key; a key that is not there is fine."""

    def exists(self, key: str) -> bool: ...

    def keys(self, before: dt.datetime) -> Iterator[str]:
        """Every key that was written before this moment, one by one. Raises `Refused` 503."""

    def check(self) -> None:
        """Write, read and delete a probe. Raises `Refused` when the storage cannot be relied on."""


def open_storage(url: str) -> Storage:
    """The storage `url` names. Raises `ValueError` with one line that names the setting."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FileStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = set(options) - {"endpoint", "region", "style", "prefix"}
        if not unknown:
            return S3Storage(parts.netloc, **options)
    raise ValueError("STORAGE_URL: must be file:///absolute/path or s3://bucket?endpoint=…&region=…")


def _checked(key: str) -> list[str]:
    """The parts of the key. A wrong key is our own mistake, never a person's."""
    if not KEY.fullmatch(key):
        raise ValueError("a storage key holds only 0-9 a-f - and /")
    return key.split("/")


class FileStorage:
    """A folder tree, 0700/0600. No step of a path may be a symbolic link, so nothing is read elsewhere."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        with self._folder(key, create=True) as (folder, name), _disk_trouble():
            self._leave_room(folder, len(data))
            draft = f".{name}.{os.urandom(8).hex()}"
            try:
                _write_whole(folder, draft, data)
                os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(draft, dir_fd=folder)
                raise
            os.fsync(folder)

    def get(self, key: str) -> bytes:
        with self._folder(key) as (folder, name), _disk_trouble():
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise OSError(errno.ELOOP, "not a plain file")
                return file.read()

    def delete(self, key: str) -> None:
        with suppress(Missing), self._folder(key) as (folder, name), _disk_trouble():
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    def exists(self, key: str) -> bool:
        with suppress(Missing), self._folder(key) as (folder, name), _disk_trouble():
            return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        return False

    def keys(self, before: dt.datetime) -> Iterator[str]:
        with _disk_trouble():
            for folder, _, names in os.walk(self.root):
                yield from (key for name in names if (key := self._old(Path(folder, name), before)))

    def check(self) -> None:
        _probe(self)

    def _old(self, path: Path, before: dt.datetime) -> str:
        """The key of a file that was written before this; empty for anything else, and for what just went."""
        key = path.relative_to(self.root).as_posix()
        with suppress(FileNotFoundError):
            if KEY.fullmatch(key) and path.lstat().st_mtime < before.timestamp():
                return key
        return ""

    def _leave_room(self, folder: int, size: int) -> None:
        """Refuse while there is still room for the database and the logs."""
        disk = os.fstatvfs(folder)
        floor = min(disk.f_blocks * disk.f_frsize * FLOOR_SHARE, FLOOR_BYTES)
        if disk.f_bavail * disk.f_frsize - size < floor:
            raise OSError(errno.ENOSPC, "below the free-space floor")

    @contextmanager
    def _folder(self, key: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
        """The opened folder that holds the key, reached step by step without following any link."""
        *folders, name = _checked(key)
        with _disk_trouble():
            if create:
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for step in folders:
                with _disk_trouble():
                    below = _step_into(handle, step, create)
                os.close(handle)
                handle = below
            yield handle, name
        finally:
            os.close(handle)


def _step_into(parent: int, name: str, create: bool) -> int:
    if create:
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=parent)
            os.fsync(parent)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def _write_whole(folder: int, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) or 0 :]
        os.fsync(file.fileno())


@contextmanager
def _disk_trouble() -> Iterator[None]:
    """Errors of the disk in words; which file and where stays out of them."""
    try:
        yield
    except FileNotFoundError:
        raise Missing() from None
    except OSError as error:
        if error.errno in NO_ROOM:
            raise Refused(FULL, status=507) from error
        raise Refused(AWAY, status=503) from error


def _probe(storage: Storage) -> None:
    content = os.urandom(16)
    key = f"{PROBE}/{content.hex()}"
    storage.put(key, content)
    is_kept = storage.get(key) == content
    storage.delete(key)
    if not is_kept:
        raise Refused(AWAY, status=503)


class S3Storage:
    """A bucket of any S3-compatible service. Credentials come from the environment, as boto3 reads them."""

    def __init__(
        self, bucket: str, endpoint: str | None = None, region: str | None = None, style: str = "auto",
        prefix: str = "",
    ) -> None:  # fmt: skip
        import boto3  # slow to import, and most installations keep files in a folder
        from botocore.config import Config

        self.bucket, self.prefix = bucket, prefix.strip("/") + "/" if prefix else ""
        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=region or "us-east-1",
            config=Config(
                connect_timeout=3,
                read_timeout=15,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": style if style != "auto" or not endpoint else "path"},
                # many compatible services do not know the newer trailing checksums
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: str, data: bytes) -> None:
        self._call(self._client.put_object, key, Body=data, ContentType="application/octet-stream")

    def get(self, key: str) -> bytes:
        return self._call(self._client.get_object, key, read=True)

    def delete(self, key: str) -> None:
        with suppress(Missing):
            self._call(self._client.delete_object, key)

    def exists(self, key: str) -> bool:
        with suppress(Missing):
            self._call(self._client.head_object, key)
            return True
        return False

    def keys(self, before: dt.datetime) -> Iterator[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        turner = self._client.get_paginator("list_objects_v2")
        try:
            for page in turner.paginate(Bucket=self.bucket, Prefix=self.prefix):
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self.prefix)
                    if KEY.fullmatch(key) and found["LastModified"] < before:
                        yield key
        except (BotoCoreError, ClientError) as error:
            raise Refused(AWAY, status=503) from error

    def check(self) -> None:
        _probe(self)

    def _call(self, verb: Callable[..., Any], key: str, *, read: bool = False, **more: Any) -> Any:
        """One call out; its errors become words. The body is read inside, where it can still fail."""
        from botocore.exceptions import BotoCoreError, ClientError

        _checked(key)
        try:
            answer = verb(Bucket=self.bucket, Key=self.prefix + key, **more)
            return answer["Body"].read() if read else None
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            code = error.response.get("Error", {}).get("Code")
            if code in ("NoSuchKey", "404") or (status == 404 and code != "NoSuchBucket"):
                raise Missing() from None
            if status == 507 or code in ("QuotaExceeded", "StorageFull", "XMinioStorageFull"):
                raise Refused(FULL, status=507) from error
            raise Refused(AWAY, status=503) from error
        except BotoCoreError as error:
            raise Refused(AWAY, status=503) from error
