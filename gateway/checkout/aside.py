"""The runs as a process sees them that has none of its own (a command): how each stands, and a person's order to go on
with one. Beside `engine` and `watch` a file that knows DBOS.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dbos import DBOSClient

from gateway.checkout.engine import RunState, state_of
from gateway.checkout.sealed import AWAY, Sealed
from gateway.errors import StateUnavailable
from gateway.state.database import Database
from gateway.state.pair import runs_file


class RunsAside:
    """`close` it. Makes and migrates nothing: where no gateway has sold yet there are no runs."""

    def __init__(self, database: Database) -> None:
        self._client: DBOSClient | None = None
        another = database.another(size=1, patience=30.0)
        url = another.url.render_as_string(hide_password=False)
        if database.is_sqlite:
            file = runs_file(another.url.database or "")
            if not Path(file).exists():
                return
            url = f"sqlite:///{file}"
        self._client = DBOSClient(
            system_database_url=url, serializer=Sealed(), lazy=True, retry_connection_errors=False
        )

    async def states(self, runs: Sequence[str]) -> dict[str, RunState]:
        """Of those that were started; one that is absent never was. Raises StateUnavailable."""
        if self._client is None or not runs:
            return {}
        try:
            found = await self._client.list_workflows_async(
                workflow_ids=list(runs), load_input=False, load_output=False
            )
        except AWAY as error:
            raise StateUnavailable from error
        return {run.workflow_id: state_of(run.status) for run in found}

    async def go_on(self, run: str) -> bool:
        """Have it executed by whoever serves. One that ended, well or in error, is rewound to its last step, whose
        earlier ones are kept; a rewind drops unread signals, and the steps ask for the truth anyway. False: there is no
        such run. Raises StateUnavailable."""
        if self._client is None:
            return False
        try:
            found = await self._client.list_workflows_async(workflow_ids=[run], load_input=False, load_output=False)
            if not found:
                return False
            if found[0].status in ("SUCCESS", "ERROR"):
                steps = await self._client.list_workflow_steps_async(run)
                last = max((step["function_id"] for step in steps), default=1)
                await self._client.rewind_workflow_async(run, start_step=max(1, last))
            else:
                await self._client.resume_workflow_async(run)
        except AWAY as error:
            raise StateUnavailable from error
        return True

    def close(self) -> None:
        if self._client is not None:
            self._client.destroy()
