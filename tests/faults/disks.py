"""Disks with little room, and disks that cannot be written: real mounts where this process may mount, else limits."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAGE = 4096


def may_mount(folder: Path) -> bool:
    """Whether this process may mount at all: as root, outside of most containers."""
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True).returncode:
        return False
    subprocess.run(["umount", folder], check=True)
    return True


class SmallDisk:
    """A disk of `size` bytes at `folder`, of which all but some can be taken by a file that is no part of the test."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self._ballast = folder / "ballast"

    def leave(self, room: int) -> None:
        """Fill the disk but for so many bytes."""
        self.free()
        status = os.statvfs(self.folder)
        left = status.f_bavail * status.f_frsize - room
        with self._ballast.open("wb") as file:
            while left > 0:
                left -= file.write(bytes(min(left, 1 << 20)))

    def free(self) -> None:
        """Take the file away."""
        self._ballast.unlink(missing_ok=True)


class LimitedFiles(SmallDisk):
    """Where nothing can be mounted: no file of this process may become longer than the longest there is, and `room`."""

    def leave(self, room: int) -> None:
        longest = max((path.stat().st_size for path in self.folder.rglob("*") if path.is_file()), default=0)
        _limit(longest + room)

    def free(self) -> None:
        _limit(resource.RLIM_INFINITY)


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def small_disk(folder: Path, size: int = 24 << 20) -> Iterator[SmallDisk]:
    """A small disk at `folder`, which is gone with all it held afterwards."""
    if not may_mount(folder):
        limited = LimitedFiles(folder, size)
        try:
            yield limited
        finally:
            limited.free()
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
    try:
        yield SmallDisk(folder, size)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing in the folder can be changed: by a mount, since root passes over permissions, else by permissions."""
    if os.geteuid() == 0 and may_mount(folder.parent / "probe"):
        subprocess.run(["mount", "--bind", folder, folder], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
            yield
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
        return
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            for path, mode in modes.items():
                path.chmod(mode)
