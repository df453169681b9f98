"""Files: the key, who may read what, whose they are, and the room on the disk."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from mailguard.doctor.line import Line, fail, ok, warn
from mailguard.doctor.site import Site
from mailguard.store import StoreError
from mailguard.store.crypto import read_key_file

_OTHERS_READ, _OTHERS_WRITE, _OTHERS_ENTER = stat.S_IROTH, stat.S_IWOTH, stat.S_IXOTH
_LOW = 4  # times the reserve: time to act before mail is refused
_LOW_NODES = 0.05


def key(site: Site) -> Iterator[Line]:
    """The key file: there, a key, for its owner alone, not beside what it locks."""
    path = site.config.store.key_file
    try:
        read_key_file(path)
    except StoreError as error:
        yield fail("key", f"{error}.", "Put the saved copy of the key back; a new site makes one by `mailguard init`.")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield fail("key", f"{path} has mode {mode:04o}: others may read or change it.", f"chmod 0400 {path}")
    elif mode & stat.S_IRGRP and path.stat().st_uid != 0:
        yield warn("key", f"{path} has mode {mode:04o}: its group may read it.", f"chmod 0400 {path}")
    else:
        yield ok("key", f"{path} is a key, mode {mode:04o}.")


def permissions(site: Site) -> Iterator[Line]:
    """Who else on this machine may read secrets, pupils' data or the data folder."""
    found = [*_data_folder(site), *_settings(site), *_secrets(site), *_roll_files(site)]
    yield from found or [ok("permissions", "Data folder, roll and secrets are closed to other users.")]


def _data_folder(site: Site) -> Iterator[Line]:
    if site.database_file is None:
        return
    folder = site.database_file.parent
    if not folder.is_dir():
        return  # the store's check says so
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & _OTHERS_WRITE:
        yield fail("permissions", f"Anybody may write in the data folder {folder}.", f"chmod 0700 {folder}")
    elif mode & (_OTHERS_READ | _OTHERS_ENTER):
        yield warn("permissions", f"Other users may look into the data folder {folder}.", f"chmod 0700 {folder}")
    for path in _database_files(site.database_file):
        if stat.S_IMODE(path.stat().st_mode) & (_OTHERS_READ | _OTHERS_WRITE):
            yield fail("permissions", f"Other users may read {path}.", f"chmod 0600 {path}")


def _settings(site: Site) -> Iterator[Line]:
    """Who may write these may switch the guard off."""
    for path, what in ((site.path, "the configuration"), (site.config.policy_file, "the policy")):
        if path.is_file() and path.stat().st_mode & _OTHERS_WRITE:
            yield fail("permissions", f"Anybody may write {what} {path}.", f"chmod o-w {path}")


def _secrets(site: Site) -> Iterator[Line]:
    config = site.config
    wanted = [(listener.private_key, "a private key") for listener in config.receive.listeners]
    wanted.append((config.receive.users, "password hashes"))
    wanted += [(one.secret_file, "the secret of a sign-in") for one in config.console.sign_in]
    if password := site.tables.get("deliver", {}).get("password_file"):
        wanted.append((site.path.parent / password, "a password"))
    if config.store.on_postgres and "@" in config.store.url and ":" in config.store.url.split("@")[0].split("//")[1]:
        wanted.append((site.path, "the password of the database"))
    for path, what in wanted:
        if path is not None and path.is_file() and path.stat().st_mode & (_OTHERS_READ | _OTHERS_WRITE):
            yield fail("permissions", f"Other users may read {path}, which holds {what}.", f"chmod 0640 {path}")


def _roll_files(site: Site) -> Iterator[Line]:
    for one in site.config.roll_sources:
        source = one.path or one.token_file
        if source is None or not source.exists():
            continue
        paths = sorted(source.iterdir()) if source.is_dir() else [source]
        readable = [path for path in paths if path.is_file() and open_to_others(path)]
        if readable:
            what = "the roll" if one.path else "the token of the roll's source"
            yield warn(
                "permissions", f"Every user of this machine may read {what}: {readable[0]}.", f"chmod -R o= {source}"
            )


def owner(site: Site) -> Iterator[Line]:
    """Whose the data is: files of two owners are what a command run as root leaves behind."""
    if site.database_file is None or not site.database_file.parent.is_dir():
        return
    folder = site.database_file.parent
    mine = folder.stat().st_uid
    strange = [path for path in _database_files(site.database_file) if path.stat().st_uid != mine]
    if strange:
        yield fail(
            "owner",
            f"{strange[0]} belongs to {_name(strange[0].stat().st_uid)}, its folder to {_name(mine)}.",
            f"chown {_name(mine)} {folder}/* and run mailguard's commands as {_name(mine)}.",
        )
    key_file = site.config.store.key_file
    if key_file.is_file() and key_file.stat().st_uid not in (0, mine):
        yield fail(
            "owner",
            f"The key file belongs to {_name(key_file.stat().st_uid)}, who can read it; the data is {_name(mine)}'s.",
            f"chown {_name(mine)} {key_file}",
        )
    elif mine != 0 and key_file.is_file():
        status = key_file.stat()
        member = status.st_mode & stat.S_IRGRP and status.st_gid == folder.stat().st_gid
        if status.st_uid != mine and not member and not status.st_mode & _OTHERS_READ:
            yield fail(
                "owner",
                f"{_name(mine)}, whose data this is, cannot read the key file of {_name(status.st_uid)}.",
                f"chown {_name(mine)} {key_file}",
            )
    if os.geteuid() not in (0, mine):
        yield fail(
            "owner",
            f"This runs as {_name(os.geteuid())}, the data belongs to {_name(mine)}.",
            f"Run it again as {_name(mine)} or root.",
        )


def disk(site: Site) -> Iterator[Line]:
    """Room for mail: below the reserve the relay answers 452."""
    if site.database_file is None:
        yield ok("disk", "The database server has its own disk: watch it there.")
        return
    folder = site.database_file.parent
    if not folder.is_dir():
        return
    status = os.statvfs(folder)
    free, total = status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize
    reserve = min(site.config.store.reserve_bytes, total // 8)
    room = f"{free >> 20} MB free under {folder}"
    remedy = "Make room, or shorten [retention]; below the reserve all mail is refused with 452."
    if free < reserve:
        yield fail("disk", f"{room}: less than the reserve of {reserve >> 20} MB, mail is refused.", remedy)
    elif free < _LOW * reserve:
        yield warn("disk", f"{room}: mail is refused below {reserve >> 20} MB.", remedy)
    elif status.f_files and status.f_favail < _LOW_NODES * status.f_files:
        yield warn("disk", f"Few inodes are left under {folder}.", "Remove small files from this file system.")
    else:
        yield ok("disk", f"{room}.")


def open_to_others(path: Path) -> bool:
    """Whether every user of this machine can reach and read a file."""
    way = path.absolute().parents
    return bool(path.stat().st_mode & _OTHERS_READ) and all(folder.stat().st_mode & _OTHERS_ENTER for folder in way)


def _database_files(path: Path) -> list[Path]:
    return [each for each in sorted(path.parent.glob(path.name + "*")) if each.is_file()]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
