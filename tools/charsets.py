#!/usr/bin/python3
"""Writes src/format/charset_tables.h: what the bytes 0x80-0xff of each single-byte character set
mean, from Python's codecs. 0 stands for a byte without a meaning.

usage: tools/charsets.py >src/format/charset_tables.h
"""

SETS = """cp437 cp850 cp852 cp855 cp857 cp858 cp862 cp866 cp874 cp1250 cp1251 cp1252 cp1253 cp1254
cp1255 cp1256 cp1257 cp1258 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8
iso8859_10 iso8859_13 iso8859_14 iso8859_15 iso8859_16 koi8_r koi8_u mac_roman mac_cyrillic"""


def code_point(codec, byte):
    try:
        return ord(bytes([byte]).decode(codec))
    except UnicodeDecodeError:
        return 0


def main():
    print("/* Written by tools/charsets.py; do not edit. */")
    print("#ifndef MOX_FORMAT_CHARSET_TABLES_H")
    print("#define MOX_FORMAT_CHARSET_TABLES_H")
    print("\n#include <stdint.h>\n")
    print("/* clang-format off */")
    for name in SETS.split():
        print(f"static const uint16_t {name}[128] = {{")
        points = [code_point(name, byte) for byte in range(0x80, 0x100)]
        for row in range(0, 128, 12):
            print("\t" + "".join(f"0x{p:x}," if p else "0," for p in points[row : row + 12]))
        print("};")
    print("/* clang-format on */\n")
    print("#endif")


main()
