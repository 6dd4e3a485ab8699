"""Plays every IMAP script of Apache James (test/data/mpt) that asks for what mox has, with mptplay.py. Where
the answer is another one than James gives, the tables here say why; nothing else may differ, and nothing in
the tables may have become untrue."""

import re

import mptplay
import pytest
from conftest import Mox, end

# Not played: why -> scripts.
LEFT_OUT = {
    "RFC 4314 (ACL) is not offered": [
        "ACLCommandsOnOwner", "ACLCommandsOnOtherUser", "Rights", "ListWithSharedMailbox", "RenameSharedMailbox",
        "SharedMailbox",
        *(f"SharingAccess{rights}" for rights in "L LR LRA LRI LRK LRS LRT LRTE LRW LRX".split()),
        *(f"aclIntegration/ACLIntegration{name}" for name in (
            "RightR WithoutRightR RightL WithoutRightL RightA WithoutRightA RightX WithoutRightX RightK WithoutRightK "
            "RightRE WithoutRightE RightI WithoutRightI RightIS RightIT RightIW RightRS WithoutRightS RightRW "
            "WithoutRightW RightRT WithoutRightT CopyI CopyWithoutI CopyIS CopyWithoutS CopyIW CopyWithoutW CopyIT "
            "CopyWithoutT").split()),
    ],
    "RFC 5464 (METADATA) is not offered": ["Metadata", "MetadataWithLimitation", "MetadataWithBinaryData"],
    "RFC 9208 (QUOTA) is not offered": ["Quota"],
    "RFC 8508 (REPLACE) is not offered": ["Replace"],
    "RFC 8474 (OBJECTID) is not offered": ["ObjectId"],
    "XLIST is in no RFC; RFC 6154 is what there is": ["XList"],
    "RFC 7162 is offered always; the script wants it switched off": ["CondstoreDisable"],
    "RFC 9051 §6.3.6: a renamed mailbox has a new UIDVALIDITY, so it is not selected any more": ["RenameSelected"],
    "RFC 9051 §9: an auth-type is an atom, not a string as all of the script has it": ["AuthenticatePlain"],
    "it is a part of other scripts, and has no beginning or no tag": [
        "FetchNILSaveDate", "InboxDeleteMessages", "ListSpecialChar", "SelectedStateSetup", "SelectedStateCleanup",
    ],
}

# Answered in another way: why -> script -> lines of the expectations.
DIFFERENT = {
    "RFC 2971 §3.2: ID tells about the server too": {"Id": [21, 29, 33]},
    "RFC 2971 §4: no comma stands between fields": {"Id": [25, 26]},
    "RFC 9051 §7.1 PERMANENTFLAGS: what EXAMINE selects cannot be changed": {
        "AppendExamineInbox": [53, 66], "ExamineReadOnly": [74], "ExamineEmpty": [35, 46, 57]},
    "RFC 9051 §6.3.6, §7.5.1: RENAME of INBOX takes its messages away, which is told": {"AppendExamineInbox": [73]},
    "RFC 9051 §2.3.1.1: uids of INBOX are not given again after RENAME took the messages": {"RenameInbox": [56]},
    "RFC 9051 §6.3.4: NO for a name that cannot be": {"Create": [36]},
    "RFC 3501 §5.1.3: a printing ASCII character is not to be encoded in a name": {"Create": [70, 72, 73, 101, 103]},
    "RFC 9051 §6.3.10: `#` begins no namespace here, there is one": {
        "Create": [77], "ListNamespace": [33, 36], "Namespace": [20]},
    "RFC 9051 §5.1: names may be longer than James lets them be": {"CreateErrorWithLongName": [21, 27]},
    "RFC 9051 §6.3.5: NO [HASCHILDREN] is allowed for a mailbox with others below": {
        "Delete": [37], "ListPercentWildcard": [65, 67, 73]},
    "RFC 9208 (DELETED-STORAGE) is not offered": {"Status": [122, 123, 126, 133, 134]},
    "RFC 8474 (MAILBOXID) is not offered": {"Status": [137, 138, 142, 143, 144, 145, 147]},
    "RFC 4314 (RETURN (MYRIGHTS)) is not offered": {"ListPlus": [54, 55, 57]},
    "RFC 9394 (PARTIAL) is not offered": {
        "FetchPartial": [67, 68, 69], "SearchAtoms": [1929, 1930, 1933, 1934, 1937, 1938, 1941, 1942, 1945, 1946]},
    "RFC 9051 §7.5.1: who was not told of a message has no number for it": {"ConcurrentExistsResponse": [96, 98, 108]},
    "RFC 9051 §7.1 CLOSED: a mailbox that is removed is not selected any more; no need for BYE": {
        "ConcurrentDeleteSelected": [63]},
    "RFC 9051 §7.5.2: items of FETCH have no order; the script has FLAGS in front": {
        "ConcurrentExpungeUIDToMSNMapping": [116, 137], "ConcurrentAppendUIDToMSNMapping": [124]},
    "RFC 9051 §9: FETCH asks for one item at least": {
        "FetchSimpleBodyStructure": [93, 94, 95, 96], "FetchMultipartBodyStructure": [210, 211, 212],
        "FetchStructureComplex": [782, 783, 784, 785, 786, 787, 788]},
    "RFC 9051 §9: ALL, FULL and FAST stand without parentheses": {"FetchSingleMessage": [158, 159, 163, 164, 168, 169]},
    "RFC 9051 §9: a location is a string as written; James takes comments and folds out of it": {
        "FetchMultipartBodyStructure": [686]},
    "RFC 6657 §3: text/html has no default character set": {"FetchStructureComplex": [3110, 3111]},
    "RFC 9051 §6.4.9: a uid that does not exist is ignored without any error": {"MoveNoMSG": [39]},
    "RFC 9051 Appendix E 12: nothing is \\Recent, nothing NEW, everything OLD": {
        "Recent": [46], "SearchAtoms": [1706, 1721, 1727], "UidSearchAtoms": [2068, 2083, 2089]},
    "RFC 9051 §6.4.4 BODY: the header of a message within is in the body too": {
        "SearchAtoms": [1616], "UidSearchAtoms": [1978]},
    "RFC 9051 §6.4.4.1: with SAVE alone there is no SEARCH response": {"SearchOptionSave": [52]},
    "a failed login is answered late rather than with BYE": {"LoginThreeStrikes": [30]},
    "RFC 9051 §7.1 PERMANENTFLAGS: no need to repeat it for a new keyword": {"UserFlagsSupport": [48, 75]},
    "RFC 9051 §7.5.1: what else changed is told with the next command that leaves message numbers free": {
        "UserFlagsSupport": [47]},
    "UIDVALIDITY as it was on the day that the script was recorded": {
        "PeekMultipartAlternative": [28, 70, 162], "PeekMultipartMixed": [28, 76, 187],
        "PeekMultipartMixedComplex": [27, 132, 571]},
}


def all_groups():
    left_out = {name for names in LEFT_OUT.values() for name in names}
    return [(name, before) for name, before in mptplay.groups() if name not in left_out]


def touches_inbox(name):
    """The uids of Inbox count on for as long as the account lives."""
    return re.search(r"(?i)(SELECT|EXAMINE|APPEND|RENAME) inbox", (mptplay.SCRIPTS / f"{name}.test").read_text("latin-1"))


@pytest.fixture(scope="module")
def asked():
    """What came unasked in all scripts."""
    return {"played": 0, "responses": []}


@pytest.mark.parametrize("name,before", all_groups(), ids=lambda x: x.replace(" ", ""))
def test_script(mox, tmp_path, asked, name, before):
    server = Mox(tmp_path / "mox").start() if touches_inbox(name) else mox
    player = mptplay.play(server, name, before)
    if server is not mox:
        end(server)
    known = {line for scripts in DIFFERENT.values() for line in scripts.get(name, [])}
    assert {line: player.different[line] for line in player.different.keys() - known} == {}
    assert known - player.different.keys() == set()
    asked["played"] += 1
    asked["responses"] += player.unasked


def test_tables_are_true(asked):
    """Each entry is about a script that is there, and each rule is needed by one that is played."""
    scripts = {p.relative_to(mptplay.SCRIPTS).with_suffix("").as_posix() for p in mptplay.SCRIPTS.rglob("*.test")}
    left_out = [name for names in LEFT_OUT.values() for name in names]
    played = {name for name, _ in all_groups()}
    assert len(left_out) == len(set(left_out))
    assert scripts - played - set(left_out) == set()
    assert set(left_out) <= scripts and {name for of in DIFFERENT.values() for name in of} <= played
    steps = [step for name in played for step in mptplay.read(mptplay.SCRIPTS / f"{name}.test")]
    sent = [line for step in steps for line in step.sent]
    expected = [e.text for step in steps for e in step.expected]
    for pattern, _, why in mptplay.SENT:
        assert any(re.search(pattern, line) for line in sent), (pattern, why)
    for pattern, _, why in mptplay.EXPECTED:
        assert any(re.search(pattern, text) for text in expected), (pattern, why)
    if asked["played"] == len(all_groups()):
        for pattern, why in mptplay.UNASKED:
            assert any(re.match(pattern, response) for response in asked["responses"]), (pattern, why)
