"""What several gateways share over one Redis, opened together: the cache's second layer and the rate budgets. A gateway
that is alone has none of it, and needs no Redis client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.calls.operation.cache import AnswerCache
from gateway.errors import ConfigurationError

if TYPE_CHECKING:
    from gateway.state.rate_ledger import RedisLedger
    from gateway.state.redis_link import RedisLink
    from gateway.state.shared_answers import RedisAnswers


class Shared:
    """`start` once the loop runs; a Redis that does not answer is no reason not to start."""

    def __init__(self, link: RedisLink, answers: RedisAnswers, ledger: RedisLedger) -> None:
        self.link = link
        self.answers = answers
        self.ledger = ledger

    async def start(self) -> None:
        await self.answers.start()

    async def close(self) -> None:
        await self.answers.close()
        await self.link.close()


def open_shared(url: str, local: AnswerCache) -> Shared | None:
    """None without a URL. Raises ConfigurationError for one that makes no sense, or without the Redis client."""
    if not url:
        return None
    try:
        from gateway.state.rate_ledger import RedisLedger
        from gateway.state.redis_link import RedisLink
        from gateway.state.shared_answers import RedisAnswers
    except ModuleNotFoundError as error:
        hint = 'install the Redis client: pip install "headless-commerce-gateway[redis]"'
        raise ConfigurationError(hint, place="gateway.redis") from error
    link = RedisLink(url)
    return Shared(link, RedisAnswers(link, local), RedisLedger(link))
