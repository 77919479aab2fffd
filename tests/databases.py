"""Databases that tests use: SQLite files, and a PostgreSQL server of their own where its programs are installed."""

import asyncio
import importlib.util
import itertools
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

USER, PASSWORD = "atomic", "canary-password"


def server_programs():
    """The directory of initdb and pg_ctl, or None."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


def _unprivileged():
    """The server refuses to run as root; another user of this machine then."""
    if os.getuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running(programs):
    """Gives a function from a database's name to its address; the database is made."""
    user = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="atomic-pg-", dir="/tmp"))  # a socket's path must be short
    secret = home / "secret"
    secret.write_text(PASSWORD)
    if user:
        for path in (home, secret):
            shutil.chown(path, user)

    def run(program, *arguments):
        told = subprocess.run([programs / program, *arguments], user=user, cwd=home, capture_output=True, text=True)
        assert told.returncode == 0, told.stdout + told.stderr

    data = home / "data"
    run("initdb", "-D", data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "-E", "UTF8")
    options = f"-c listen_addresses='' -c fsync=off -c max_connections=60 -k {home}"
    run("pg_ctl", "-D", data, "-l", home / "log", "-w", "-o", options, "start")

    def address(name, password=PASSWORD):
        return f"postgresql://{USER}:{password}@/{name}?host={home}"

    try:
        yield (
            address,
            lambda how: run("pg_ctl", "-D", data, "-l", home / "log", "-w", "-o", options, "-m", "immediate", how),
        )
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def server():
    programs = server_programs()
    if programs is None:
        pytest.skip("PostgreSQL: no server (initdb, pg_ctl) on this machine")
    if importlib.util.find_spec("asyncpg") is None:
        pytest.skip("PostgreSQL: asyncpg is not installed")
    with running(programs) as served:
        yield served


FRESH = itertools.count()


def database(server):
    """The address of a new database."""
    import asyncpg

    name = f"profiles_{next(FRESH)}"

    async def make():
        base = await asyncpg.connect(server[0]("postgres"))
        await base.execute(f"CREATE DATABASE {name}")
        await base.close()

    asyncio.run(make())
    return server[0](name)


def execute(where, sqlite, postgres=None):
    """Meddle with what is stored."""
    if "://" not in str(where):
        with closing(sqlite3.connect(where)) as base, base:
            return base.execute(sqlite).fetchall()
    import asyncpg

    async def work():
        base = await asyncpg.connect(where)
        try:
            rows = await base.fetch(postgres)
        finally:
            await base.close()
        return [tuple(row) for row in rows]

    return asyncio.run(work())


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """A store that is not there yet."""
    return tmp_path / "profiles.db" if request.param == "sqlite" else database(request.getfixturevalue("server"))
