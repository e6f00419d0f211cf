"""What configured values must be: see README.md of this folder."""

from gateway.constraints.addresses import (
    BASE_URL,
    HTTP_URL,
    LISTEN_HOST,
    ORIGIN,
    PUBLIC_URL,
    REDIS_URL,
    STATE_URL,
)
from gateway.constraints.codes import AVAILABLE_LANGUAGE, COUNTRY, CURRENCY, LANGUAGE, TIME_ZONE
from gateway.constraints.constraint import ANYTHING, Constraint, Facts, Fault, nearest
from gateway.constraints.numbers import (
    IDENTIFIER,
    KEPT_SECONDS,
    LATITUDE,
    LONGITUDE,
    PART,
    PATIENCE,
    PORT,
    SECONDS,
    between,
)
from gateway.constraints.texts import FILE, PHONE, SERVICE, TEXT, VARIABLE, WORD, matching, named, one_of

__all__ = [
    "ANYTHING",
    "AVAILABLE_LANGUAGE",
    "BASE_URL",
    "COUNTRY",
    "CURRENCY",
    "FILE",
    "HTTP_URL",
    "IDENTIFIER",
    "KEPT_SECONDS",
    "LANGUAGE",
    "LATITUDE",
    "LISTEN_HOST",
    "LONGITUDE",
    "ORIGIN",
    "PART",
    "PATIENCE",
    "PHONE",
    "PORT",
    "PUBLIC_URL",
    "REDIS_URL",
    "SECONDS",
    "SERVICE",
    "STATE_URL",
    "TEXT",
    "TIME_ZONE",
    "VARIABLE",
    "WORD",
    "Constraint",
    "Facts",
    "Fault",
    "between",
    "matching",
    "named",
    "nearest",
    "one_of",
]
