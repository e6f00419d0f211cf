"""Which memo a field uses under graphql-core: the operation's, the mutation frame's, or the subscription event's."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo, OperationType

from gateway.execution.memo.memo import Memo


def frame(info: GraphQLResolveInfo[Any]) -> Memo:
    """The memo of the frame this field belongs to. A mutation's root fields are serial and each must read what the one
    before wrote, so each has a memo of its own; running the operation again over the memos does nothing twice."""
    memo: Memo = info.context.memo
    kind = info.operation.operation
    if kind is OperationType.QUERY:
        return memo
    if kind is OperationType.SUBSCRIPTION:
        return memo.event(info.root_value)
    path = info.path
    while path.prev is not None:
        path = path.prev
    return memo.frame(path.key)
