"""What the painter says about a picture: that no AI drew it, what it understood and what it did not."""

from __future__ import annotations

from .reading import Reading, Word

MOST_UNKNOWN = 6
GROUPS = (
    ("subject", "worn"),
    ("place", "time", "weather"),
    ("colour", "number", "many", "size", "detail", "style", "edit", "layout"),
)
SILENT = ("wearing", "letters", "1")
"""Words that help to understand but say nothing by themselves."""

IGNORED: dict[str, tuple[str, ...]] = {
    "draw": (),
    "edit": ("place",),
    "compose": ("subject", "worn", "place", "time", "weather"),
}
"""Kinds of words that are known but say nothing that can be done to such a picture."""

IN_PHOTOS = ("stars", "moon", "flying", "left", "right", "middle")
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
    "film": (
        "No change was understood, so the picture got a warm film look.",
        "没有看懂要怎样修改，因此加了暖色胶片效果。",
    ),
    "no sky": (
        "No sky was found, so the picture was only darkened.",
        "没有找到天空，因此只是把画面调暗。",
    ),
    "middle": (
        "The middle stayed sharp: the demo cannot tell a subject from its background.",
        "保留了画面中央的清晰：演示画笔无法区分主体和背景。",
    ),
    "cropped": ("Cropped to the chosen shape from the middle.", "已从画面中央裁剪成所选比例。"),
    "prints": ("Laid out as loose prints in your order.", "按您的顺序排成散放的相片。"),
    "row": ("Laid out side by side in your order.", "按您的顺序并排排列。"),
    "grid": ("Laid out as a collage in your order.", "按您的顺序排成拼贴。"),
    "onto": (
        "The other pictures lie on the first as insets: the demo cannot cut things out.",
        "其余图片以圆形小图放在第一张上：演示画笔不会抠图。",
    ),
    "abstract": ("So here is an abstract composition.", "因此画了一幅抽象构图。"),
    "chinese letters": ("Chinese letters cannot be set here.", "这里无法排印汉字。"),
}  # fmt: skip

OPENINGS = {
    "draw": ("Drawn by simple rules, not by an AI model.", "由演示画笔按简单规则绘制，并非 AI 模型。"),
    "edit": ("Changed by simple rules, not by an AI model.", "由演示画笔按简单规则修改，并非 AI 模型。"),
    "compose": ("Arranged by simple rules, not by an AI model.", "由演示画笔按简单规则编排，并非 AI 模型。"),
}


def note(reading: Reading, kind: str, remarks: list[str]) -> str:
    """The text beside a picture; ``kind`` is a key of ``OPENINGS``, ``remarks`` keys of ``REMARKS``."""
    tongue = 1 if reading.chinese else 0
    ignored = [_name(word, reading.chinese) for word in reading.words if _ignored(word, kind, reading)]
    understood = _understood(reading, kind)
    unknown = [*reading.unknown, *ignored][:MOST_UNKNOWN]
    said = [REMARKS[remark][tongue] for remark in remarks]
    absent = [_name(word, reading.chinese) for word in reading.left_out] if kind == "draw" else []
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


def _understood(reading: Reading, kind: str) -> str:
    """Names of what was understood, in groups: things; place and light; the rest."""
    groups = []
    for kinds in GROUPS:
        names = [
            _name(word, reading.chinese)
            for word in reading.words
            if word.kind in kinds and _acted(word, kind, reading)
        ]
        if kinds[0] == "colour" and reading.letters and kind == "draw":
            names.append(f"“{reading.letters}”")
        if names:
            groups.append(("、" if reading.chinese else ", ").join(dict.fromkeys(names)))
    return "；".join(groups) if reading.chinese else "; ".join(groups)


def _name(word: Word, chinese: bool) -> str:
    if word.kind == "number" and chinese:
        return {"2": "两", "3": "三", "4": "四", "5": "五"}.get(word.name, word.name)
    return word.chinese if chinese else word.english
