"""Mermaid's configuration and the house classes, all colours from the palette."""

from __future__ import annotations

from typing import Any

from press.theme import Theme

SCHEMES = ("light", "dark")

# House class → the style that it stands for; authors write `node:::model`.
CLASSES = {
    **{
        name: f"fill:var(--{tint}-soft),stroke:var(--{tint}),color:var(--ink)"
        for name, tint in (
            ("client", "accent"),
            ("model", "plum"),
            ("queue", "ochre"),
            ("store", "moss"),
            ("warn", "rust"),
        )
    },
    "aside": "fill:var(--surface),stroke:var(--muted),color:var(--ink),"
    "stroke-dasharray:3 3",
    "heading": "fill:none,stroke:none,color:var(--ink),font-weight:600",
}

# Palette name → the theme variables of Mermaid that take it.
VARIABLES = {
    "paper": """
        background pieStrokeColor sequenceNumberColor altBackground rowEven""",
    "surface": """
        tertiaryColor clusterBkg edgeLabelBackground labelBackgroundColor
        relationLabelBackground altSectionBkgColor sectionBkgColor2
        labelBoxBkgColor noteBkgColor rowOdd compositeBackground
        compositeTitleBackground quadrant1Fill quadrant2Fill quadrant3Fill
        quadrant4Fill sectionBkgColor errorBkgColor""",
    "rule": """
        tertiaryBorderColor clusterBorder gridColor
        quadrantInternalBorderStrokeFill quadrantExternalBorderStrokeFill
        excludeBkgColor""",
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
        quadrantYAxisTextFill
        pieTitleTextColor pieSectionTextColor pieLegendTextColor
        relationLabelColor attributeColor errorTextColor""",
    "slate": """
        primaryBorderColor nodeBorder actorBorder taskBorderColor
        activationBorderColor""",
    "slate-soft": """
        primaryColor mainBkg actorBkg taskBkgColor stateBkg
        fillType0 fillType1 fillType2 fillType3 fillType4 fillType5 fillType6
        fillType7 activationBkgColor""",
    "accent": "activeTaskBorderColor quadrantPointFill",
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
STYLE = """
.edgeLabel rect, .labelBkg, .edgeLabel .background { opacity: 1 !important; }
.node rect.basic, .cluster rect, rect.actor { rx: 5px; ry: 5px; }
.edgeLabel rect { rx: 3px; ry: 3px; }
.cluster-label text, .cluster-label tspan, .cluster .label text { font-weight: 600; }
.heading text, .heading tspan { font-weight: 600; }
text.actor, text.actor > tspan, .messageText.title { font-weight: 600; }
.marker.er circle { fill: var(--paper); }
.grid .tick line, .grid path { stroke: var(--rule); stroke-opacity: 1; }
.grid .tick text { font-size: 13px; fill: var(--muted); }
.today { display: none; }
.packetBlock { fill: var(--slate-soft); stroke: var(--slate); }
.packetTitle { fill: var(--ink); }
.packetLabel { fill: var(--ink); font-size: 13px; }
.packetByte.start, .packetByte.end { fill: var(--muted); font-size: 12px; }
"""
FONT_SIZE = 14  # px


def classes(theme: Theme, scheme: str) -> tuple[str, ...]:
    """The `classDef` lines of the house classes in one scheme."""
    return tuple(
        theme.fill(f"classDef {name} {style}", scheme)
        for name, style in CLASSES.items()
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
        "themeCSS": theme.fill(STYLE, scheme),
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
        "pieTitleTextSize": "15px",
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
            "padding": 10,
            "nodeSpacing": 28,
            "rankSpacing": 36,
            "wrappingWidth": 240,
            "minNodeWidth": 96,
            "subGraphTitleMargin": {"top": 6, "bottom": 10},
        },
        "sequence": {
            "mirrorActors": False,
            "actorMargin": 36,
            "width": 110,
            "height": 44,
            **fonts,
        },
        "class": {"htmlLabels": False},
        "state": {"htmlLabels": False, "minNodeWidth": 0},
        "er": {"fontSize": 13},
        "block": {"padding": 7},
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
        "packet": {"bitsPerRow": 32, "rowHeight": 34, "bitWidth": 18},
    }
