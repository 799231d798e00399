#!/usr/bin/env python3
"""Writes corpus.jsonl: requests signed by botocore, which the server's verifier must accept as they are and refuse when anything
of them is changed. Keys and times are fixed, so that every run with the same botocore writes the same file.

    pip install botocore && python3 tests/signatures/make.py

One JSON object a line: method, target (path and query as on the wire), headers in order, body in base64, and what it was signed
with: service, region, instant, whether as a session.
"""

import base64
import datetime
import json
import pathlib
import random
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

USER = Credentials("PILOCORPUSCORPUSCORP", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00")
SESSION = Credentials("PILSCORPUSCORPUSCORP", "c0rpusSecretOfASession/+=c0rpusSecretOf00", "PILT" + "5e" * 32)
HOSTS = ["127.0.0.1:8440", "pilothouse.example", "[::1]:8440"]
REGIONS = ["us-east-1", "eu-north-1", "ap-southeast-2", "local"]
SEGMENTS = ["a", "b c", "~x", "ü東", "a/b", "a+b", "a*b", "a:b@c", "k=v", "!$&'()", "100%", "%41", "-._~", "..x", "x.."]
DOTS = ["", ".", ".."]
TEXTS = ["", "a", "two words", "  led  and   trailed  ", "ü東🚢", "a,b;c", '"quoted  twice"', "a=b&c", "tab\tin it", "x" * 300]
NAMES = ["a", "A", "b", "aa", "a-b", "a.b", "ä", "x y", "k[0]", "+", "~", "filter"]
VALUES = ["", "1", "2", "z", "a b", "ü", "x/y", "x=y", "a&b", "+", "%", "%2F", "~-._", "🚢"]
BODIES = [b"", b"{}", b'{"MaxResults":5}', '{"Comment":"ü東🚢"}'.encode(), b"\x00\xff\r\n", b" " * 50]
OPERATIONS = {
    "ssm": ["AmazonSSM.ListCommands", "AmazonSSM.SendCommand", "Pilothouse.ListUsers", "Pilothouse.PutPolicy"],
    "cloudtrail": ["com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"],
    "sts": [],
}
SAFE = "~!$&'()*+,;=:@-._"

draw = random.Random(20261124)


def path():
    segments = [quote(draw.choice(SEGMENTS), safe=SAFE) for _ in range(draw.randrange(4))]
    for _ in range(draw.choice([0, 0, 1, 2])):
        segments.insert(draw.randrange(len(segments) + 1), draw.choice(DOTS))
    # What ends in dots is not on the list: clients do not agree on it, and send it to nobody.
    if segments and segments[-1] in (".", ".."):
        segments.append("")
    return "/" + "/".join(segments)


def query():
    pairs = [(draw.choice(NAMES), draw.choice(VALUES)) for _ in range(draw.randrange(1, 6))]
    pairs = [(quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in pairs]
    return "&".join(f"{name}={value}" for name, value in pairs)


def headers():
    pairs = []
    for number in range(draw.randrange(4)):
        name = draw.choice([f"x-amz-meta-{number}", f"X-Amz-Meta-{number}", f"x-note-{number}"])
        pairs.append((name, draw.choice(TEXTS)))
        if draw.random() < 0.2:
            pairs.append((name, draw.choice(TEXTS)))
    return pairs


def request(kind):
    """Method, path with query, headers, body, service."""
    if kind == "json":
        service = draw.choice(["ssm", "ssm", "cloudtrail"])
        said = [("X-Amz-Target", draw.choice(OPERATIONS[service])), ("Content-Type", "application/x-amz-json-1.1")]
        return "POST", "/", said + headers(), draw.choice(BODIES), service
    if kind == "form":
        form = draw.choice(
            [b"Action=GetCallerIdentity&Version=2011-06-15", b"Action=AssumeRole&Version=2011-06-15&RoleArn=a%3Ab"]
        )
        said = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
        return "POST", "/", said + headers(), form, "sts"
    if kind == "stream":
        said = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
        return "GET", "/pilothouse/v1/events", said, b"", "ssm"
    method = draw.choice(["GET", "PUT", "DELETE", "POST"])
    target = path() + ("?" + query() if kind == "query" else "")
    return method, target, headers(), draw.choice(BODIES), "ssm"


def signed(number, kind):
    method, target, said, body, service = request(kind)
    region = draw.choice(REGIONS)
    instant = datetime.datetime(2026, 11, 24, 0, 0, 0, tzinfo=datetime.timezone.utc)
    instant += datetime.timedelta(seconds=draw.randrange(86400))
    botocore.auth.get_current_datetime = lambda *_, **__: instant
    as_session = draw.random() < 0.3
    host = draw.choice(HOSTS)
    made = AWSRequest(method=method, url=f"http://{host}{target}", data=body)
    for name, value in said:
        made.headers.add_header(name, value)
    made.headers.add_header("User-Agent", f"corpus/{number}")
    botocore.auth.SigV4Auth(SESSION if as_session else USER, service, region).add_auth(made)
    return {
        "method": method,
        "target": target,
        "headers": [["Host", host]] + [[name, value] for name, value in made.headers.items()],
        "body": base64.b64encode(body).decode(),
        "service": service,
        "region": region,
        "instant": instant.strftime("%Y%m%dT%H%M%SZ"),
        "session": as_session,
    }


def main():
    kinds = ["json"] * 90 + ["form"] * 40 + ["stream"] * 10 + ["path"] * 70 + ["query"] * 90
    lines = [json.dumps(signed(number, kind), ensure_ascii=False) for number, kind in enumerate(kinds)]
    out = pathlib.Path(__file__).with_name("corpus.jsonl")
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} requests signed by botocore {botocore.__version__} in {out}")


if __name__ == "__main__":
    main()
