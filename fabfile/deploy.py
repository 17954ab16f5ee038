"""Put an archive of `build` on a host, switch to it, go back, restart.

On the host: `<base>/releases/<timestamp>/bin/...`, and `<base>/current`, a link to one of them
that is replaced in one step, so that there is a whole release at `current` at every moment.
Nothing that runs is touched before `deploy.restart`. Every setting of `DEFAULTS` can be given in a
fabric.yaml beside this folder (`avalon: {base: ...}`).
"""

import hashlib
import re
import time
from pathlib import Path
from shlex import quote

from invoke import Exit, task

from .build import PROGRAMS, ROOT

FILES = Path(__file__).resolve().parent / "files"

DEFAULTS = {
    # Where releases live. The service files in files/ name the same folder.
    "base": "/opt/avalon",
    # How many releases stay on the host; the current one and the one before it always do.
    "keep": 5,
    # The settings file that AVALON_CONFIG names; written by deploy.install where there is none.
    "config": "/etc/avalon/avalon.toml",
    # The user the server runs as, and the folder of its database.
    "user": "avalon",
    "state": "/var/lib/avalon",
    # Whether commands on the host run through sudo.
    "sudo": True,
    # What deploy.restart talks to: systemd or supervisor.
    "manager": "systemd",
    "systemd": "/etc/systemd/system/avalon-server.service",
    "supervisor": "/etc/supervisor/conf.d/avalon.conf",
    # Asked on the host after a restart, and for how many seconds.
    "heartbeat": "http://127.0.0.1:8000/avalon/heartbeat",
    "wait": 120,
}

RELEASE = re.compile(r"\d{14}")


@task(
    help={
        "archive": "dist/avalon-...tar.gz; the newest in dist/ if not given",
        "config": "a settings file to upload where the host has none; the defaults if not given",
    }
)
def install(c, archive=None, config=None):
    """Upload an archive and make it the current release. Does not restart the server."""
    settings = c.config.avalon
    archive = Path(archive) if archive else newest_archive(ROOT / "dist")
    digest = verified_digest(archive)
    release = release_id()
    create_user(c)
    staging = c.run("mktemp -d", hide=True, in_stream=False).stdout.strip()
    try:
        c.put(str(archive), f"{staging}/archive.tar.gz")
        unpack(c, f"{staging}/archive.tar.gz", digest, release)
        write_config(c, release, config, staging)
    finally:
        c.run(f"rm -rf {quote(staging)}", hide=True, in_stream=False)
    _, running = find_releases(c)
    switch(c, release)
    clean_up(c, running)
    print(f"{settings.base}/current is now {release}; deploy.restart starts it")


@task(help={"to": "a release that deploy.releases names; the one before the current if not given"})
def rollback(c, to=None):
    """Make an earlier release the current one. Does not restart the server."""
    releases, current = find_releases(c)
    if to and to not in releases:
        raise Exit(f"no release {to} in {c.config.avalon.base}/releases")
    earlier = [release for release in releases if release < current]
    if not to and not earlier:
        raise Exit(f"no release before {current or 'the first'}: nothing to roll back to")
    release = to or earlier[-1]
    switch(c, release)
    print(f"{c.config.avalon.base}/current is now {release}; deploy.restart starts it")


@task
def releases(c):
    """List the releases on the host, oldest first; a star marks the current one."""
    names, current = find_releases(c)
    for name in names:
        print(f"{'*' if name == current else ' '} {name}")


@task
def restart(c):
    """Restart the server and wait until its heartbeat says OKOKOK."""
    manager = c.config.avalon.manager
    if manager not in RESTART:
        raise Exit(f"avalon.manager is {manager!r}: expected one of {', '.join(RESTART)}")
    on_host(c, RESTART[manager])
    check_heartbeat(c)


@task
def systemd(c):
    """Write the systemd unit, have it started at boot. deploy.restart starts it now."""
    create_user(c)
    upload_text(c, service_file(c, "avalon-server.service"), c.config.avalon.systemd)
    on_host(c, "systemctl daemon-reload\nsystemctl enable avalon-server")


@task
def supervisor(c):
    """Write the program's file for supervisord and have it read; starts what is new."""
    settings = c.config.avalon
    create_user(c)
    user, state = quote(settings.user), quote(settings.state)
    on_host(c, f'install -d -m 0755 -o {user} -g "$(id -gn {user})" {state}')
    upload_text(c, service_file(c, "avalon-supervisor.conf"), settings.supervisor)
    on_host(c, "supervisorctl reread\nsupervisorctl update")


RESTART = {
    "systemd": "systemctl restart avalon-server",
    "supervisor": "supervisorctl restart avalon",
}


# --- what is decided on this machine


def release_id():
    """The name of a release made now: UTC, so that names sort by time."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime())


def newest_archive(dist):
    """The archive in `dist` that was written last."""
    found = sorted(dist.glob("avalon-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise Exit(f"no archive in {dist}: run build.local or build.released first")
    return found[-1]


def verified_digest(archive):
    """The archive's SHA-256, which must be what the file beside it says."""
    note = Path(f"{archive}.sha256")
    for path in (archive, note):
        if not path.is_file():
            raise Exit(f"{path}: no such file")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if note.read_text(encoding="ascii").split()[:1] != [digest]:
        raise Exit(f"{archive} is not what {note.name} says: build it again")
    return digest


def service_file(c, name):
    """A file of files/, with the host's own folders and user in place of the usual ones."""
    text = (FILES / name).read_text(encoding="utf-8")
    for key in ("base", "config", "state"):
        text = text.replace(DEFAULTS[key], c.config.avalon[key])
    for usual in ("User=", "Group=", "user = "):
        text = text.replace(f"{usual}{DEFAULTS['user']}\n", f"{usual}{c.config.avalon.user}\n")
    return text


# --- what is done on the host


def on_host(c, script):
    """Run a shell script on the host, with sudo where the settings say so."""
    if not hasattr(c, "put"):
        raise Exit("on which host? fab -H api.example.com deploy....")
    run = c.sudo if c.config.avalon.sudo else c.run
    return run(f"sh -euc {quote(script)}", hide=True, in_stream=False)


def create_user(c):
    """Have the system user that the server runs as."""
    user, home = quote(c.config.avalon.user), quote(c.config.avalon.state)
    on_host(
        c,
        f"id -u {user} >/dev/null 2>&1 || useradd --system --user-group --no-create-home"
        f" --home-dir {home} --shell /usr/sbin/nologin {user}",
    )


def unpack(c, archive, digest, release):
    """Make `releases/<release>` of an uploaded archive, or nothing at all."""
    folder = f"{c.config.avalon.base}/releases"
    made, part = quote(f"{folder}/{release}"), quote(f"{folder}/.{release}")
    programs = " ".join(f"{part}/bin/{program}" for program in PROGRAMS)
    on_host(
        c,
        f"""
        echo {digest}'  '{quote(archive)} | sha256sum -c --quiet
        mkdir -p {quote(folder)}
        trap 'rm -rf {part}' EXIT
        mkdir {part}
        tar -xzf {quote(archive)} -C {part} --strip-components=1 --no-same-owner
        chmod -R u=rwX,go=rX {part}
        # A program for another machine or an older C library is found here, not after the switch.
        for program in {programs}; do "$program" --version >/dev/null; done
        [ ! -e {made} ]
        mv -T {part} {made}
        """,
    )


def write_config(c, release, config, staging):
    """Have a settings file: never touched where it is, else `config` or the release's defaults."""
    settings = c.config.avalon
    path, user = quote(settings.config), quote(settings.user)
    if config:
        c.put(str(config), f"{staging}/config")
        source = f"cat {quote(staging)}/config"
    else:
        source = quote(f"{settings.base}/releases/{release}/bin/avalon-echo-config")
    # It may hold the password of the database: for root and the server's group only.
    on_host(
        c,
        f"""
        [ ! -e {path} ] || exit 0
        mkdir -p "$(dirname {path})"
        umask 077
        {source} > {path}.part
        chgrp "$(id -gn {user})" {path}.part
        chmod 0640 {path}.part
        mv {path}.part {path}
        """,
    )


def upload_text(c, text, path):
    """Write a file that everyone may read, in one step."""
    path = quote(path)
    on_host(
        c,
        f"""
        mkdir -p "$(dirname {path})"
        printf %s {quote(text)} > {path}.part
        chmod 0644 {path}.part
        mv {path}.part {path}
        """,
    )


def find_releases(c):
    """Names of the releases on the host, oldest first, and the current one or ""."""
    base = quote(c.config.avalon.base)
    found = on_host(
        c,
        f"""
        cd {base} 2>/dev/null || exit 0
        readlink current || echo
        # The Python server's releases have no avalon-server: they are neither kept nor removed.
        for program in releases/*/bin/avalon-server; do
            [ ! -e "$program" ] || echo "$program"
        done
        """,
    ).stdout.splitlines()
    current = Path(found[0]).name if found else ""
    names = [Path(line).parent.parent.name for line in found[1:]]
    return sorted(name for name in names if RELEASE.fullmatch(name)), current


def switch(c, release):
    """Point `current` at a release by rename, which no one can see half done."""
    base = quote(c.config.avalon.base)
    on_host(
        c,
        f"""
        cd {base}
        [ -x releases/{release}/bin/avalon-server ]
        rm -f .current.part
        ln -s releases/{release} .current.part
        mv -fT .current.part current
        """,
    )


def clean_up(c, running):
    """Remove all but the newest releases; the current one and the one `running` before it stay."""
    names, current = find_releases(c)
    keep = max(int(c.config.avalon.keep), 1)
    spared = {*names[-keep:], current, running}
    removed = [quote(f"{c.config.avalon.base}/releases/{n}") for n in names if n not in spared]
    if removed:
        on_host(c, f"rm -rf {' '.join(removed)}")


def check_heartbeat(c):
    """Ask on the host until the answer is OKOKOK; NONONO means that it is loading."""
    url, wait = c.config.avalon.heartbeat, int(c.config.avalon.wait)
    deadline = time.monotonic() + wait
    while True:
        ask = f"curl -sS --max-time 5 {quote(url)} 2>&1"
        asked = c.run(ask, hide=True, warn=True, in_stream=False)
        answer = asked.stdout.strip()
        if asked.ok and answer == "OKOKOK":
            print(f"{url}: {answer}")
            return
        if time.monotonic() >= deadline:
            raise Exit(
                f"{url} did not say OKOKOK within {wait} s, but: {answer!r}\n"
                "Read the server's log; `fab -H ... deploy.rollback deploy.restart` goes back."
            )
        time.sleep(0.5)
