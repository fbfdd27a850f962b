"""Checks DKIM signatures (RFC 6376, rsa-sha256) against given key records. Written apart from the service's own signer,
so that both would have to be wrong in the same way."""

import base64
import hashlib
import re


class DKIMError(Exception):
    """Why a message has no valid signature."""


def verify(message, records):
    """Checks every RSA signature of a message and gives what they are by, as `selector._domainkey.domain`.

    message: bytes with CRLF. records: the text of each key record by its name.
    Throws DKIMError unless there is at least one and all hold.
    """
    fields, body = split(message)
    signatures = [field for field in fields if name_of(field) == b"dkim-signature"]
    valid = []
    for signature in signatures:
        tags = tag_list(signature.split(b":", 1)[1].decode("ascii"))
        if tags.get("a") != "rsa-sha256":
            continue
        name = f"{tags['s']}._domainkey.{tags['d']}"
        if name not in records:
            raise DKIMError(f"signed by {name}, which is not listed")
        check(signature, tags, fields, body, records[name])
        valid.append(name)
    if not valid:
        raise DKIMError("no rsa-sha256 signature")
    return valid


def check(signature, tags, fields, body, record):
    header_form, _, body_form = tags.get("c", "simple/simple").partition("/")
    if "l" in tags:
        raise DKIMError("the signature covers only a part of the body")
    if hashlib.sha256(canonical_body(body, body_form or "simple")).digest() != decode(tags["bh"]):
        raise DKIMError("the body was changed")
    signed = [name.strip().lower() for name in tags["h"].split(":")]
    if "from" not in signed:
        raise DKIMError("From is not signed")
    rest = list(fields)
    text = b""
    for name in signed:
        for index in range(len(rest) - 1, -1, -1):  # RFC 6376 5.4.2: from the bottom up
            if name_of(rest[index]) == name.encode():
                text += canonical_field(rest.pop(index), header_form) + b"\r\n"
                break
    unsigned = re.sub(rb"([;\s]b\s*=)[^;]*", rb"\1", signature)
    text += canonical_field(unsigned, header_form)
    key = tag_list(record)
    if key.get("p", "") == "":
        raise DKIMError("the listed key is revoked")
    if not rsa_verifies(decode(key["p"]), decode(tags["b"]), text):
        raise DKIMError("the signature is not by the listed key")


def split(message):
    """The fields of the header, still folded and without their last CRLF, and the body."""
    header, _, body = message.partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", header), body


def name_of(field):
    return field.split(b":", 1)[0].strip().lower()


def tag_list(text):
    tags = {}
    for tag in text.split(";"):
        name, equals, value = tag.partition("=")
        if equals:
            tags[name.strip()] = re.sub(r"\s+", "", value)
    return tags


def decode(text):
    return base64.b64decode(text, validate=True)


def canonical_field(field, form):
    """RFC 6376 3.4.1, 3.4.2."""
    if form == "simple":
        return field
    name, _, value = field.partition(b":")
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip().lower() + b":" + value


def canonical_body(body, form):
    """RFC 6376 3.4.3, 3.4.4."""
    lines = body.split(b"\r\n")
    if lines[-1] == b"":
        lines.pop()
    if form == "relaxed":
        lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and lines[-1] == b"":
        lines.pop()
    if not lines:
        return b"" if form == "relaxed" else b"\r\n"
    return b"\r\n".join(lines) + b"\r\n"


def rsa_verifies(public_key, signature, text):
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2.2)."""
    modulus, exponent = rsa_key(public_key)
    length = (modulus.bit_length() + 7) // 8
    if modulus.bit_length() < 1024 or len(signature) != length:
        return False
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(text).digest()
    expected = b"\x00\x01" + b"\xff" * (length - len(digest_info) - 3) + b"\x00" + digest_info
    return pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(length, "big") == expected


def rsa_key(der):
    """Modulus and exponent out of a SubjectPublicKeyInfo (RFC 5280 4.1), or of a bare RSAPublicKey."""
    outer, _ = der_value(der, 0x30)
    if outer[:1] == b"\x30":
        _, rest = der_value(outer, 0x30)
        bits, _ = der_value(rest, 0x03)
        outer, _ = der_value(bits[1:], 0x30)
    modulus, rest = der_value(outer, 0x02)
    exponent, _ = der_value(rest, 0x02)
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def der_value(data, tag):
    """The content of the element at the front, which must have this tag, and what stands behind it."""
    if data[:1] != bytes([tag]):
        raise DKIMError("the listed key is no RSA key")
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    return data[start : start + length], data[start + length :]
