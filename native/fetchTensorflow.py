"""Fetches TensorFlow's libraries and headers from its Python wheel, without installing Python packages.

usage: fetchTensorflow.py PACKAGE VERSION FOLDER [--cuda]

FOLDER receives `tensorflow/` (two libraries and the headers) and, with --cuda, `nvidia/` (the CUDA libraries, which
TensorFlow looks for beside itself). It is filled under another name and renamed, so that it is complete or absent.
"""

import glob
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

# Parts of the headers that no kernel of ours includes: a third of the bytes.
UNUSED = ("external/llvm-project", "external/stablehlo", "external/envoy_api", "external/boringssl")


def say(text):
    print(text, file=sys.stderr, flush=True)


def platforms():
    machine = platform.machine()
    if sys.platform == "darwin":
        return [f"macosx_{major}_0_{machine}" for major in range(11, 16)]
    return [f"manylinux_2_{minor}_{machine}" for minor in (17, 24, 27, 28)] + [f"manylinux2014_{machine}"]


def download(requirement, folder, any_python=False):
    """Downloads one wheel (no dependencies) and returns its path. TensorFlow's C++ parts are the same for any Python."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", folder]
    if not any_python:
        command += ["--implementation", "cp", "--python-version", "311", "--abi", "cp311"]
    for name in platforms():
        command += ["--platform", name]
    before = set(os.listdir(folder))
    subprocess.run(command + [requirement], check=True)
    (wheel,) = set(os.listdir(folder)) - before
    return os.path.join(folder, wheel)


def wanted(name):
    if re.fullmatch(r"tensorflow/libtensorflow_(cc|framework)\.(so\.2|2\.dylib)", name):
        return True
    inside = name.removeprefix("tensorflow/include/")
    return inside != name and not inside.startswith(UNUSED)


def unpack(wheel, target, keep):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if keep(entry.filename):
                archive.extract(entry, target)


def cuda_requirements(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(metadata).decode()
    found = re.findall(r"^Requires-Dist: (nvidia-[^;]+);.*and-cuda", text, re.MULTILINE)
    return [re.sub(r"[\s()]", "", requirement) for requirement in found]


def install(content, folder):
    """Another set-up may have been first: its folder is as good as ours, and in use."""
    if not glob.glob(os.path.join(folder, "tensorflow", "libtensorflow_framework.*")):
        shutil.rmtree(folder, ignore_errors=True)  # damaged: the set-up asked for it although it is there
    try:
        os.rename(content, folder)
    except OSError:
        if not os.path.isdir(folder):
            raise


def main():
    package, version, folder = sys.argv[1:4]
    parent = os.path.dirname(folder)
    os.makedirs(parent, exist_ok=True)
    work = tempfile.mkdtemp(prefix=".part-", dir=parent)
    try:
        say(f"downloading {package} {version} (about {600 if '--cuda' in sys.argv else 274} MB) ...")
        wheel = download(f"{package}=={version}", work)
        say("unpacking its libraries and headers ...")
        content = os.path.join(work, "content")
        unpack(wheel, content, wanted)
        if "--cuda" in sys.argv:
            for requirement in cuda_requirements(wheel):
                say(f"downloading {requirement} ...")
                unpack(download(requirement, work, any_python=True), content, lambda name: name.startswith("nvidia/"))
        install(content, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
