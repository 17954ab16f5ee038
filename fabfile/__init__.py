"""Maintainers' commands: check, build and deploy Avalon Music Server.

`fab --list` names the tasks. Those here and in `build` run on this machine; those in `deploy` run
on the host that `-H` names:

    fab clean test build.local
    fab -H api.example.com deploy.install deploy.restart

CI calls the same cargo commands (see .ci/run), and needs nothing of this.
"""

import shutil

from invoke import Collection, task

from . import build, deploy
from .build import ROOT, local


@task
def clean(c):
    """Remove what was built: target/ and dist/."""
    local(c, "cargo clean")
    shutil.rmtree(ROOT / "dist", ignore_errors=True)


@task
def lint(c):
    """Check formatting and lints; a warning is an error."""
    local(c, "cargo fmt --all --check")
    local(c, "cargo clippy --workspace --all-targets --locked -- -D warnings")


@task
def docs(c):
    """Build the crates' documentation; a warning is an error. See target/doc."""
    local(
        c,
        "cargo doc --workspace --no-deps --document-private-items --locked",
        env={"RUSTDOCFLAGS": "-D warnings"},
    )


@task
def test(c):
    """Run all tests, as the README says."""
    local(c, "cargo test --workspace --locked")


ns = Collection(
    clean, lint, docs, test, Collection.from_module(build), Collection.from_module(deploy)
)
ns.configure({"avalon": deploy.DEFAULTS})
