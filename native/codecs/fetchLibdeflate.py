"""Fetches the sources of libdeflate (MIT), which the package `deflate` on PyPI carries, without installing or running it.

usage: fetchLibdeflate.py FOLDER

FOLDER receives libdeflate's own tree, COPYING included. It is filled under another name and renamed, so that it is complete
or absent. The release is pinned by its hash.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

NAME, VERSION = "deflate", "0.9.0"  # libdeflate 1.26
SHA256 = "962e0a6f1ea3a94b900a8ea0ce138fa92bfcbafda5b86367104a259ffcd3462b"

# pip asks a package's build backend for its name and version even where it only downloads. This one stands in for the
# package's, so that nothing of the package runs and no build tools are fetched.
BACKEND = f'''
import pathlib

def prepare_metadata_for_build_wheel(folder, settings=None):
    info = pathlib.Path(folder, "{NAME}-{VERSION}.dist-info")
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n")
    return info.name
'''


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def download(work):
    """Downloads the source archive, checked against its hash, and returns its path."""
    backend, target = os.path.join(work, "backend"), os.path.join(work, "download")
    write(os.path.join(backend, "scikit_build_core", "__init__.py"), "")
    write(os.path.join(backend, "scikit_build_core", "build.py"), BACKEND)
    requirements = os.path.join(work, "requirements.txt")
    write(requirements, f"{NAME}=={VERSION} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", NAME, "--no-build-isolation"]
    command += ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r", requirements, "--dest", target]
    subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, "PYTHONPATH": backend})
    (archive,) = os.listdir(target)
    return os.path.join(target, archive)


def main():
    (folder,) = sys.argv[1:]
    parent = os.path.dirname(folder)
    os.makedirs(parent, exist_ok=True)
    work = tempfile.mkdtemp(prefix=".part-", dir=parent)
    try:
        with tarfile.open(download(work)) as archive:
            archive.extractall(work, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        try:
            os.rename(os.path.join(work, f"{NAME}-{VERSION}", "libdeflate"), folder)
        except OSError:  # another set-up was first: its folder is as good as ours, and in use
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
