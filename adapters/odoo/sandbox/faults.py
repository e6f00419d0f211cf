"""Odoo's exceptions, by the names it answers with."""

from __future__ import annotations


class OdooException(Exception):
    """`status` is what JSON-2 answers with; JSON-RPC always answers 200."""

    name = "odoo.exceptions.UserError"
    status = 422

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UserError(OdooException):
    pass


class ValidationError(OdooException):
    name = "odoo.exceptions.ValidationError"


class AccessError(OdooException):
    name = "odoo.exceptions.AccessError"
    status = 403


class AccessDenied(OdooException):
    name = "odoo.exceptions.AccessDenied"
    status = 401


class MissingError(OdooException):
    name = "odoo.exceptions.MissingError"
    status = 404


class NotFound(OdooException):
    name = "werkzeug.exceptions.NotFound"
    status = 404


class UnknownDatabase(OdooException):
    """PostgreSQL's own refusal, which escapes from JSON-RPC as it is."""

    name = "psycopg2.OperationalError"
    status = 500

    def __init__(self, database: str) -> None:
        super().__init__(
            f'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "{database}" does not exist\n'
        )


class ProgramError(OdooException):
    """A Python error that escaped: a wrong field is a ValueError, a wrong argument a TypeError."""

    status = 500

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.name = f"builtins.{kind}"


class DatabaseError(OdooException):
    """What PostgreSQL refused, as the driver names it."""

    status = 500

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.name = f"psycopg2.errors.{kind}"
