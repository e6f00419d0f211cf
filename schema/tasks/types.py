"""What a person must look at."""

from __future__ import annotations

from datetime import datetime

import strawberry

from gateway.execution import computed, records
from gateway.model.paging import TaskEdge, TaskList
from gateway.model.tasks import Task
from schema.values import PageInfoView


class TaskFact:
    """One fact of a task."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value


@strawberry.type(name="TaskFact", description="One fact of a task: an id, a state, an amount, a count.")
class TaskFactView:
    is_type_of = records(TaskFact)

    name: str = strawberry.field(description="What it is.")
    value: str = strawberry.field(description="Its value, as text.")


@strawberry.type(name="StaffTask", description="Something no program can mend. One per kind and subject while open.")
class StaffTaskView:
    is_type_of = records(Task)

    id: strawberry.ID = strawberry.field(description="Name it to `gateway tasks`. Later ones are greater.")
    kind: str = strawberry.field(description="What is the matter, such as `webhook.set_aside`.")
    subject: str = strawberry.field(description="With what: an order, a payment, a backend.")
    opened: datetime = strawberry.field(name="openedAt", description="When it was met first (UTC).")
    seen: datetime = strawberry.field(name="seenAt", description="When it was met last (UTC).")
    times: int = strawberry.field(description="How often it was met.")
    done: datetime | None = strawberry.field(name="doneAt", description="When it was closed (UTC); null: open.")
    done_by: str | None = strawberry.field(description="Who closed it; null while it is open.")

    @computed(list[TaskFactView], description="What is known of it. Never a person's data.")
    @staticmethod
    def facts(record: Task) -> list[TaskFact]:
        return [TaskFact(name, value) for name, value in record.facts.items()]


@strawberry.type(name="StaffTaskEdge", description="A task in a list, with the position after it.")
class StaffTaskEdgeView:
    is_type_of = records(TaskEdge)

    node: StaffTaskView = strawberry.field(description="The task.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this task.")


@strawberry.type(name="StaffTaskConnection", description="A page of tasks, oldest first.")
class StaffTaskConnectionView:
    is_type_of = records(TaskList)

    @computed(list[StaffTaskView], description="The tasks of this page, without their cursors.")
    @staticmethod
    def nodes(record: TaskList) -> list[Task]:
        return [edge.node for edge in record.edges]

    edges: list[StaffTaskEdgeView] = strawberry.field(description="The tasks of this page, each with its cursor.")
    page_info: PageInfoView = strawberry.field(description="Where this page ends.")
