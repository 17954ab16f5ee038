"""The build tasks in a repository of two commits, with real git and tar.

What is not real: cargo, a script that tells the version it finds in Cargo.toml and "builds" programs
that print it.
"""

import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest
from unittest import mock

from invoke import Context, Exit

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fabfile import build  # noqa: E402

CARGO = r"""#!/bin/sh
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
target=${CARGO_TARGET_DIR:-$PWD/target}
case $1 in
metadata)
    printf '{"packages":[{"name":"avalon-server","version":"%s"}],"target_directory":"%s"}\n' \
        "$version" "$target"
    ;;
build)
    mkdir -p "$target/release"
    for name in $PROGRAMS; do
        printf '#!/bin/sh\necho %s %s\n' "$name" "$version" >"$target/release/$name"
        printf '{"executable":"%s"}\n' "$target/release/$name"
    done
    ;;
esac
"""


class BuildTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve() / "checkout"
        tools = self.root.parent / "tools"
        tools.mkdir()
        (tools / "cargo").write_text(CARGO, encoding="utf-8")
        (tools / "rustc").write_text("#!/bin/sh\necho 'host: test-triple'\n", encoding="utf-8")
        for tool in tools.iterdir():
            tool.chmod(0o755)
        settings = {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "PROGRAMS": " ".join(build.PROGRAMS),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.com",
        }
        for patch in (mock.patch.dict(os.environ, settings), mock.patch.object(build, "ROOT", self.root)):
            patch.start()
            self.addCleanup(patch.stop)
        os.environ.pop("CARGO_TARGET_DIR", None)
        for name in ("LICENSE", "README.md", "CHANGELOG.md", "docs/a.md", "fabfile/files/b.conf"):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name} of 1.0.0\n", encoding="utf-8")
        (self.root / ".gitignore").write_text("/target\n/dist\n", encoding="utf-8")
        self.git("init", "-q")
        self.commit("1.0.0")
        self.git("tag", "v1.0.0")

    def git(self, *arguments):
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, version):
        (self.root / "Cargo.toml").write_text(f'version = "{version}"\n', encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", version)

    def archives(self):
        return sorted(path.name for path in (self.root / "dist").glob("*.tar.gz"))

    def read(self, archive, inside):
        with tarfile.open(self.root / "dist" / f"{archive}.tar.gz") as tar:
            return tar.extractfile(f"{archive}/{inside}").read().decode()

    def test_local_build_is_named_after_the_commit(self):
        self.commit("1.1.0")
        build.build_local.body(Context())
        name = f"avalon-1.1.0+g{self.git('rev-parse', '--short', 'HEAD')}-test-triple"
        self.assertEqual(self.archives(), [f"{name}.tar.gz"])
        self.assertIn("echo avalon-scan 1.1.0", self.read(name, "bin/avalon-scan"))
        self.assertEqual(self.read(name, "docs/a.md"), "docs/a.md of 1.0.0\n")
        self.assertEqual(self.read(name, "share/b.conf"), "fabfile/files/b.conf of 1.0.0\n")
        note = (self.root / "dist" / f"{name}.tar.gz.sha256").read_text()
        self.assertTrue(note.endswith(f"  {name}.tar.gz\n"), note)
        subprocess.run(
            ["sha256sum", "-c", "--quiet", f"{name}.tar.gz.sha256"], cwd=self.root / "dist", check=True
        )

    def test_local_build_says_when_the_checkout_has_changes(self):
        (self.root / "README.md").write_text("changed\n", encoding="utf-8")
        build.build_local.body(Context())
        self.assertIn(".dirty-test-triple", self.archives()[0])

    def test_released_build_takes_the_tag_and_nothing_newer(self):
        (self.root / "docs" / "a.md").write_text("newer\n", encoding="utf-8")
        self.commit("1.1.0")
        for options in ({}, {"tag": "v1.0.0"}):
            build.build_released.body(Context(), **options)
            self.assertEqual(self.archives(), ["avalon-1.0.0-test-triple.tar.gz"])
        name = "avalon-1.0.0-test-triple"
        self.assertIn("echo avalon-server 1.0.0", self.read(name, "bin/avalon-server"))
        self.assertEqual(self.read(name, "docs/a.md"), "docs/a.md of 1.0.0\n")

    def test_tag_that_names_another_version_is_refused(self):
        self.git("tag", "v2.0.0")
        with self.assertRaisesRegex(Exit, "tag v2.0.0 holds version 1.0.0"):
            build.build_released.body(Context(), tag="v2.0.0")
        self.assertFalse((self.root / "dist").exists())

    def test_program_that_was_not_built_is_named(self):
        with mock.patch.dict(os.environ, {"PROGRAMS": "avalon-scan avalon-server"}):
            with self.assertRaisesRegex(Exit, "cargo built no avalon-echo-config"):
                build.build_local.body(Context())


if __name__ == "__main__":
    unittest.main()
