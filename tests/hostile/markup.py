"""Names and values that are markup somewhere, and where on a page they would be taken for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from engine.table.schema import Column, Kind, NumberFormat, Schema

# In every one a word that no page says by itself, so that it is found again: “zq” and a letter.
NAMES = {
    "tag": "<b>zqa</b>",
    "script": "<script>zqb()</script>",
    "image": '<img src=x onerror="zqc()">',
    "link": "[zqd](http://evil.example/zqd)",
    "picture": "![zqe](http://evil.example/zqe.png)",
    "colour": ":red[zqf]",
    "icon": "zqg :material/bolt: zqg",
    "formula": "$zqh$ and $x$",
    "strong": "**zqi** _zqi_ `zqi`",
    "heading": "# zqj",
    "entity": "&lt;zqk&gt; &#60;zqk",
    "bare link": "https://evil.example/zql",
    "shortcode": ":smile: zqm :zqm:",
    "html comment": "<!-- zqn -->",
    "badge": ":blue-badge[zqo]",
    "list": "- zqp\n- zqp",
    "anchor": '<a href="javascript:zqr()">zqr</a>',
    "svg": "<svg/onload=zqs()>",
}
MARK = re.compile("zq[a-z]")

# What Markdown as Streamlit reads it makes of the names, where nothing is escaped.
RAW = re.compile(
    r"""(?<!\\)<(?:b|script|img|a|svg|!--)         # a tag
    | (?<!\\)\]\(                                  # a link or a picture
    | (?<!\\):(?:red|blue-badge)\[ | (?<!\\):material/bolt: | (?<!\\):smile:  # directives of Streamlit's own
    | (?<!\\)\$zq | (?<!\\)\*\*zqi | (?<!\\)`zq | (?<!\\)_zq | ^\#\ zq | ^-\ zq | (?<!\\)&(?:lt|\#60);
    | https://evil""",
    re.VERBOSE | re.MULTILINE,
)

# Fields of Streamlit's messages that hold plain text or data, whatever marks are in it.
PLAIN = {
    "Selectbox": {"options", "default", "raw_value", "placeholder"},
    "MultiSelect": {"options", "default", "raw_values", "placeholder"},
    "TextInput": {"default", "value", "placeholder"},
    "TextArea": {"default", "value", "placeholder"},
    "SelectSlider": {"options"},
    "Slider": {"options"},
    "DownloadButton": {"url"},
    "FileUploader": {"type"},
    "PlotlyChart": {"spec"},  # looked at for itself, in tests/engine/charts
    "Arrow": {"columns"},  # JSON of columns' settings; labels are drawn as text
    "Dataframe": {"columns"},
    "PageLink": {"page"},
    "Code": {"code_text"},
}
_NEVER_DRAWN = {"id", "key", "user_key", "form_id", "element_id", "element_hash", "alt"}  # alt: an attribute, plain


def shop(rows: int = 160) -> pd.DataFrame:
    """A raw table with a column for every name, half of them numbers, half labels that are markup too."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=rows)
    table = {}
    for place, name in enumerate(NAMES.values()):
        if place % 2:
            table[name] = np.round(base + rng.normal(size=rows), 2).astype(str)
        else:
            labels = list(NAMES.values())[place % 4 : place % 4 + 6]
            table[name] = np.array(labels)[np.digitize(base, [-1, -0.4, 0, 0.4, 1])]
    return pd.DataFrame(table, dtype="str")


SHOP = Schema(
    tuple(
        Column(name, Kind.DECIMAL, number=NumberFormat(2)) if place % 2 else Column(name, Kind.CATEGORICAL)
        for place, name in enumerate(NAMES.values())
    ),
    "<b>zqa</b>",
)


def drawn(app: AppTest) -> Iterator[tuple[str, str, str]]:
    """Message, field and text of everything a page draws as Markdown that holds a name of the zoo."""
    for block in _nodes(app._tree):
        proto = getattr(block, "proto", None)
        if isinstance(proto, Message):
            yield from _texts(proto)


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def _texts(message: Message) -> Iterator[tuple[str, str, str]]:
    kind = message.DESCRIPTOR.name
    for field, value in message.ListFields():
        if field.name in PLAIN.get(kind, ()) or field.name in _NEVER_DRAWN:
            continue
        repeated = [value] if not hasattr(value, "append") and not hasattr(value, "add") else list(value)
        for one in repeated:
            if isinstance(one, Message):
                yield from _texts(one)
            elif isinstance(one, str) and MARK.search(one):
                yield kind, field.name, one


def helps(app: AppTest) -> Iterator[str]:
    """Explanations of table columns, which are Markdown inside JSON."""
    for frame in [*app.dataframe, *app.get("data_editor")]:
        columns = json.loads(getattr(frame.proto, "columns", "") or "{}")
        yield from (str(c["help"]) for c in columns.values() if isinstance(c, dict) and c.get("help"))


# What Plotly makes of text: tags and entities of a small HTML, and formulas between two dollar signs.
CHART_RAW = re.compile(r"<(?:b>zqa|script|img|a |svg|!--)|&lt;zqk|\$zqh\$", re.IGNORECASE)


def charts(app: AppTest) -> Iterator[str]:
    """Every text that a Plotly chart of the page holds, as Plotly gets it."""
    for chart in app.get("plotly_chart"):
        yield from _strings(json.loads(chart.proto.spec))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
