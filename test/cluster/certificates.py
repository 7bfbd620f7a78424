"""A private authority and what a cluster's tests want of it, made by the program `openssl`: certificates of nodes, of
another authority, and one whose time is over.
"""

import os
import subprocess
from dataclasses import dataclass

DOMAIN = "cluster.test"
VALID = ("20200101000000Z", "20991231235959Z")
EXPIRED = ("20200101000000Z", "20200102000000Z")
CONFIGURATION = """
[ca]
default_ca = here
[here]
database = {folder}/index
new_certs_dir = {folder}
serial = {folder}/serial
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
"""


@dataclass(frozen=True)
class Identity:
    """What a node has to show, and whom it believes."""
    certificate: str
    key: str
    ca: str


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr.strip()}")


def name_of(node):
    return f"{node}.{DOMAIN}"


class Authority:
    def __init__(self, folder, name="texlex test"):
        self.folder = folder
        self.ca, self.configuration = f"{folder}/ca.pem", f"{folder}/openssl.cnf"
        os.makedirs(folder)
        with open(self.configuration, "w") as file:
            file.write(CONFIGURATION.format(folder=folder))
        open(f"{folder}/index", "w").close()
        with open(f"{folder}/serial", "w") as file:
            file.write("1000\n")
        openssl("req", "-x509", *self.new_key("ca"), "-subj", f"/CN={name}", "-days", "3650", "-extensions",
                "authority", "-out", self.ca)

    def new_key(self, name):
        return ("-config", self.configuration, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", f"{self.folder}/{name}.key")

    def issue(self, node, dates=VALID, file=None):
        """For the node's name; another `file` where a node has several."""
        file = file or node
        request, certificate = f"{self.folder}/{file}.csr", f"{self.folder}/{file}.pem"
        openssl("req", "-new", *self.new_key(file), "-subj", f"/CN={name_of(node)}", "-addext",
                f"subjectAltName=DNS:{name_of(node)}", "-out", request)
        openssl("ca", "-batch", "-notext", "-config", self.configuration, "-startdate", dates[0], "-enddate", dates[1],
                "-in", request, "-out", certificate)
        return Identity(certificate, f"{self.folder}/{file}.key", self.ca)

    def issue_expired(self, node):
        return self.issue(node, EXPIRED, f"{node}-expired")


def replace(old, new):
    """As an operator does: what is at the old paths is the new in one step each, the certificate last."""
    for path, by in ((old.key, new.key), (old.ca, new.ca), (old.certificate, new.certificate)):
        with open(by, "rb") as file, open(f"{path}.new", "wb") as copy:
            copy.write(file.read())
        os.chmod(f"{path}.new", 0o600)
        os.replace(f"{path}.new", path)
