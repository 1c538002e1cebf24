"""Which files does WeChat keep, and for how long? Temporary media: three days, contents checked."""

from __future__ import annotations

import json

from flask import Response, request
from werkzeug.datastructures import FileStorage

from sandbox.state import Media, World
from sandbox.wechat_api.gate import WeChatError, answer, call

MB = 1024 * 1024
SIZES = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "thumb": 64 * 1024}
ENDINGS = {
    "image": ("jpg", "jpeg", "png", "gif", "bmp"),
    "voice": ("amr", "mp3", "speex"),
    "video": ("mp4",),
    "thumb": ("jpg", "jpeg"),
}
STARTS = {
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF87a", b"GIF89a"),
    "bmp": (b"BM",),
    "amr": (b"#!AMR",),
}
TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "amr": "audio/amr",
    "mp3": "audio/mp3",
    "speex": "audio/speex",
    "mp4": "video/mp4",
}


@call("/cgi-bin/media/upload")
def upload(here: World) -> Response:
    media = accept(here, request.args.get("type", ""), request.files.get("media"))
    key = "thumb_media_id" if media.kind == "thumb" else "media_id"
    return answer({"type": media.kind, key: media.media_id, "created_at": int(media.created_at)})


def accept(here: World, kind: str, part: FileStorage | None) -> Media:
    """Check a file as WeChat does and keep it."""
    if kind not in SIZES:
        raise WeChatError(40004)
    if part is None:
        raise WeChatError(41005)
    name = part.filename or ""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in ENDINGS[kind]:
        raise WeChatError(40005)
    content = part.read()
    if not content:
        raise WeChatError(40006)
    if len(content) > SIZES[kind]:
        raise WeChatError(
            40009 if kind == "image" else 45001, "invalid image size" if kind == "image" else ""
        )
    if ending in STARTS and not content.startswith(STARTS[ending]):
        raise WeChatError(40005)
    return here.keep_media(kind, content, TYPES[ending], f"media.{ending}")


def _found(here: World) -> Media:
    media_id = request.args.get("media_id", "")
    if not media_id:
        raise WeChatError(41006)
    media = here.live_media(media_id)
    if media is None:
        raise WeChatError(40007)
    return media


def bytes_of(media: Media) -> Response:
    answer = Response(media.content, content_type=media.content_type)
    ending = media.filename.rpartition(".")[2]
    answer.headers["Content-disposition"] = f'attachment; filename="{media.media_id}.{ending}"'
    return answer


@call("/cgi-bin/media/get", ("GET",))
def get(here: World) -> Response:
    media = _found(here)
    if media.kind == "video":
        url = f"http://{request.host}/wechat/mp/media/{media.media_id}"
        return Response(json.dumps({"video_url": url}), content_type="text/plain")
    return bytes_of(media)


@call("/cgi-bin/media/get/jssdk", ("GET",))
def get_voice(here: World) -> Response:
    return bytes_of(_found(here))
