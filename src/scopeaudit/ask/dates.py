"""Dates as providers write them."""

import datetime

_FORMATS = ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S GMT")


def read_date(value: object) -> datetime.datetime | None:
    """A moment in UTC from ISO 8601, the formats of HTTP headers, or seconds since 1970."""
    moment: datetime.datetime | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            moment = datetime.datetime.fromtimestamp(value, datetime.UTC)
        except (OverflowError, ValueError, OSError):
            return None
    elif isinstance(value, str):
        moment = _read_text(value.strip())
    if moment is None:
        return None
    return moment.astimezone(datetime.UTC) if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _read_text(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        pass
    for each in _FORMATS:
        try:
            return datetime.datetime.strptime(text, each)  # noqa: DTZ007 - made aware by the caller
        except ValueError:
            continue
    return None


def written(moment: datetime.datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
