"""The data of one sandbox: Planfix accounts, Ringostat, the faults and the latency. Knows nothing of HTTP servers."""

from __future__ import annotations

from sandbox.http.faults import Fault, Faults
from sandbox.planfix.account import Account
from sandbox.planfix.vocabulary import UTM_FIELDS
from sandbox.planfix.world import World
from sandbox.ringostat.api import Ringostat

DEFAULT = "default"
DEFAULT_TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but the sandbox


class Sandbox:
    """Any number of Planfix accounts and one Ringostat behind one address. Safe to change while it is served."""

    def __init__(self, *, allow_private_hosts: bool = False, latency: float = 0, world: World | None = None) -> None:
        """`latency`: seconds before each API response. `allow_private_hosts`: accounts fetch files from loopback.
        `world`: how new accounts behave.
        """
        self.url = ""
        """Empty until a server listens."""
        self.latency = latency
        self.allow_private_hosts = allow_private_hosts
        self.world = world or World()
        self.accounts: dict[str, Account] = {}
        self.faults = Faults()
        self.ringostat = Ringostat()

    def open_at(self, url: str) -> None:
        """Sets the address and adds the default account."""
        self.url = url
        if DEFAULT not in self.accounts:
            self.add_account(DEFAULT, token=DEFAULT_TOKEN)

    def account(self, name: str = DEFAULT) -> Account:
        return self.accounts[name]

    def add_account(
        self,
        name: str,
        *,
        token: str,
        language: str = "en",
        timezone: str = "Europe/Kyiv",
        utm_fields: tuple[str, ...] = UTM_FIELDS,
    ) -> Account:
        """Adds an account with telephony; replaces an account of the same name."""
        account = Account.telephony(name, token, language=language, timezone=timezone, utm_fields=utm_fields)
        account.allows_private_hosts = self.allow_private_hosts
        account.enter(self.world)
        account.url = self.url if name == DEFAULT else f"{self.url}/a/{name}"
        self.accounts[name] = account
        return account

    def put(self, account: Account) -> Account:
        """Serves this account in the place of the one with its name."""
        self.accounts[account.name] = account
        return account

    def add_fault(self, fault: Fault) -> None:
        self.faults.add(fault)

    def clear_faults(self) -> None:
        self.faults.clear()
