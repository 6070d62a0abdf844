"""The console on Matrix: rooms, accounts, and a disposable server emptied and filled (LUNA-15, LUNA-17, LUNA-18)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest
from butler_luna_matrix.admin import FILE
from butler_luna_matrix.cli import command
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot
from butler_luna_matrix.testing.living import living, members, toml, users
from click.testing import CliRunner


@pytest.fixture
def admin(synapse: Synapse, unused: Any) -> Person:
    return synapse.person(unused("admin"), admin=True)


@pytest.fixture
def ruled(service: Bot, admin: Person) -> Bot:
    """The host as an application service with an administrator's token."""

    async def token() -> str:
        async with admin:
            return str(admin._token)

    service.set(admin_token=asyncio.run(token()))
    return service


@pytest.mark.spec("LUNA-15")
def test_rooms_are_made_filled_listed_and_left(ruled: Bot, ann: Person, bob: Person, admin: Person) -> None:
    async def main() -> None:
        async with ann, bob, admin, living(ruled) as home:
            said = await home.does(f"create_channel Hall --invite {ann.user} where we meet")
            room = said.removeprefix("Hall is ")
            await ann.join(room)
            await home.does(f"spawn Scout --room {room} You are a scout.")
            assert await home.does(f"add_participant Hall {bob.user} --join") == f"{bob.user} is in Hall"
            shown = await home.does("list_participants Hall")
            for wanted in (f"{ann.user}  ", f"{bob.user}  ", "persona Scout", "the host"):
                assert wanted in shown
            assert room in await home.does("list_channels hall")
            await home.does("send Hall --persona Scout The coast is clear.")
            scout = home.persona("Scout").accounts["matrix"].removeprefix("matrix:")
            assert await ann.heard(room, 1, sender=scout) == ["The coast is clear."]
            await home.does(f"remove_participant Hall {bob.user} --reason spam")
            await home.does("remove_participant Hall scout")
            assert sorted(await members(admin, room)) == sorted([ann.user, ruled.user])
            assert home.persona("Scout").channels == ()
            assert await home.does("add_participant Hall Scout") == "Scout is in Hall"
            assert home.persona("Scout").channels == (f"matrix:{room}",)
            for wrong in ("list_participants Nowhere", "add_participant Nowhere Scout", f"send Nowhere {ann.user}"):
                assert "list_channels lists them" in await home.fails(wrong)

    asyncio.run(main())


@pytest.mark.spec("LUNA-15", "LUNA-10")
def test_accounts_are_made_listed_known_and_deleted_and_no_token_shows(
    ruled: Bot, admin: Person, unused: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        async with admin, living(ruled) as home:
            name = unused("carol")
            said = await home.does(f"create_user {name} Carol of the Hall")
            user, _, password = said.partition(", password ")
            async with Person(ruled.synapse.address, user, password):
                pass
            assert (await users(admin, name))[user]["displayname"] == "Carol of the Hall"
            assert f"{user}  Carol of the Hall" in await home.does(f"list_users {name}")
            assert "displayname  Carol of the Hall" in await home.does(f"who_is {name}")
            assert f"{user} is there already" in await home.fails(f"create_user {name}")
            assert await home.does(f"delete_user {name}") == f"{user} is deactivated"
            assert f"{user} was used before and is deactivated" in await home.fails(f"create_user {name}")
            await home.does("spawn Scout You are a scout.")
            assert "persona  Scout" in await home.does("who_is Scout")
            scout = home.persona("Scout").accounts["matrix"].removeprefix("matrix:")
            assert "despawn Scout" in await home.fails(f"delete_user {scout}")
            assert "the host's own account" in await home.fails(f"delete_user {ruled.user}")
            log = "".join(capfd.readouterr())
            assert password not in log
            assert ruled.settings.admin_token not in log

    asyncio.run(main())


@pytest.mark.spec("LUNA-10", "LUNA-15")
def test_without_an_administrator_it_says_how_to_become_one(service: Bot) -> None:
    async def main() -> None:
        async with living(service) as home:
            said = await home.fails("list_users")
            assert said.startswith("this needs an administrator of the homeserver; run butler matrix admin")
        service.set(admin_token="syt_nonsense")
        async with living(service) as home:
            assert "the administrator's token is not valid any more" in await home.fails("list_users")

    asyncio.run(main())


@pytest.mark.spec("LUNA-10")
def test_an_administrators_login_is_kept_for_this_user_only(service: Bot, admin: Person, unused: Any) -> None:
    class Desk:
        def section(self, table: str, kind: type) -> Any:
            return service.settings

        def folder(self, plugin: str) -> Any:
            folder = service.folder / "data" / plugin
            folder.mkdir(parents=True, exist_ok=True)
            return folder

    password = f"{admin.user[1:].partition(':')[0]}-password"
    done = CliRunner().invoke(command, ["admin", admin.user], obj=Desk(), input=f"{password}\n")
    assert (done.exit_code, password in done.output) == (0, False), done.output
    kept = service.folder / "data" / "luna_matrix" / FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    wrong = CliRunner().invoke(command, ["admin", service.user], obj=Desk(), input="nonsense\n")
    assert "does not administer" in str(wrong.exception)

    async def main() -> None:
        async with living(service) as home:
            assert admin.user in await home.does("list_users admin")

    asyncio.run(main())


SEED = """
[[users]]
name = "{user}"
password = "anns-password"
display = "Ann"

[[rooms]]
name = "Fresh"
members = ["{user}"]
topic = "all new"

[[personas]]
name = "Scout"
prompt = "You are a new scout."
rooms = ["Fresh"]

[[personas]]
name = "Ada"
card = "teacher"
"""


@pytest.mark.spec("LUNA-17")
def test_a_disposable_server_is_emptied_and_seeded_after_a_backup_and_no_other(
    ruled: Bot, ann: Person, admin: Person, unused: Any
) -> None:
    seed = ruled.folder / "seed.toml"
    name = unused("seeded")
    seed.write_text(SEED.format(user=name))
    line = f"purge_and_seed {seed}"

    async def main() -> None:
        async with ann, admin:
            async with living(ruled) as home:
                await home.does("spawn Scout You are an old scout.")
                old = home.persona("Scout").channels[0].removeprefix("matrix:")
                said = await home.fails(f"{line} {ruled.synapse.server_name}")
                assert "butler.test is not listed as disposable" in said
                assert "on butler.test nobody speaks for others" in await home.fails(f"talk ann {old} hello")
                assert home.persona("Scout") is not None
            ruled.set(disposable=("butler.test",))
            async with living(ruled) as home:
                await home.does(f"send {old} the old log")
                assert "[platforms.matrix] disposable" not in await home.fails(f"talk nobody {old} hello")
                for wrong in ("", "localhost"):
                    assert f"type the host's name to go on: {line} butler.test" in await home.fails(f"{line} {wrong}")
                assert home.persona("Scout").prompt == "You are an old scout."
                said = await home.does(f"{line} butler.test")
                assert "seeded: 1 accounts, 1 rooms, 2 personas" in said
                backup = said.splitlines()[0].removeprefix("backup: ")
                assert await asyncio.to_thread(os.path.getsize, backup) > 1000
                scout = home.persona("Scout")
                assert scout.prompt == "You are a new scout."
                (fresh,) = (channel.removeprefix("matrix:") for channel in scout.channels)
                user = ruled.synapse.user_id(name)
                assert set(await members(admin, fresh)) == {user, ruled.user, scout.accounts["matrix"][7:]}
                async with Person(ruled.synapse.address, user, "anns-password") as seeded:
                    await seeded.say(fresh, "Scout, who are you?")
                    await seeded.heard(fresh, 1, sender=scout.accounts["matrix"][7:])
                assert home.persona("Ada").settings["traits"]
                exported = ruled.folder / "log.jsonl"
                await home.does(f"export_log {exported}")
                assert "the old log" not in exported.read_text()
                rooms = await admin.synapse("GET", "v1/rooms", query={"limit": "500"})
                assert old not in [room["room_id"] for room in rooms["rooms"]]

    asyncio.run(main())


@pytest.mark.spec("LUNA-17")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[users]]\nnane = 'x'", "is no seed file"),
        ("nonsense", "is no seed file"),
        ("[[personas]]\nname = 'A'", "A has no prompt"),
        ("[[personas]]\nname = 'A'\nprompt = 'x'\nrooms = ['Hall']", "A lives in Hall, which is no room of the file"),
        ("[[rooms]]\nname = 'Hall'\nmembers = ['ann']", "ann in Hall is no account of the file"),
    ],
)
def test_a_wrong_seed_is_told_before_anything_is_touched(tmp_path: Any, text: str, said: str) -> None:
    from butler import CommandError
    from butler_luna_matrix.seed import read

    path = tmp_path / "seed.toml"
    path.write_text(text)
    with pytest.raises(CommandError, match=said):
        read(path)


@pytest.mark.spec("LUNA-18", "LUNA-14")
def test_a_script_runs_the_whole_life_of_a_server(ruled: Bot, unused: Any) -> None:
    """Users and rooms, two personas, talk, despawn, export, purge and seed; see also the loops of LUNA-12."""
    ruled.set(disposable=("butler.test",))
    name = unused("ann")
    seed, log = ruled.folder / "seed.toml", ruled.folder / "log.csv"
    seed.write_text(SEED.format(user=name))
    script = ruled.folder / "life.txt"
    script.write_text(
        f"""
# the whole life of a disposable server
create_user {name} --password env:ANNS_PASSWORD
create_channel Stage --public
add_participant Stage {name} --join
spawn Romeo --card story
spawn Juliet --card story
add_participant Stage Romeo
add_participant Stage Juliet
list_participants Stage
send Stage --persona Romeo But soft!
talk {name} Stage Juliet, what light is that?
talk {name} Stage --answers 2 Romeo and Juliet, good night
fetch_all Stage
fetch_new Stage
despawn Romeo
list_personas
export_log {log}
rotate_logs
purge_and_seed {seed} butler.test
list_personas
status
exit
"""
    )
    (ruled.folder / "butler.toml").write_text(toml(ruled.settings, host=f'data = "{ruled.folder / "data"}"'))
    done = subprocess.run(
        [sys.executable, "-m", "butler", "console", "--script", str(script)],
        cwd=ruled.folder, env={**os.environ, "ANNS_PASSWORD": "anns-secret"}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seeded: 1 accounts, 1 rooms, 2 personas" in done.stdout
    assert "But soft!" in log.read_text()
    assert "\nJuliet: " in done.stdout
    for secret in ("anns-secret", ruled.settings.admin_token):
        assert secret not in done.stdout + done.stderr
        assert not [path for path in (ruled.folder / "data" / "logs").iterdir() if secret in path.read_text()]
