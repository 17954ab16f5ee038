"""The deploy tasks against a folder of this machine, through real shells.

What is real: the archive that `build.write_archive` writes, tar, links, permissions, the settings
file, curl against an HTTP server. What is not: ssh (a connection that runs locally), the programs
in the archive (shell scripts), systemctl and supervisorctl (scripts that note their arguments).

    python -W ignore::ResourceWarning -m unittest discover -b -s tests/fabfile
"""

import http.server
import os
import pathlib
import pwd
import shutil
import sys
import tarfile
import tempfile
import threading
import unittest
from unittest import mock

from invoke import Config, Context, Exit, UnexpectedExit

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fabfile import build, deploy  # noqa: E402


class LocalConnection(Context):
    """A connection whose host is this machine."""

    def put(self, local, remote):
        shutil.copy(local, remote)


class DeployTest(unittest.TestCase):
    """A host in a temporary folder, and archives to put on it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.base = self.folder / "opt"
        self.config = self.folder / "etc" / "avalon.toml"
        self.calls = self.folder / "calls"
        tools = self.folder / "tools"
        tools.mkdir()
        for name in ("systemctl", "supervisorctl"):
            script(tools / name, f'echo "{name} $*" >> {self.calls}')
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        patch = mock.patch.dict(os.environ, {"PATH": path})
        patch.start()
        self.addCleanup(patch.stop)
        settings = deploy.DEFAULTS | {
            "base": str(self.base),
            "config": str(self.config),
            "state": str(self.folder / "state"),
            "systemd": str(self.folder / "etc" / "avalon-server.service"),
            "supervisor": str(self.folder / "etc" / "avalon.conf"),
            "user": pwd.getpwuid(os.getuid()).pw_name,
            "sudo": False,
            "keep": 3,
            "wait": 0,
        }
        self.c = LocalConnection(Config(overrides={"avalon": settings}))
        self.now = 20260101000000

    def archive(self, version="1.0.0", exit_code=0):
        """An archive whose programs print `version` and exit with `exit_code`."""
        files = {}
        for program in build.PROGRAMS:
            path = self.folder / version / program
            path.parent.mkdir(exist_ok=True)
            text = "# defaults" if program == "avalon-echo-config" else version
            script(path, f'echo "{text}"\nexit {exit_code}')
            files[f"bin/{program}"] = path
        files["LICENSE"] = ROOT / "LICENSE"
        return build.write_archive(self.folder / "dist", f"avalon-{version}-test", files, 0)

    def install(self, version="1.0.0", **options):
        self.now += 1
        release = str(self.now)
        with mock.patch.object(deploy, "release_id", lambda: release):
            deploy.install.body(self.c, archive=str(self.archive(version)), **options)
        return release

    def current(self):
        return os.readlink(self.base / "current")

    def names(self):
        return sorted(os.listdir(self.base / "releases"))


def script(path, body):
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


class Install(DeployTest):
    def test_first_install_makes_release_link_and_settings(self):
        release = self.install()
        self.assertEqual(self.current(), f"releases/{release}")
        server = self.base / "current" / "bin" / "avalon-server"
        self.assertEqual(server.stat().st_mode & 0o777, 0o755)
        self.assertEqual((self.base / "current" / "LICENSE").stat().st_mode & 0o777, 0o644)
        self.assertEqual(self.config.read_text(), "# defaults\n")
        self.assertEqual(self.config.stat().st_mode & 0o777, 0o640)

    def test_second_install_switches_and_keeps_the_settings(self):
        first = self.install("1.0.0")
        self.config.write_text("mine")
        second = self.install("1.0.1")
        self.assertEqual(self.current(), f"releases/{second}")
        self.assertEqual(self.names(), [first, second])
        self.assertEqual(self.config.read_text(), "mine")

    def test_settings_file_given_is_uploaded_where_there_is_none(self):
        given = self.folder / "given.toml"
        given.write_text('LOG_LEVEL = "DEBUG"\n')
        self.install(config=str(given))
        self.assertEqual(self.config.read_text(), 'LOG_LEVEL = "DEBUG"\n')

    def test_old_releases_go_but_the_newest_stay(self):
        made = [self.install(f"1.0.{n}") for n in range(5)]
        self.assertEqual(self.names(), made[2:])

    def test_release_before_the_current_one_stays_with_keep_of_one(self):
        self.c.config.avalon.keep = 1
        made = [self.install(f"1.0.{n}") for n in range(3)]
        self.assertEqual(self.names(), made[1:])

    def test_release_that_still_runs_stays(self):
        made = [self.install(f"1.0.{n}") for n in range(3)]
        deploy.rollback.body(self.c, to=made[0])
        made.append(self.install("1.0.3"))
        self.assertEqual(self.names(), made)

    def test_folders_that_are_no_releases_of_ours_stay(self):
        python = self.base / "releases" / "20140717214022" / "bin"
        python.mkdir(parents=True)
        for n in range(5):
            self.install(f"1.0.{n}")
        self.assertTrue(python.is_dir())

    def test_archive_that_differs_from_its_digest_is_refused(self):
        first = self.install("1.0.0")
        archive = self.archive("1.0.1")
        archive.write_bytes(archive.read_bytes() + b"x")
        with self.assertRaisesRegex(Exit, "is not what"):
            deploy.install.body(self.c, archive=str(archive))
        self.assertEqual(self.current(), f"releases/{first}")

    def test_programs_that_do_not_run_on_the_host_leave_nothing(self):
        first = self.install("1.0.0")
        archive = self.archive("1.0.1", exit_code=127)
        with self.assertRaises(UnexpectedExit):
            deploy.install.body(self.c, archive=str(archive))
        self.assertEqual(self.current(), f"releases/{first}")
        self.assertEqual(self.names(), [first])

    def test_a_host_is_needed(self):
        with self.assertRaisesRegex(Exit, "on which host"):
            deploy.install.body(Context(self.c.config), archive=str(self.archive()))


class Rollback(DeployTest):
    def test_goes_one_release_back_and_again(self):
        first, second, _third = (self.install(f"1.0.{n}") for n in range(3))
        deploy.rollback.body(self.c)
        self.assertEqual(self.current(), f"releases/{second}")
        deploy.rollback.body(self.c)
        self.assertEqual(self.current(), f"releases/{first}")

    def test_goes_to_a_named_release_also_forward(self):
        first, second = (self.install(f"1.0.{n}") for n in range(2))
        deploy.rollback.body(self.c, to=first)
        deploy.rollback.body(self.c, to=second)
        self.assertEqual(self.current(), f"releases/{second}")

    def test_nothing_to_go_back_to_is_an_error(self):
        only = self.install()
        with self.assertRaisesRegex(Exit, f"no release before {only}"):
            deploy.rollback.body(self.c)
        with self.assertRaisesRegex(Exit, "no release 20000101000000"):
            deploy.rollback.body(self.c, to="20000101000000")
        self.assertEqual(self.current(), f"releases/{only}")

    def test_empty_host_is_an_error(self):
        with self.assertRaisesRegex(Exit, "no release before"):
            deploy.rollback.body(self.c)


class Restart(DeployTest):
    def serve(self, answers):
        """An HTTP server that gives `answers` one after the other, the last one for ever."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(200 if answer == "OKOKOK" else 503)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.c.config.avalon.heartbeat = f"http://127.0.0.1:{server.server_port}/avalon/heartbeat"

    def test_waits_for_the_heartbeat_after_systemd(self):
        self.serve(["NONONO", "OKOKOK"])
        self.c.config.avalon.wait = 30
        deploy.restart.body(self.c)
        self.assertEqual(self.calls.read_text(), "systemctl restart avalon-server\n")

    def test_restarts_under_supervisor(self):
        self.serve(["OKOKOK"])
        self.c.config.avalon.manager = "supervisor"
        deploy.restart.body(self.c)
        self.assertEqual(self.calls.read_text(), "supervisorctl restart avalon\n")

    def test_no_heartbeat_is_an_error_that_says_what_came(self):
        self.serve(["NONONO"])
        with self.assertRaisesRegex(Exit, "did not say OKOKOK within 0 s, but: 'NONONO'"):
            deploy.restart.body(self.c)

    def test_unknown_manager_is_an_error(self):
        self.c.config.avalon.manager = "upstart"
        with self.assertRaisesRegex(Exit, "'upstart': expected one of systemd, supervisor"):
            deploy.restart.body(self.c)


class ServiceFiles(DeployTest):
    def test_systemd_unit_names_the_hosts_own_folders(self):
        deploy.systemd.body(self.c)
        unit = pathlib.Path(self.c.config.avalon.systemd).read_text()
        self.assertIn(f"ExecStart={self.base}/current/bin/avalon-server\n", unit)
        self.assertIn(f"AVALON_CONFIG={self.config}\n", unit)
        self.assertIn(f"User={self.c.config.avalon.user}\n", unit)
        calls = "systemctl daemon-reload\nsystemctl enable avalon-server\n"
        self.assertEqual(self.calls.read_text(), calls)

    def test_supervisor_file_names_the_hosts_own_folders(self):
        deploy.supervisor.body(self.c)
        text = pathlib.Path(self.c.config.avalon.supervisor).read_text()
        self.assertIn(f"command = {self.base}/current/bin/avalon-server\n", text)
        self.assertIn(f'STATE_DIRECTORY="{self.folder}/state"\n', text)
        self.assertIn(f"user = {self.c.config.avalon.user}\n", text)
        self.assertTrue((self.folder / "state").is_dir())
        calls = "supervisorctl reread\nsupervisorctl update\n"
        self.assertEqual(self.calls.read_text(), calls)

    def test_files_hold_what_deploy_replaces(self):
        for name in ("avalon-server.service", "avalon-supervisor.conf"):
            text = (deploy.FILES / name).read_text()
            for key in ("base", "config"):
                self.assertIn(deploy.DEFAULTS[key], text, f"{name}: {key}")


class Archive(DeployTest):
    def test_the_same_files_give_the_same_bytes(self):
        first = self.archive().read_bytes()
        second = self.archive().read_bytes()
        self.assertEqual(first, second)

    def test_names_owners_and_modes_are_the_archives_own(self):
        with tarfile.open(self.archive()) as tar:
            entries = {entry.name: entry for entry in tar}
        server = entries["avalon-1.0.0-test/bin/avalon-server"]
        self.assertEqual((server.mode, server.uname, server.mtime), (0o755, "root", 0))
        self.assertEqual(entries["avalon-1.0.0-test/LICENSE"].mode, 0o644)

    def test_programs_are_found_where_cargo_says(self):
        messages = (
            '{"reason":"compiler-artifact","executable":null}\n'
            '{"reason":"compiler-artifact","executable":"/t/x86/release/avalon-scan"}\n'
            '{"reason":"build-finished","success":true}\n'
        )
        expected = {"avalon-scan": pathlib.Path("/t/x86/release/avalon-scan")}
        self.assertEqual(build.executables(messages), expected)


if __name__ == "__main__":
    unittest.main()
