"""Every report of test/data/reports is read, and every value in it is the expected one.

The expectations have the names and words of the library they were made for. DMARC, TLS: what is
absent is null, an empty list or a default there, and left out by us.
"""

import ipaddress
import json
import re
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOX = ROOT / "build" / "mox"
DATA = ROOT / "test" / "data" / "reports"


def files(folder):
    return sorted(p for p in (DATA / folder).iterdir() if p.suffix in (".xml", ".eml"))


def parse(kind, path):
    done = subprocess.run([MOX, kind, "parsereportmsg", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def name(path):
    return path.stem


# Our words by theirs.
WORDS = {
    "MailFrom": "mfrom", "Helo": "helo", "Relaxed": "r", "Strict": "s",
    "TrustedForwarder": "trusted_forwarder",
}


def word(theirs):
    return "" if theirs == "Unspecified" else WORDS.get(theirs, theirs.lower())


def dmarc_expected(t):
    """Their value in our form, with "" for what is absent."""
    meta, policy = t["report_metadata"], t["policy_published"]
    return {
        "version": t["version"],
        "report_metadata": {
            **{k: meta[k] or "" for k in ("org_name", "email", "extra_contact_info", "report_id")},
            "date_range": meta["date_range"],
            "error": meta["error"],
        },
        "policy_published": {
            "domain": policy["domain"],
            **{k: word(policy[k]) for k in ("adkim", "aspf", "p", "sp")},
            "testing": policy["testing"],
            "fo": policy["fo"] or "",
        },
        "record": [
            {
                "row": {
                    "source_ip": r["row"]["source_ip"],
                    "count": r["row"]["count"],
                    "policy_evaluated": {
                        **{k: word(r["row"]["policy_evaluated"][k]) for k in ("disposition", "dkim", "spf")},
                        "reason": [
                            {"type": word(x["type_"]), "comment": x["comment"] or ""}
                            for x in r["row"]["policy_evaluated"]["reason"]
                        ],
                    },
                },
                "identifiers": {k: v or "" for k, v in r["identifiers"].items()},
                "auth_results": {
                    "dkim": [
                        {"domain": d["domain"], "selector": d["selector"] or "",
                         "result": word(d["result"]), "human_result": d["human_result"] or ""}
                        for d in r["auth_results"]["dkim"]
                    ],
                    "spf": [
                        {"domain": s["domain"], "scope": word(s["scope"]),
                         "result": word(s["result"]), "human_result": s["human_result"] or ""}
                        for s in r["auth_results"]["spf"]
                    ],
                },
            }
            for r in t["record"]
        ],
    }


def like(expected, got):
    """`got` with only the names that `expected` has, and "" or [] for those that are absent."""
    if isinstance(expected, dict):
        empty = {str: "", list: []}
        return {k: like(v, got[k]) if k in got else empty.get(type(v)) for k, v in expected.items()}
    if isinstance(expected, list):
        return [like(e, g) for e, g in zip(expected, got)] + got[len(expected):]
    return got


@pytest.mark.parametrize("path", files("dmarc-feedback"), ids=name)
def test_dmarc(path):
    theirs = json.loads(path.with_suffix(".json").read_text())
    got = parse("dmarc", path)
    got["version"] = float(got.get("version", 0))
    policy = got["policy_published"]
    policy["testing"] = policy.get("testing") == "y"
    for record in got["record"]:
        for reason in record["row"]["policy_evaluated"]["reason"]:
            if reason["type"] == "sampled_out":  # of RFC 7489, for which they have no word
                reason["type"] = "other"
    expected = dmarc_expected(theirs)
    assert like(expected, got) == expected


# What there is besides: names of RFC 9990 and of RFC 7489 that the expectations do not have.
@pytest.mark.parametrize("file, group, names", [
    ("004.xml", "report_metadata", {"generator": "Example DMARC Aggregate Reporter v1.2"}),
    ("004.xml", "policy_published", {"np": "none", "discovery_method": "treewalk"}),
    ("005.xml", "policy_published", {"pct": 100}),
])
def test_dmarc_more(file, group, names):
    got = parse("dmarc", DATA / "dmarc-feedback" / file)[group]
    assert {k: got[k] for k in names} == names


def tls_compare(value):
    """Addresses have several spellings; counts are 0 and details empty where they are absent."""
    for policy in value["policies"]:
        policy["summary"].setdefault("total-failure-session-count", 0)
        for failure in policy.setdefault("failure-details", []):
            for key in ("sending-mta-ip", "receiving-ip"):
                if key in failure:
                    failure[key] = ipaddress.ip_address(failure[key])
    return value


@pytest.mark.parametrize("path", sorted((DATA / "tlsrpt").iterdir()), ids=lambda p: p.name)
def test_tls(path):
    theirs = json.loads(path.with_suffix(".json").read_text())
    assert tls_compare(parse("tlsrpt", path)) == tls_compare(theirs)


def folded(text):
    return re.sub(r"\s+", " ", text).strip()


def arf_compare(key, theirs, ours):
    """One of their values and ours in the same form."""
    if theirs is None or theirs in ("Unspecified", []):
        return None, ours
    if key == "source_port":
        return theirs, ours or 0
    if key == "arrival_date":
        return theirs, datetime.fromisoformat(ours.replace("Z", "+00:00")).timestamp()
    if key == "reporting_mta":
        return theirs, ours.split(";")[1].strip()
    if key in ("feedback_type", "auth_failure"):
        return theirs.lower(), ours.replace("-", "")
    if key == "original_rcpt_to":  # there may be several
        return [theirs], ours
    if isinstance(theirs, list):
        return [folded(t) for t in theirs], [folded(o) for o in ours]
    return (folded(theirs), folded(ours)) if isinstance(theirs, str) else (theirs, ours)


@pytest.mark.parametrize("path", files("arf"), ids=name)
def test_arf(path):
    theirs = json.loads(path.with_suffix(".json").read_text())
    got = parse("arf", path)
    headers = theirs.pop("headers")
    assert theirs.pop("message") is None
    for key, value in theirs.items():
        want, have = arf_compare(key, value, got.get(key.replace("_", "-")))
        assert have == want, key
    if headers:
        assert folded(got["original-header"]) == folded(headers)
    else:  # they leave it out where the whole message is there
        assert got["original-header"].startswith(("Received: ", "From: ", "DKIM-Signature: "))


@pytest.mark.parametrize("args, error", [
    (("tlsrpt", "dmarc-feedback/100.eml"), "it is a DMARC aggregate report, not a TLS report"),
    (("dmarc", "tlsrpt/rpt01.eml"), "it is a TLS report, not a DMARC aggregate report"),
    (("dmarc", "README.md"), "no report in the message"),
    (("dmarc", "missing.xml"), "No such file or directory"),
])
def test_refused(args, error):
    kind, path = args
    done = subprocess.run([MOX, kind, "parsereportmsg", DATA / path], capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert error in done.stderr
