"""The palette: enough contrast in both themes, and no colours anywhere else."""

import re
import tomllib

import pytest

from tests.servers.processes import ROOT

TOKENS = (ROOT / "web/static/tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--color-([\w-]+): light-dark\((#\w{6,8}), (#\w{6,8})\);")
LIGHT = {name: light for name, light, _dark in PAIR.findall(TOKENS)}
DARK = {name: dark for name, _light, dark in PAIR.findall(TOKENS)}

TEXT_COLOURS = ("text", "muted", "accent-text", "danger", "warning", "success")
FILLS = ("accent", "accent-hover", "danger-fill", "danger-fill-hover")
CONTROL_COLOURS = ("control", "new", "in-review", "closed")


def measure_contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21."""

    def measure_luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted([measure_luminance(one), measure_luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("names", "least"), [(TEXT_COLOURS, 4.5), (CONTROL_COLOURS, 3)], ids=["text", "controls"]
)
def test_colours_have_enough_contrast(palette, names, least):
    for background in ("page", "surface"):
        for name in names:
            assert measure_contrast(palette[name], palette[background]) >= least, (name, background)
    for fill in FILLS:
        assert measure_contrast(palette["on-accent"], palette[fill]) >= 4.5, fill


def test_streamlit_has_the_same_colours():
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
    for palette, options in ((LIGHT, theme["light"]), (DARK, theme["dark"])):
        assert options["primaryColor"] == palette["accent"]
        assert options["backgroundColor"] == palette["page"]
        assert options["secondaryBackgroundColor"] == palette["surface"]
        assert options["textColor"] == palette["text"]
        assert options["borderColor"] == palette["line"]
        assert options["linkColor"] == palette["accent-text"]


def test_all_other_styles_use_the_palette():
    files = [*ROOT.glob("web/static/*.css"), *ROOT.glob("components/*/*.css")]
    assert len(files) > 10
    for file in files:
        if file.name != "tokens.css":
            styles = file.read_text(encoding="utf-8")
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)|light-dark", styles), file
            for name in re.findall(r"var\(--color-([\w-]+)", styles):
                assert name in LIGHT, (file, name)
