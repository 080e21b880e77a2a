"""A ZIP of pictures, without trusting the ZIP.

Nothing is ever unpacked to the disk. What a ZIP says of itself is not believed: its members are
counted before their list is read, and none is read further than the limits go.
"""

from __future__ import annotations

import io
import re
import stat
import zlib
from functools import partial
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from digitcore.own.pictures import Unreadable, read_pictures
from digitcore.own.reading import MEGA, Found, Limits, Tell, say_nothing
from digitcore.own.store import Refused
from digitcore.own.told import shown

ORIGIN = "ZIP of pictures"
JUNK = {"__macosx", ".ds_store", "thumbs.db", "desktop.ini"}  # what systems add of their own
JUNK |= {"index.csv"}  # and what the gallery adds to the pictures that it gives away
FILES = (".csv", ".tsv", ".npy", ".npz", ".gz", "ubyte")
"""What else than pictures may lie in a ZIP, as it is handed round."""
LINE = b"PK\x01\x02"  # begins each line of a ZIP's list
LOCKED = 0x1
DAMAGE = (BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError, RuntimeError)


def read_zip(data: bytes, limits: Limits, tell: Tell = say_nothing) -> Found:
    """A ZIP's pictures, labelled by pictures.RULE; there may be none that can be taken.

    Raises Refused for a ZIP that is damaged, that plays tricks or is too large.
    """
    with open_zip(data, limits) as archive:
        members = [member for member in archive.infolist() if not _is_junk(member)]
        files = ((member.filename, partial(read_member, archive, member, limits.member))
                 for member in members)  # fmt: skip
        return read_pictures(files, len(members), ORIGIN, limits, tell)


def files_in(data: bytes, limits: Limits) -> list[tuple[str, bytes]]:
    """The members of a ZIP that holds tables or arrays alone, by their names; of any other none.

    Raises Refused as read_zip, and Unreadable for a member that cannot be unpacked."""
    with open_zip(data, limits) as archive:
        members = [member for member in archive.infolist() if not _is_junk(member)]
        if not members or not all(member.filename.lower().endswith(FILES) for member in members):
            return []
        return [(member.filename, read_member(archive, member, limits.unpacked))
                for member in members]  # fmt: skip


def open_zip(data: bytes, limits: Limits) -> ZipFile:
    """A ZIP that keeps within the limits and plays no tricks. Raises Refused."""
    if data.count(LINE) > limits.members:
        raise Refused(f"The ZIP has more than {limits.members:,} members. Upload a part of it.")
    try:
        archive = ZipFile(io.BytesIO(data))
    except DAMAGE as damage:
        raise Refused("The ZIP is damaged or was cut off. Make it anew.") from damage
    _check_size(archive, len(data), limits)
    for member in archive.infolist():
        _check_path(member)
    return archive


def read_member(archive: ZipFile, member: ZipInfo, most: int) -> bytes:
    """A member of at most `most` bytes. Raises Unreadable."""
    if member.flag_bits & LOCKED:
        raise Unreadable("It is locked with a password. Pack it without one.")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # others unpack without a bound
        raise Unreadable("It is packed in an unusual way. Make an ordinary ZIP.")
    if member.file_size > most:
        raise Unreadable(f"It has more than the {most / MEGA:,.0f} MB that can be read.")
    try:
        with archive.open(member) as file:
            # Asked for all, it would unpack up to a gigabyte before it cuts at the list's size.
            return file.read(member.file_size)
    except DAMAGE as damage:
        raise Unreadable("It is damaged in the ZIP.") from damage


def _check_size(archive: ZipFile, size: int, limits: Limits) -> None:
    """By the list's own sizes: no member is read any further."""
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > limits.unpacked:
        raise Refused(
            f"The ZIP would unpack to {unpacked / MEGA:,.0f} MB, and at most "
            f"{limits.unpacked / MEGA:,.0f} MB are read. Upload a part of it."
        )
    if unpacked > max(limits.free, limits.ratio * size):
        raise Refused(
            f"The ZIP would unpack to {unpacked / size:,.0f} times its size, which digits do not. "
            "It is not read."
        )


def _check_path(member: ZipInfo) -> None:
    path = member.orig_filename.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or re.match("[A-Za-z]:|.*\0", path):
        raise Refused(f"The ZIP names a place outside itself: {shown(path)}. It is not read.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Refused(f"The ZIP holds a link in place of a file: {shown(path)}. It is not read.")


def _is_junk(member: ZipInfo) -> bool:
    *_, name = parts = member.filename.replace("\\", "/").lower().split("/")
    return not name or name.startswith("._") or any(part in JUNK for part in parts)
