"""What the painter says about a picture: that no AI drew it, what it understood and what it did not."""

from __future__ import annotations

from collections.abc import Sequence

from .reading import Reading, Word

MOST_UNKNOWN = 6
GROUPS = (
    ("subject", "worn"),
    ("place", "time", "weather"),
    ("colour", "number", "many", "size", "detail", "style", "edit", "shape", "layout"),
)
SILENT = ("wearing", "letters", "1")
"""Words that help to understand but say nothing by themselves."""

IMPLIED = ("studio",)
"""Places that other words may stand for, as "product photo" does: not missed where another one shows."""

IGNORED: dict[str, tuple[str, ...]] = {
    "draw": ("shape",),
    "edit": (),
    "unchanged": ("place", "time", "weather", "style", "shape", "subject", "worn"),
    "compose": ("shape", "subject", "worn", "place", "time", "weather"),
}
"""Kinds of words that are known but say nothing that can be done to such a picture."""

SHEETS = ("icon", "map", "infographic", "comic")
"""Styles of a drawing that no picture can be changed into."""

IN_PHOTOS = ("stars", "moon", "flying", "left", "right", "middle", "top", "bottom", "backdrop")
"""Details that have an effect on an uploaded picture."""

ONLY_IN = {
    "rocky": ("sea",),
    "calm": ("sea", "beach", "underwater"),
    "window": ("room",),
    "cosy": ("room",),
    "river": ("meadow", "mountains", "forest", "road"),
}
"""Details that show in some places and nowhere else."""

ONLY_WITH = {"steam": ("cup", "noodles")}
"""Details that show on some things and nowhere else."""

LIGHTS = ("warmer", "colder", "sepia")
"""Treatments that also say how a drawing is lit."""

REMARKS = {
    "subject": (
        "What stands out from the edges was taken for the subject: the demo cannot know what it is.",
        "把与四周不同的部分当作主体：演示画笔并不认识画面里的东西。",
    ),
    "removed": (
        "What stands out most was taken away and filled in from both sides: the demo cannot know what it is.",
        "去掉了画面里最突出的部分，并用两侧的画面补上：演示画笔并不认识画面里的东西。",
    ),
    "colour": (
        "The strongest colour was changed: the demo cannot know what it belongs to.",
        "更换了画面里最明显的颜色：演示画笔并不认识画面里的东西。",
    ),
    "from words": (
        "Drawn anew from the words: the demo cannot follow the lines of a sketch.",
        "按文字重新绘制：演示画笔无法沿用草图里的线条。",
    ),
    "no subject": (
        "Nothing in this picture stands out clearly enough to be told from its background.",
        "这张图片的主体和背景太接近，演示画笔分不开。",
    ),
    "no font": (
        "This server has no font with these letters.",
        "这台服务器没有安装中文字体，无法写上这些字。",
    ),
    "able": (
        "Try: remove the background, put it on a table, write SALE, make it blue, crop to 9:16, make it "
        "night, rain, snow, black and white, a watercolour, remove the person, add a cat.",
        "可以试试：去掉背景、放到桌子上、写上“促销”、换成蓝色、裁成 9:16、变成夜晚、下雨、下雪、"
        "黑白、水彩、去掉人物、加一只猫。",
    ),
    "no sky": (
        "No sky was found, so the picture was only darkened.",
        "没有找到天空，因此只是把画面调暗。",
    ),
    "extended": (
        "The new part is a reflection of the picture: the demo cannot know what is there.",
        "新增的部分是画面的镜像：演示画笔并不知道那里有什么。",
    ),
    "middle": (
        "The middle stayed sharp: the demo cannot tell a subject from its background.",
        "保留了画面中央的清晰：演示画笔无法区分主体和背景。",
    ),
    "cropped": ("Cropped around what stands out.", "已按所要的比例裁剪，保留最突出的部分。"),
    "prints": ("Laid out as loose prints in your order.", "按您的顺序排成散放的相片。"),
    "row": ("Laid out side by side in your order.", "按您的顺序并排排列。"),
    "grid": ("Laid out as a collage in your order.", "按您的顺序排成拼贴。"),
    "onto": (
        "What stands out of the others, or else a round piece of them, lies on the first: the demo cannot "
        "know what it is.",
        "把其余图片里突出的部分（分不出时取圆形一块）放在第一张上：演示画笔并不认识画面里的东西。",
    ),
    "abstract": ("So here is an abstract composition.", "因此画了一幅抽象构图。"),
}  # fmt: skip

OPENINGS = {
    "draw": ("Drawn by simple rules, not by an AI model.", "由演示画笔按简单规则绘制，并非 AI 模型。"),
    "edit": ("Changed by simple rules, not by an AI model.", "由演示画笔按简单规则修改，并非 AI 模型。"),
    "unchanged": (
        "Nothing was changed: the demo changes pictures by simple rules, not by an AI model, and they do "
        "not reach that far.",
        "图片没有改动：演示画笔只会按简单规则修改，并非 AI 模型，做不到这一点。",
    ),
    "compose": ("Arranged by simple rules, not by an AI model.", "由演示画笔按简单规则编排，并非 AI 模型。"),
}


def note(reading: Reading, kind: str, remarks: list[str], unseen: Sequence[str] = ()) -> str:
    """The text beside a picture; ``kind`` is a key of ``OPENINGS``, ``remarks`` keys of ``REMARKS``,
    ``unseen`` names of places that were asked for and do not show."""
    tongue = 1 if reading.chinese else 0
    ignored = [_name(word, reading.chinese) for word in reading.words if _ignored(word, kind, reading)]
    hidden = [word for word in reading.words if word.kind == "place" and word.name in unseen]
    understood = _understood(reading, kind, hidden, remarks)
    unknown = [*reading.unknown, *ignored][:MOST_UNKNOWN]
    said = [REMARKS[remark][tongue] for remark in [*remarks, *(["able"] if kind == "unchanged" else [])]]
    absent = [_name(word, reading.chinese) for word in reading.left_out] if kind == "draw" else []
    absent += [_name(word, reading.chinese) for word in hidden if word.name not in IMPLIED]
    if not reading.chinese:
        parts = [f"Understood: {understood}."] if understood else []
        parts += [f"Left out: {', '.join(absent)}."] if absent else []
        parts += [f"Not understood: {', '.join(unknown)}."] if unknown else []
        return " ".join([OPENINGS[kind][0], *parts, *said])
    parts = [f"看懂了：{understood}"] if understood else []
    parts += [f"不画：{'、'.join(absent)}"] if absent else []
    parts += [f"没看懂：{'、'.join(unknown)}"] if unknown else []
    return OPENINGS[kind][1] + ("；".join(parts) + "。" if parts else "") + "".join(said)


def _ignored(word: Word, kind: str, reading: Reading) -> bool:
    """Whether a word is known but says nothing that can be done to a picture of this kind."""
    treatment = word.kind == "edit" and word.name not in (*LIGHTS, "add")
    treatment = treatment or (word.name in SHEETS and kind != "draw")
    where = ONLY_IN.get(word.name)
    elsewhere = bool(where and reading.places and not set(where) & set(reading.places))
    bearers = ONLY_WITH.get(word.name)
    alien = bool(bearers and not {figure.name for figure in reading.figures} & set(bearers))
    return word.kind in IGNORED[kind] or (kind == "draw" and (treatment or elsewhere or alien))


def _acted(word: Word, kind: str, reading: Reading) -> bool:
    """Whether a word has an effect on a picture of this kind: only then was it understood."""
    if _ignored(word, kind, reading) or word.name in SILENT:
        return False
    if kind == "draw":
        return word.kind != "layout" and word.name != "add"
    if kind == "edit":
        return word.kind != "layout" and (word.kind != "detail" or word.name in IN_PHOTOS)
    return word.kind in ("layout", "edit", "style")


def _understood(reading: Reading, kind: str, hidden: Sequence[Word], remarks: Sequence[str]) -> str:
    """Names of what was understood and shows, in groups: things; place and light; the rest."""
    groups = []
    lettered = reading.letters and kind in ("draw", "edit") and "no font" not in remarks
    for kinds in GROUPS:
        names = [
            _name(word, reading.chinese)
            for word in reading.words
            if word.kind in kinds and word not in hidden and _acted(word, kind, reading)
        ]
        if kinds[0] == "colour" and lettered:
            names.append(f"“{reading.letters}”")
        if names:
            groups.append(("、" if reading.chinese else ", ").join(dict.fromkeys(names)))
    return "；".join(groups) if reading.chinese else "; ".join(groups)


def _name(word: Word, chinese: bool) -> str:
    if word.kind == "number" and chinese:
        return {"2": "两", "3": "三", "4": "四", "5": "五"}.get(word.name, word.name)
    return word.chinese if chinese else word.english
