"""Files come from a server of S3 as from a disk: by Airflow's object storage and a connection of Airflow."""

from __future__ import annotations

import subprocess

import pytest

from support.environments import UV, new_environment
from support.folders import new_folder
from support.process import REPOSITORY, inherited_environment

pytestmark = pytest.mark.package

STORE = ("apache-airflow-providers-amazon[s3fs]==9.39.0", "moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5")
TESTS = ("tests/files/test_import.py", "tests/files/test_cuts.py")
CHOSEN = "s3 and not csv and not xml"


def test_files_are_imported_from_a_bucket() -> None:
    """In an environment of its own: boto3 wants an older python-dateutil than the one that Airflow is pinned with."""
    pins = (REPOSITORY / "requirements.txt").read_text().splitlines()
    with new_folder() as folder:
        (folder / "pins.txt").write_text("\n".join(pin for pin in pins if not pin.startswith("python-dateutil")))
        python = new_environment(folder / "venv")
        install = [UV, "pip", "install", "--quiet", "--python", str(python)]
        subprocess.run([*install, "-r", str(folder / "pins.txt"), *STORE], check=True)
        subprocess.run([*install, "--no-deps", "-e", str(REPOSITORY)], check=True)
        command = [str(python), "-m", "pytest", "-q", *TESTS, "-k", CHOSEN]
        ran = subprocess.run(
            command, cwd=REPOSITORY, env=inherited_environment(), stdout=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 0, ran.stdout
    assert int(ran.stdout.rsplit(" passed", 1)[0].split()[-1]) > 20, ran.stdout
