#!/usr/bin/python3
"""Makes the tables of character sets from Python's codecs, when mox is built.

usage: tools/charsets.py charset_tables.h charset_east_tables.h

The first has what the bytes 0x80-0xff of each single-byte set mean; the second the indexes of the
WHATWG Encoding Standard: what a character's pointer, its number in the set, means. 0 stands for
nothing. Where a codec differs from the standard's index, the index's meaning is in this file.
"""

import sys

SETS = """cp437 cp850 cp852 cp855 cp857 cp858 cp862 cp866 cp874 cp1250 cp1251 cp1252 cp1253 cp1254
cp1255 cp1256 cp1257 cp1258 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8
iso8859_10 iso8859_13 iso8859_14 iso8859_15 iso8859_16 koi8_r koi8_u mac_roman mac_cyrillic"""

# GB18030-2022 where the codec has the edition of 2000: no private use, and a space for GBK's.
GB18030 = """
a3a0: 3000 a6d9: fe10 fe12 fe11 fe13 fe14 fe15 fe16 a6ec: fe17 fe18 a6f3: fe19 a8bc: 1e3f
fe59: 9fb4 fe61: 9fb5 fe66: 9fb6 9fb7 fe6d: 9fb8 fe7e: 9fb9 fe90: 9fba fea0: 9fbb"""

# The one character of four bytes that the edition of 2005 gave away.
GB18030_FOUR = {7457: 0xE7C7}

# HKSCS-2008's additions to the codec's HKSCS-2004; then what HKSCS dropped because Big5 has it.
BIG5 = """
877a: 3875 21d53 2369e 26021 3eec
87a1: 258de 3af5 7afc 9f97 24161 2890d 231ea 20a8a 2325e 430a 8484 9f96 942f 4930 8613 5896 974a 9218
79d0 7a32 6660 6a29 889d 744c 7bc5 6782 7a2c 524f 9046 34e6 73c4 25db9 74c6 9fc7 57b3 492f 544c
4131 2368e 5818 7a72 27b65 8b8f 46ae 26e88 4181 25d99 7bae 224bc 9fc8 224c1 224c9 224cc 9fc9
8504 235bb 40b4 9fca 44e1 2adff 62c1 706e 9fcb
8e69: 7bb8 8e6f: 7c06 8e7e: 7cce 8eab: 7dd2 8eb4: 7e1d 8ecd: 8005 8ed0: 8028 8f57: 83c1 8f69: 84a8
8f6e: 840f 8fcb: 89a6 89a9 8ffe: 8d77 906d: 90fd 907a: 92b9 90dc: 975c 90f1: 97ff 91bf: 9f16
9244: 8503 92af: 5159 515b 515d 515e 92c8: 936e 92d1: 7479 9447: 6d67 94ca: 799b 95d9: 9097
9644: 975d 96ed: 701e 96fc: 5b28 9b76: 7201 9b78: 77d7 9b7b: 7e87 9bc6: 99d6 9bde: 91d4 9bec: 60de
9bf6: 6fb6 9c42: 8f36 9c53: 4fbb 9c62: 71df 9c68: 9104 9c6b: 9df0 9c77: 83cf 9cbc: 5c10 79e3
9cd0: 5a67 9d57: 8f0b 9d5a: 7b51 9dc4: 62d0 9ea9: 6062 9eef: 75f9 9efd: 6c4a 9f60: 9b2e 9f66: 9f17
9fcb: 50ed 9fd8: 5f0c a063: 880f a077: 62ce a0d5: 7468 a0df: 7162 a0e4: 7250
c6cf: 5ef4 c6d3: 65e0 c6d5: 7676 c6d7: 96b6 c6de: 3003 4edd
fa5f: 5029 fa66: 507d fabd: 5305 fac5: 5344 fad5: 537f fb48: 5605 fbb8: 5a77 fbf3: 5e75 fbf9: 5ed0
fc4f: 5f58 fc6c: 60a4 fcb9: 6490 fce2: 6674 fcf1: 675e fdb7: 6c9c 6e1d fdbb: 6e2f fdf1: 716e
fe52: 732a fe6f: 745c feaa: 74e9 fedd: 7809"""


def decode(codec, raw):
    """The code point of a character; 0 if raw is none, or several."""
    try:
        text = bytes(raw).decode(codec)
    except UnicodeDecodeError:
        return 0
    return ord(text) if len(text) == 1 else 0


def column(i, high):
    """The trail byte of column i, where trails are 0x40-0x7e and then from `high`."""
    return 0x40 + i if i < 0x3F else high - 0x3F + i


def patch(index, text, pointer):
    """Changes index by text: a character's bytes and a colon, what it means, and those behind it."""
    for word in text.split():
        if word.endswith(":"):
            at = pointer(*bytes.fromhex(word[:-1]))
        else:
            index[at] = int(word, 16)
            at += 1


def gb18030():
    index = [
        decode("gb18030", (0x81 + row, column(i, 0x80))) for row in range(126) for i in range(190)
    ]
    patch(index, GB18030, lambda lead, trail: (lead - 0x81) * 190 + trail - 0x41 + (trail < 0x7F))
    return index


def gb18030_ranges():
    """The first pointer and code point of each run, of the four-byte characters below U+10000."""
    ranges, last = [], 0
    for pointer in range(39420):
        row, i = divmod(pointer, 1260)
        raw = 0x81 + row // 10, 0x30 + row % 10, 0x81 + i // 10, 0x30 + i % 10
        point = GB18030_FOUR.get(pointer) or decode("gb18030", raw)
        if point != last + 1:
            ranges.append((pointer, point))
        last = point
    return ranges


def big5():
    index = []
    for row in range(126):
        # Signs as Windows has them, else what the Hong Kong supplement has.
        codec = "cp950" if 0xA1 <= 0x81 + row <= 0xA3 else "big5hkscs"
        index += [decode(codec, (0x81 + row, column(i, 0xA1))) for i in range(157)]
    index[5432:5465] = [*range(0x2400, 0x2420), 0x2421]  # pictures of control characters
    patch(
        index,
        BIG5,
        lambda lead, trail: (lead - 0x81) * 157 + trail - (0x40 if trail < 0x7F else 0x62),
    )
    return index


def jis0208():
    """94 rows of JIS X 0208 with NEC's and IBM's characters; beyond them, Shift_JIS alone has IBM's."""
    index = []
    for row in range(60):
        lead = row + (0x81 if row < 0x1F else 0xC1)
        index += [decode("cp932", (lead, column(i, 0x80))) for i in range(188)]
    index[8836:10716] = [0] * 1880  # for private use
    return index


def jis0212():
    index = [decode("euc_jp", (0x8F, 0xA1 + row, 0xA1 + i)) for row in range(94) for i in range(94)]
    patch(index, "a2b7: ff5e", lambda lead, trail: (lead - 0xA1) * 94 + trail - 0xA1)
    return index


def euc_kr():
    return [decode("cp949", (0x81 + row, 0x41 + i)) for row in range(126) for i in range(190)]


def put_table(out, what, kind, name, values):
    """Writes an array, with a comment over it that says what it is."""
    if what:
        print(f"/* {what} */", file=out)
    print(f"static const {kind} {name}[{len(values)}] = {{", file=out)
    for at in range(0, len(values), 12):
        print("\t" + ",".join(f"{v:#x}" if v else "0" for v in values[at : at + 12]) + ",", file=out)
    print("};", file=out)


def put_header(path, put):
    guard = "MOX_FORMAT_" + path.rsplit("/")[-1].upper().replace(".", "_")
    with open(path, "w", encoding="ascii") as out:
        print("/* Made by tools/charsets.py. */", file=out)
        print(f"#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n", file=out)
        put(out)
        print("\n#endif", file=out)


def put_single(out):
    for name in SETS.split():
        put_table(out, "", "uint16_t", name, [decode(name, [byte]) for byte in range(0x80, 0x100)])


def put_east(out):
    index = big5()
    # The second plane is the only one beyond the first: a bit for it, and the code point's low half.
    plane = [0] * (len(index) // 8 + 1)
    for pointer, point in enumerate(index):
        plane[pointer // 8] |= (point >> 17) << pointer % 8
    put_table(out, "gb18030, of two bytes", "uint16_t", "gb18030_index", gb18030())
    print("/* gb18030, of four bytes: runs of pointers and code points */", file=out)
    print("static const struct {\n\tuint16_t pointer, point;\n} gb18030_ranges[] = {", file=out)
    for pointer, point in gb18030_ranges():
        print(f"\t{{{pointer}, {point:#x}}},", file=out)
    print("};", file=out)
    put_table(out, "big5: the low 16 bits", "uint16_t", "big5_index", [p & 0xFFFF for p in index])
    put_table(out, "big5: a bit each, in the second plane", "uint8_t", "big5_plane", plane)
    put_table(out, "jis0208", "uint16_t", "jis0208_index", jis0208())
    put_table(out, "jis0212", "uint16_t", "jis0212_index", jis0212())
    put_table(out, "euc-kr", "uint16_t", "euc_kr_index", euc_kr())


put_header(sys.argv[1], put_single)
put_header(sys.argv[2], put_east)
