"""Release binaries, as dist/avalon-<version>-<target>.tar.gz with its sha256 beside it.

In: this checkout (`build.local`) or a tag of it (`build.released`). Out: an archive that holds
bin/, docs/, share/ (service files) and the licence, which `deploy.install` puts on a host. The
same sources and compiler give the same bytes of archive around the binaries: names are sorted,
owners are root, times are the commit's.
"""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path
from shlex import quote

from invoke import Exit, task

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("avalon-scan", "avalon-server", "avalon-echo-config")


def local(c, command, cwd=None, **options):
    """Run a command on this machine, in ROOT or `cwd`, also where `c` is a connection to another."""
    run = getattr(c, "local", c.run)
    return run(f"cd {quote(str(cwd or ROOT))} && {command}", in_stream=False, **options)


@task(name="local")
def build_local(c):
    """Build release binaries and archive from this checkout, named after its commit."""
    commit = local(c, "git describe --always --dirty=.dirty --exclude '*'", hide=True).stdout.strip()
    time = int(local(c, "git log -1 --format=%ct", hide=True).stdout)
    package(c, ROOT, f"+g{commit}", time)


@task(name="released", help={"tag": "a tag such as v1.0.0; the latest before HEAD if not given"})
def build_released(c, tag=None):
    """Build release binaries and archive from a tag, without what the checkout has since."""
    if not tag:
        tag = local(c, "git describe --tags --abbrev=0 --match 'v*'", hide=True).stdout.strip()
    time = int(local(c, f"git log -1 --format=%ct {quote(tag)}", hide=True).stdout)
    # Always the same folder: its path is in the binaries' line tables, and crates that did not
    # change need no second build.
    sources = ROOT / "target" / "released" / "source"
    shutil.rmtree(sources, ignore_errors=True)
    sources.mkdir(parents=True)
    local(c, f"git archive --format=tar {quote(tag)} | tar -x -C {quote(str(sources))}")
    found = workspace(c, sources)["version"]
    if tag != f"v{found}":
        raise Exit(f"tag {tag} holds version {found}: the two must agree")
    package(c, sources, "", time)


def package(c, sources, suffix, time):
    """Build `sources` and write the archive; prints its path."""
    found = workspace(c, sources)
    command = "cargo build --release --locked --bins --message-format=json-render-diagnostics"
    env = {"CARGO_TARGET_DIR": found["target"]}
    messages = local(c, command, sources, hide="stdout", env=env).stdout
    built = executables(messages)
    missing = sorted(set(PROGRAMS) - set(built))
    if missing:
        raise Exit(f"cargo built no {', '.join(missing)}")
    name = f"avalon-{found['version']}{suffix}-{host_triple(c)}"
    files = {f"bin/{program}": built[program] for program in PROGRAMS}
    files |= {name: sources / name for name in ("LICENSE", "README.md", "CHANGELOG.md")}
    for folder, inside in (("docs", "docs"), ("fabfile/files", "share")):
        for path in (sources / folder).rglob("*"):
            if path.is_file():
                files[f"{inside}/{path.relative_to(sources / folder)}"] = path
    archive = write_archive(ROOT / "dist", name, files, time)
    print(archive)
    return archive


def workspace(c, sources):
    """The version that `sources` hold, and the folder to build them in."""
    command = "cargo metadata --format-version 1 --no-deps --locked"
    text = local(c, command, sources, hide="stdout").stdout
    metadata = json.loads(text)
    versions = {p["name"]: p["version"] for p in metadata["packages"]}
    target = metadata["target_directory"] if sources == ROOT else str(sources.parent)
    return {"version": versions["avalon-server"], "target": target}


def executables(messages):
    """Program name -> path, from what cargo prints with --message-format=json."""
    found = {}
    for line in messages.splitlines():
        if line.startswith("{"):
            path = json.loads(line).get("executable")
            if path:
                found[Path(path).name] = Path(path)
    return found


def host_triple(c):
    """The target that rustc builds for by itself, such as x86_64-unknown-linux-gnu."""
    for line in local(c, "rustc -vV", hide=True).stdout.splitlines():
        if line.startswith("host: "):
            return line.removeprefix("host: ")
    raise Exit("rustc -vV names no host")


def write_archive(folder, name, files, time):
    """Write `<folder>/<name>.tar.gz` and its `.sha256`; `files` is name inside -> path."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for inside in sorted(files):
            entry = tarfile.TarInfo(f"{name}/{inside}")
            data = files[inside].read_bytes()
            entry.size, entry.mtime = len(data), time
            entry.mode = 0o755 if inside.startswith("bin/") else 0o644
            entry.uname = entry.gname = "root"
            tar.addfile(entry, io.BytesIO(data))
    archive = folder / f"{name}.tar.gz"
    archive.write_bytes(gzip.compress(raw.getvalue(), mtime=time))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    Path(f"{archive}.sha256").write_text(f"{digest}  {archive.name}\n", encoding="ascii")
    return archive
