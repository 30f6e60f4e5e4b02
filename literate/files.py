"""Files: read a regular file, replace a file in one step, take a lock.

Everything that the tools write goes through this file. It imports only modules that Python has
loaded when it starts, because an unchanged project is recognized with it.
"""

from __future__ import annotations

import errno
import os
import stat

from .exchange import exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from filelock import FileLock

# Temporary files have names that nobody can foresee, and that nobody else gives to files.
_PREFIX = ".literate-"
_SUFFIX = ".tmp"

_LARGEST_FILE = 1 << 30
_LARGEST_STATE_FILE = 1 << 26

# Flags of `os.open` that some systems lack.
_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # a pipe is opened at once, so that nothing hangs
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)


def read_file(path: str | Path, limit: int = _LARGEST_FILE, follows_link: bool = True) -> bytes:
    """All bytes of a regular file that is not larger than `limit`.

    Raises `OSError` if the file cannot be read. This includes files that would never end: pipes,
    sockets and devices. Unless `follows_link`, it includes links, too.
    """
    status = os.stat(path, follow_symlinks=follows_link)
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    if status.st_size > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit:,} bytes", str(path))
    flags = os.O_RDONLY | _BINARY | _NO_WAITING | (0 if follows_link else _NO_LINK)
    with open(os.open(path, flags), "rb") as file:
        return file.read(limit)


def read_state_file(path: str | Path) -> bytes:
    """All bytes of a state file; `OSError` for anything that the tools did not write."""
    return read_file(path, _LARGEST_STATE_FILE, follows_link=False)


# --- where writing is allowed ------------------------------------------------------------------


def real_target(path: Path, inside: Sequence[Path] = (), follows_link: bool = True) -> str:
    """The file that writing to a path would change: all links are followed.

    Raises an `OSError` that names the path if the file lies in none of the folders `inside`. The
    last part of the path is followed only if `follows_link`.
    """
    return _real_target(path, inside, follows_link)[0]


def _real_target(path: Path, inside: Sequence[Path], follows_link: bool) -> tuple[str, str]:
    """The real target, and the folder of `inside` in which it lies, or its own folder.

    The folder `.git` lies in a project, but it is not a part of it.
    """
    if follows_link and os.path.islink(path):
        target = os.path.realpath(path)
    else:
        folder, name = os.path.split(path)
        target = os.path.join(os.path.realpath(folder), name)
    for allowed in inside:
        root = os.path.realpath(allowed)
        parts = target.removeprefix(os.path.join(root, "")).split(os.sep)
        if target.startswith(os.path.join(root, "")) and ".git" not in parts:
            return target, root
    if inside:
        message = f"it leads out of the project through a link, to {target}"
        raise OSError(errno.EPERM, message, str(path))
    return target, os.path.dirname(target)


# --- writing -----------------------------------------------------------------------------------


class ChangedMeanwhileError(OSError):
    """A file no longer has the content that a plan was made from."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EAGAIN, "it was saved while this command ran: run again", str(path))
        self.path = path


def write_atomically(
    path: Path, text: str | bytes, inside: Sequence[Path] = (), follows_link: bool = True
) -> None:
    """Replace a file in one step: after a crash, the file has the old content or the new content.

    The file keeps its mode, and a link stays a link. Missing folders are made. If folders `inside`
    are given, the file must really lie in one of them.
    """
    new = _NewContent(path, text, inside, follows_link)
    try:
        new.take_place()
    finally:
        new.discard()


def write_state_file(path: Path, text: str) -> None:
    """Replace a file of the state folder in one step; a link in its place is not followed."""
    new = _new_state(path, text)
    try:
        new.take_place()
    finally:
        new.discard()


def _new_state(path: Path, text: str) -> _NewContent:
    return _NewContent(path, text, inside=[path.parent.parent], follows_link=False)


def replace_files(
    first: Mapping[Path, tuple[str, str]],
    inside: Sequence[Path],
    state: Mapping[Path, str] | None = None,
    last: Mapping[Path, tuple[str, str]] | None = None,
) -> None:
    """Replace several files: all of them, or none as far as the file system allows this.

    Each file has an old and a new text. If it no longer contains the old one, somebody has saved
    it meanwhile, and a `ChangedMeanwhileError` is raised. "" stands for a file that is missing or
    empty.

    A process that is killed has replaced some of them: those of `first`, then state files (which
    have only a new text), and then those of `last`.
    """
    prepared: list[tuple[_NewContent, str | None]] = []
    try:
        for path, (old, new) in first.items():
            prepared.append((_NewContent(path, new, inside), old))
        for path, new in (state or {}).items():
            prepared.append((_new_state(path, new), None))
        for path, (old, new) in (last or {}).items():
            prepared.append((_NewContent(path, new, inside), old))
        for content, old_text in prepared:
            if old_text is not None:
                content.check_old(old_text)
        for content, old_text in prepared:
            if old_text is None:
                content.take_place()
            else:
                content.take_place_of(old_text)
    finally:
        for content, _ in prepared:
            content.discard()


def delete_file(path: Path, old: str, inside: Sequence[Path]) -> None:
    """Delete a file that contains the text `old`; of a link, the link is deleted."""
    target = real_target(path, inside, follows_link=False)
    _check_content(path, target, old)
    os.unlink(target)


class _NewContent:
    """The new content of a file, in a temporary file beside it, until it takes its place."""

    def __init__(
        self, path: Path, text: str | bytes, inside: Sequence[Path], follows_link: bool = True
    ) -> None:
        self._path = path
        self._inside = inside
        self._target, root = _real_target(path, inside, follows_link)
        folder = os.path.dirname(self._target)
        name = f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"
        self._temporary = os.path.join(folder, name)
        try:
            with open(_create(folder, name, root), "wb") as file:
                file.write(text if isinstance(text, bytes) else _encoded(text))
                _copy_mode(self._target, file.fileno())
        except BaseException as error:
            self.discard()
            self._name_target(error)
            raise

    def check_old(self, old: str) -> None:
        """Raise a `ChangedMeanwhileError` unless the file still contains the text `old`."""
        _check_content(self._path, self._target, old)

    def take_place(self) -> None:
        """Replace the file.

        If its folder was replaced by a link meanwhile, the temporary file is not in the folder to
        which the link leads, so that this fails.
        """
        try:
            os.replace(self._temporary, self._target)
        except OSError as error:
            self._name_target(error)
            raise

    def take_place_of(self, old: str) -> None:
        """Replace the file if it contains the text `old`, or raise a `ChangedMeanwhileError`.

        If somebody saves the file in the last moment, that file gets its place back.
        """
        self.check_old(old)
        if os.path.exists(self._target) and self._exchange():
            if not self._is_replaced(old):
                self._exchange()
                raise ChangedMeanwhileError(self._path)
        else:
            self.take_place()

    def _exchange(self) -> bool:
        """Let the old file and the temporary file change places; False if this cannot be done."""
        try:
            return exchange(self._temporary, self._target)
        except OSError as error:
            self._name_target(error)
            raise

    def _is_replaced(self, old: str) -> bool:
        """Whether the file that was replaced, which is in the temporary place, has this text."""
        try:
            return read_file(self._temporary, follows_link=False) == _encoded(old)
        except OSError:  # a link, or a pipe
            return False

    def discard(self) -> None:
        """Delete the temporary file: the new content, or the old one if they changed places."""
        try:
            os.unlink(self._temporary)
        except OSError:
            pass

    def _name_target(self, error: BaseException) -> None:
        """Let an error name the file: that of a full disk names none, others the temporary file."""
        if isinstance(error, OSError):
            error.filename = self._target
            error.filename2 = None


def _check_content(path: Path, target: str, old: str) -> None:
    try:
        content = read_file(target)
    except FileNotFoundError:
        content = b""
    if content != _encoded(old):
        raise ChangedMeanwhileError(path)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _create(folder: str, name: str, root: str) -> int:
    """A new file in a folder below `root`, as a descriptor; missing folders are made.

    The folders are opened one after the other, so that no link can take the place of one of them
    after it was checked.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NO_LINK
    if os.open not in os.supports_dir_fd:
        os.makedirs(folder, exist_ok=True)
        return os.open(os.path.join(folder, name), flags, 0o666)
    try:
        descriptor = os.open(root, _FOLDER)
    except FileNotFoundError:
        os.makedirs(root, exist_ok=True)
        descriptor = os.open(root, _FOLDER)
    try:
        for part in folder[len(root) :].strip(os.sep).split(os.sep):
            if part:
                inner = _open_folder(part, descriptor)
                os.close(descriptor)
                descriptor = inner
        return os.open(name, flags, 0o666, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _open_folder(name: str, parent: int) -> int:
    """A folder in a folder, as a descriptor; it is made if necessary."""
    try:
        return os.open(name, _FOLDER | _NO_LINK, dir_fd=parent)
    except FileNotFoundError:
        pass
    try:
        os.mkdir(name, dir_fd=parent)
    except FileExistsError:  # another process was faster
        pass
    return os.open(name, _FOLDER | _NO_LINK, dir_fd=parent)


def _copy_mode(source: str, descriptor: int) -> None:
    try:
        mode = stat.S_IMODE(os.stat(source).st_mode)
    except FileNotFoundError:
        return
    if hasattr(os, "fchmod"):  # Windows lacks it
        os.fchmod(descriptor, mode)


def is_temporary(name: str) -> bool:
    """Whether `write_atomically` gave a file this name: `.literate-0123456789abcdef.tmp`."""
    middle = name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    if name != f"{_PREFIX}{middle}{_SUFFIX}":
        return False
    return len(middle) == 16 and set(middle) <= set("0123456789abcdef")


# --- the lock ----------------------------------------------------------------------------------


class Lock:
    """An exclusive lock between processes, held in a `with` statement.

    While the lock is held, its file contains the process id of the owner. `may_have_leftovers` says
    that the last owner did not come to its end, or that nobody knows because the file is new. Then
    there may be temporary files.

    If something else has the name of the file, such as a link or a pipe, the folder is locked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.may_have_leftovers = False

    def __enter__(self) -> Lock:
        os.makedirs(self.path.parent, exist_ok=True)
        fcntl = _import_fcntl()
        if fcntl is None:
            from filelock import FileLock

            self._lock: FileLock | int = FileLock(self.path)
            self._lock.acquire()
            return self
        is_new = not os.path.lexists(self.path)
        descriptor = self._open()
        self._lock = descriptor
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if self._has_file:
                self.may_have_leftovers = is_new or bool(os.read(descriptor, 1))
                os.ftruncate(descriptor, 0)
                self._write_owner(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return self

    def _open(self) -> int:
        """The file of the lock as a descriptor, or the folder if the file is not ours."""
        self._has_file = True
        flags = os.O_RDWR | os.O_CREAT | _NO_LINK | _NO_WAITING
        try:
            descriptor = os.open(self.path, flags, 0o666)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
                raise
        else:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                return descriptor
            os.close(descriptor)
        self._has_file = False
        return os.open(self.path.parent, _FOLDER)

    def _write_owner(self, descriptor: int) -> None:
        try:
            os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        except OSError:  # a full disk: whatever is written next reports it, with its name
            pass

    def __exit__(self, *_: object) -> None:
        if not isinstance(self._lock, int):
            self._lock.release()
            return
        if self._has_file:
            os.ftruncate(self._lock, 0)
        os.close(self._lock)  # this ends the lock


def _import_fcntl() -> ModuleType | None:
    """The module `fcntl`, which Windows lacks.

    The package filelock works everywhere, but its import takes 74 ms, a third of a cold compile.
    """
    try:
        import fcntl
    except ImportError:
        return None
    return fcntl
