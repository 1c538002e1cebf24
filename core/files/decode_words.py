"""In which words is a picture refused, and with which HTTP status?"""

from __future__ import annotations

BUSY = "busy"
WORDS: dict[str, tuple[str, int]] = {
    "too_large": ("照片太大（超过 {n} MB），请重新拍一张或压缩后再传。", 413),
    "empty": ("这个文件是空的，请重新选择照片。", 422),
    "not_a_picture": ("这个文件不是照片，请上传 JPG 或 PNG", 415),
    "moving": ("动图不能作为材料，请上传 JPG 或 PNG 照片", 415),
    "unreadable_heif": (
        "这张照片的格式打不开，请用手机相机重拍，或在相册里另存为 JPG 再上传",
        415,
    ),
    "too_many_pixels": ("照片的像素太多，打不开。请用手机相机重新拍一张，或压缩后再传。", 413),
    "odd_shape": ("照片太小或太长，看不清内容。请用手机相机重新拍一张。", 422),
    "broken": ("照片没有传完整或已损坏，请重新上传，或用手机相机重拍。", 422),
    "too_hard": ("这张照片打不开，请用手机相机重新拍一张。", 422),
    BUSY: ("现在上传照片的人很多，请过一分钟再点“重试”。", 503),
}
