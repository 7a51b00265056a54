"""Mermaid's configuration and the house classes, all colours from the palette."""

from __future__ import annotations

from typing import Any

from press.theme import Theme

SCHEMES = ("light", "dark")

# House class → (fill, border, dashes); authors write `node:::model`.
CLASSES = {
    "client": ("accent-soft", "accent", ""),
    "model": ("plum-soft", "plum", ""),
    "queue": ("ochre-soft", "ochre", ""),
    "store": ("moss-soft", "moss", ""),
    "warn": ("rust-soft", "rust", ""),
    "note": ("surface", "muted", "3 3"),
}

# Palette name → the theme variables of Mermaid that take it.
VARIABLES = {
    "paper": """
        background edgeLabelBackground pieStrokeColor sequenceNumberColor
        commitLabelBackground altBackground rowEven""",
    "surface": """
        tertiaryColor clusterBkg altSectionBkgColor sectionBkgColor2
        labelBoxBkgColor noteBkgColor rowOdd compositeBackground
        compositeTitleBackground quadrant1Fill quadrant2Fill quadrant3Fill
        quadrant4Fill sectionBkgColor tagLabelBackground errorBkgColor""",
    "rule": """
        tertiaryBorderColor clusterBorder gridColor
        quadrantInternalBorderStrokeFill quadrantExternalBorderStrokeFill
        excludeBkgColor tagLabelBorder""",
    "muted": """
        lineColor signalColor arrowheadColor defaultLinkColor transitionColor
        actorLineColor noteBorderColor labelBoxBorderColor pieOuterStrokeColor
        quadrant1TextFill quadrant2TextFill quadrant3TextFill quadrant4TextFill
        specialStateColor innerEndBackground relationColor todayLineColor
        stateBorder vertLineColor""",
    "ink": """
        primaryTextColor secondaryTextColor tertiaryTextColor textColor
        titleColor actorTextColor signalTextColor labelTextColor loopTextColor
        noteTextColor nodeTextColor taskTextColor taskTextLightColor
        taskTextOutsideColor taskTextDarkColor taskTextClickableColor
        classText stateLabelColor transitionLabelColor labelColor
        quadrantPointTextFill quadrantTitleFill quadrantXAxisTextFill
        quadrantYAxisTextFill commitLabelColor tagLabelColor
        pieTitleTextColor pieSectionTextColor pieLegendTextColor
        relationLabelColor attributeColor errorTextColor""",
    "slate": """
        primaryBorderColor nodeBorder actorBorder taskBorderColor git0
        activationBorderColor""",
    "slate-soft": """
        primaryColor mainBkg actorBkg taskBkgColor stateBkg labelBackgroundColor
        fillType0 fillType1 fillType2 fillType3 fillType4 fillType5 fillType6
        fillType7 activationBkgColor relationLabelBackground""",
    "accent": "activeTaskBorderColor quadrantPointFill git1",
    "accent-soft": "activeTaskBkgColor pie1",
    "ochre": "secondaryBorderColor",
    "ochre-soft": "secondaryColor pie2",
    "moss": "doneTaskBorderColor",
    "moss-soft": "doneTaskBkgColor pie4",
    "rust": "critBorderColor",
    "rust-soft": "critBkgColor pie5",
    "plum-soft": "pie3",
}
SERIES = ("accent", "ochre", "plum", "moss", "rust", "slate")
LABEL_STYLE = """
.edgeLabel rect, .labelBkg, .edgeLabel .background { opacity: 1 !important; }
.cluster-label text, .cluster-label tspan, .cluster .label text { font-weight: 600; }
text.actor, text.actor > tspan, .messageText.title { font-weight: 600; }
"""
FONT_SIZE = 14  # px


def classes(theme: Theme, scheme: str) -> tuple[str, ...]:
    """The `classDef` lines of the house classes in one scheme."""
    palette = theme.palette[scheme]
    return tuple(
        f"classDef {name} fill:{palette[fill]},stroke:{palette[border]},"
        f"color:{palette['ink']}" + (f",stroke-dasharray:{dashes}" if dashes else "")
        for name, (fill, border, dashes) in CLASSES.items()
    )


def config(theme: Theme, scheme: str) -> dict[str, Any]:
    """What `mermaid.initialize` gets: one scheme's colours, plain SVG text."""
    return {
        "startOnLoad": False,
        "securityLevel": "strict",
        "deterministicIds": True,
        "deterministicIDSeed": "press",
        "suppressErrorRendering": True,
        "htmlLabels": False,
        "markdownAutoWrap": False,
        "look": "classic",
        "layout": "dagre",
        "theme": "base",
        "darkMode": scheme == "dark",
        "fontFamily": family(theme),
        "fontSize": FONT_SIZE,
        "themeCSS": LABEL_STYLE,
        "themeVariables": _variables(theme, scheme),
        **_layout(family(theme)),
    }


def family(theme: Theme) -> str:
    """The first face of the sans stack, and the generic one."""
    return theme.type["sans"].split(",")[0].strip("\"' ") + ", sans-serif"


def _variables(theme: Theme, scheme: str) -> dict[str, Any]:
    palette = theme.palette[scheme]
    named = {
        variable: palette[colour]
        for colour, variables in VARIABLES.items()
        for variable in variables.split()
    }
    scale: dict[str, str] = {}
    for index in range(12):
        tint = SERIES[index % len(SERIES)]
        scale[f"cScale{index}"] = palette[f"{tint}-soft"]
        scale[f"cScalePeer{index}"] = scale[f"cScaleInv{index}"] = palette[tint]
        scale[f"cScaleLabel{index}"] = palette["ink"]
    axes = {
        f"{axis}Axis{part}Color": palette[colour]
        for axis in "xy"
        for part, colour in (
            ("Label", "muted"),
            ("Title", "ink"),
            ("Line", "muted"),
            ("Tick", "muted"),
        )
    }
    return {
        "fontFamily": family(theme),
        "fontSize": f"{FONT_SIZE}px",
        **named,
        **scale,
        "pieOpacity": "1",
        "pieSectionTextSize": "13px",
        "pieLegendTextSize": "13px",
        "xyChart": {
            "backgroundColor": palette["paper"],
            "titleColor": palette["ink"],
            "dataLabelColor": palette["ink"],
            "plotColorPalette": ",".join(palette[name] for name in SERIES),
            **axes,
        },
    }


def _layout(face: str) -> dict[str, Any]:
    fonts = {
        f"{part}Font{key}": value
        for part in ("actor", "message", "note")
        for key, value in (("Family", face), ("Size", FONT_SIZE))
    }
    axis = {"labelFontSize": 13, "titleFontSize": 13}
    return {
        "flowchart": {
            "htmlLabels": False,
            "curve": "basis",
            "padding": 12,
            "nodeSpacing": 28,
            "rankSpacing": 36,
            "wrappingWidth": 240,
        },
        "sequence": {"mirrorActors": False, "actorMargin": 36, "width": 110, **fonts},
        "class": {"htmlLabels": False},
        "state": {"htmlLabels": False},
        "er": {"fontSize": 13},
        "block": {"padding": 10},
        "gantt": {
            "useWidth": 640,
            "fontSize": 13,
            "sectionFontSize": 13,
            "barHeight": 24,
            "barGap": 6,
            "topPadding": 44,
            "leftPadding": 96,
            "rightPadding": 20,
        },
        "xyChart": {
            "width": 600,
            "height": 360,
            "titleFontSize": 15,
            "xAxis": axis,
            "yAxis": axis,
        },
        "quadrantChart": {
            "chartWidth": 520,
            "chartHeight": 420,
            "pointLabelFontSize": 13,
            "quadrantLabelFontSize": 14,
            "titleFontSize": 15,
            "xAxisLabelFontSize": 13,
            "yAxisLabelFontSize": 13,
        },
        "sankey": {"width": 600, "height": 320, "linkColor": "source"},
        "packet": {"bitsPerRow": 32, "rowHeight": 34, "bitWidth": 19},
    }
