"""A world of its own for the test: it goes on as the first process of new namespaces (network, processes, mounts), so
that whatever it makes there ends with it, however it ends, and nothing outside is touched. Only its control groups and an
empty folder lie outside: those of one that was killed are removed by the next.
"""

import ctypes
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import shares
from server import children_of

SKIPPED = 77 # told to ctest as SKIP_RETURN_CODE
INSIDE = "TEXLEX_CLUSTER_INSIDE" # the pid that this has outside
FOLDER = "TEXLEX_CLUSTER_FOLDER"
FOLDER_PREFIX = "texlex-cluster-"
PR_SET_PDEATHSIG = 1
PROGRAMS = ("ip", "tc", "unshare", "openssl")
NEW_NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation",
                  "private")


def skip(why):
    print(f"SKIPPED: {why}", flush=True)
    raise SystemExit(SKIPPED)


def what_is_missing():
    missing = [each for each in PROGRAMS if not shutil.which(each)]
    if missing:
        return f"no program {' and no '.join(missing)} (Debian: iproute2, util-linux, openssl)"
    if os.geteuid() != 0:
        return "network namespaces need root"
    tried = subprocess.run([*NEW_NAMESPACES, "ip", "link", "add", "type", "veth"], capture_output=True, text=True)
    if tried.returncode:
        return f"no namespaces or no veth pairs may be made here: {tried.stderr.strip()}"
    return None


def python_with_numpy():
    """This one, or Debian's: the client in Python needs numpy."""
    for each in dict.fromkeys((sys.executable, "/usr/bin/python3")):
        if os.path.exists(each) and not subprocess.run([each, "-c", "import numpy"], capture_output=True).returncode:
            return each
    return None


def enter():
    """Returns inside. Outside it waits for what goes on inside, and exits as that does."""
    if INSIDE in os.environ: # the first process of a namespace is sent no signal that it does not handle
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        subprocess.run(["mount", "-t", "tmpfs", "texlex", os.environ[FOLDER]], check=True)
        return
    why = what_is_missing()
    python = None if why else python_with_numpy()
    if why or python is None:
        skip(why or "no Python with numpy (Debian: python3-numpy)")
    shares.remove_abandoned()
    remove_abandoned_folders()
    mounted_at = tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-")
    environment = dict(os.environ, **{INSIDE: str(os.getpid()), FOLDER: mounted_at})
    inside = subprocess.Popen([*NEW_NAMESPACES, python, *sys.argv], env=environment, preexec_fn=end_with_parent)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: tell_inside(inside.pid))
    try:
        status = inside.wait()
    finally:
        inside.kill() # and with it all that is inside
        inside.wait()
        shares.remove_all_of(os.getpid())
        os.rmdir(mounted_at)
    raise SystemExit(status if status >= 0 else 128 - status)


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def tell_inside(pid):
    """To end in order. unshare itself does not listen."""
    for child in children_of(pid):
        os.kill(child, signal.SIGTERM)


def remove_abandoned_folders():
    """What was in them went with their mounts."""
    for path in glob.glob(os.path.join(tempfile.gettempdir(), f"{FOLDER_PREFIX}*-*")):
        owner = os.path.basename(path)[len(FOLDER_PREFIX):].split("-")[0]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            os.rmdir(path)


def folder():
    """In memory, and seen from inside only."""
    return os.environ[FOLDER]


def outer_pid():
    return int(os.environ[INSIDE])
