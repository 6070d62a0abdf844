"""The job that welcomes those who came together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler import job

from butler_core.feature import Commands

if TYPE_CHECKING:
    from butler_core.welcome.feature import Welcome


class WelcomeCommands(Commands):
    """Welcomes."""

    @property
    def _welcome(self) -> Welcome:
        from butler_core.welcome.feature import Welcome  # noqa: PLC0415 - the feature names its commands

        return self.feature(Welcome)

    @job
    async def welcome_together(self, guild: str) -> None:
        """Welcome those who wait in a guild."""
        await self._welcome.welcome(guild)
