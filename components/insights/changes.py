"""Changes of a number against an earlier period, as short texts."""

from components.ui import i18n
from components.ui.i18n import _, ngettext


def format_change(value: int, earlier: int, versus: str) -> str:
    """Format the change of a count: "+12% vs previous 30 days".

    ``versus`` names the earlier period; without a name, returns "". A count that was 0 has no
    percentage, so its change is a number.
    """
    if not versus:
        return ""
    if value == earlier:
        return _("No change") + " " + versus
    if not earlier:
        return f"+{i18n.format_compact(value)} {versus}"
    share = value / earlier - 1
    if not round(share * 100):
        return _("About the same") + " " + versus
    return f"{_sign(share)}{i18n.format_share(abs(share))} {versus}"


def format_change_of_share(share: float, earlier: float, versus: str) -> str:
    """Format the change of a percentage in points: "+4 points vs previous 30 days"."""
    points = round(share * 100) - round(earlier * 100)
    if not points:
        return _("No change") + " " + versus
    text = ngettext("{count} point", "{count} points", abs(points))
    return f"{_sign(points)}{text.format(count=i18n.format_number(abs(points)))} {versus}"


def _sign(change: float) -> str:
    return "+" if change > 0 else "−"
