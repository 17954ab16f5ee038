"""./try with a cargo and programs that are shell scripts: which codes go on, what is passed on.

    python3 -m unittest discover -s tests/try
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Try(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.built = self.folder / "target" / "release"
        self.built.mkdir(parents=True)
        self.music = self.folder / "my music"
        self.music.mkdir()
        self.program("avalon-server", 'echo "server $AVALON_DATABASE_URL on $AVALON_BIND ${AVALON_CONFIG-}"')
        self.scanner(0)

    def program(self, name, body):
        path = self.built / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def scanner(self, code):
        self.program("avalon-scan", f'echo "scan $1 into $AVALON_DATABASE_URL"; exit {code}')

    def run_try(self, *arguments, cargo_code=0, **variables):
        """Runs ./try in the folder, and returns its exit code and what it printed."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        names = ("avalon-scan", "avalon-server")
        lines = [f'{{"features":[],"executable":"{self.built / name}","fresh":true}}' for name in names]
        script = "\n".join(f"echo '{line}'" for line in ['{"executable":null}', *lines])
        cargo = tools / "cargo"
        cargo.write_text(f"#!/bin/sh\n{script}\nexit {cargo_code}\n", encoding="utf-8")
        cargo.chmod(0o755)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AVALON_")}
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [ROOT / "try", *arguments],
            cwd=self.folder,
            env=clean | {"PATH": path} | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    @property
    def url(self):
        return f"sqlite:///{self.folder}/target/try/avalon.sqlite"

    def test_scans_the_folder_by_its_absolute_path_and_serves_it(self):
        for argument in (str(self.music), "my music"):
            code, out, err = self.run_try(argument)
            self.assertEqual(code, 0, err)
            served = f"server {self.url} on 127.0.0.1:8000 \n"
            self.assertEqual(out, f"scan {self.music} into {self.url}\n{served}")
            self.assertIn("curl 'http://127.0.0.1:8000/avalon/songs?query=a&limit=3'", err)

    def test_another_folder_than_the_last_time_may_replace_it(self):
        self.program("avalon-scan", 'echo "options: $2"')
        _code, out, _err = self.run_try(str(self.music))
        self.assertIn("options: --allow-shrink", out)

    def test_takes_the_tests_collection_without_a_folder(self):
        if not (ROOT / "tests/data/library").is_dir():
            self.skipTest("there is no tests/data/library")
        _code, out, _err = self.run_try()
        self.assertIn(f"scan {ROOT}/tests/data/library into", out)

    def test_a_scan_that_skipped_files_is_served(self):
        self.scanner(3)
        code, out, _err = self.run_try(str(self.music))
        self.assertEqual(code, 0)
        self.assertIn("server", out)

    def test_any_other_code_of_the_scan_ends_it(self):
        for expected in (1, 2, 130):
            self.scanner(expected)
            code, out, _err = self.run_try(str(self.music))
            self.assertEqual(code, expected)
            self.assertNotIn("server", out)

    def test_the_servers_code_is_passed_on(self):
        self.program("avalon-server", "exit 1")
        self.assertEqual(self.run_try(str(self.music))[0], 1)

    def test_a_failed_build_ends_it(self):
        code, out, _err = self.run_try(str(self.music), cargo_code=101)
        self.assertEqual((code, out), (101, ""))

    def test_ones_own_database_and_settings_file_are_left_alone(self):
        own = {"AVALON_DATABASE_URL": "sqlite:////own.sqlite", "AVALON_CONFIG": "/own.toml"}
        _code, out, err = self.run_try(str(self.music), **own)
        self.assertNotIn("own", out)
        self.assertIn("are not used here", err)

    def test_other_settings_are_passed_on_and_shown(self):
        settings = {"AVALON_BIND": "127.0.0.1:8080", "AVALON_REQUEST_PATH": "/"}
        _code, out, err = self.run_try(str(self.music), **settings)
        self.assertIn("on 127.0.0.1:8080", out)
        self.assertIn("curl 'http://127.0.0.1:8080/songs?query=a&limit=3'", err)

    def test_what_is_no_folder_is_refused_before_the_build(self):
        for argument, expected in [
            ("/no/such folder", "/no/such folder: no such folder"),
            ("nowhere", f"{self.folder}/nowhere: no such folder"),
            ("", "PATH is empty"),
        ]:
            code, _out, err = self.run_try(argument)
            self.assertEqual(code, 2)
            self.assertIn(expected, err)
            self.assertNotIn("building", err)

    def test_help_and_wrong_usage(self):
        code, out, _err = self.run_try("--help")
        self.assertEqual((code, out.split("\n")[0]), (0, "usage: ./try [PATH]"))
        self.assertEqual(self.run_try("a", "b")[0], 2)


if __name__ == "__main__":
    unittest.main()
