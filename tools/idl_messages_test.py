"""What idl_messages.py refuses, and that it says where."""
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import idl_messages  # noqa: E402

BAD = [
    ('no prefix', 'struct a\n\tx u8\n', ':1: expected enum, struct or call'),
    ('unknown type', 'prefix p\nstruct a\n\tx u128\n', ':3: unknown type: u128'),
    ('used before defined', 'prefix p\nstruct a\n\tx b\nstruct b\n\ty u8\n', ':3: unknown type: b'),
    ('contains itself', 'prefix p\nstruct a\n\tx a\n', ':3: unknown type: a'),
    ('no maximum', 'prefix p\nstruct a\n\tx str\n', ':3: unknown type: str'),
    ('list of lists', 'prefix p\nstruct a\n\tx list(list(u8, 2), 2)\n', ':3: unknown type'),
    ('optional list', 'prefix p\nstruct a\n\tx opt(list(u8, 2))\n', ':3: unknown type'),
    ('list of nothing', 'prefix p\nstruct e\nstruct a\n\tx list(e, 2)\n', ':4: a list needs items'),
    ('field twice', 'prefix p\nstruct a\n\tx u8\n\tx u8\n', ':4: x is there twice'),
    ('name twice', 'prefix p\nstruct a\n\tx u8\nstruct a\n\ty u8\n', ':end: a is defined twice'),
    ('keyword', 'prefix p\nstruct a\n\tint u8\n', ':3: bad name: int'),
    ('empty enum', 'prefix p\nenum a\n', ':end: enum a needs'),
    ('value twice', 'prefix p\nenum a\n\tx\n\tx\n', ':4: x is taken'),
    ('no reply', 'prefix p\ncall a\n\trequest\n', ':end: call a needs request and reply'),
    ('request twice', 'prefix p\ncall a\n\trequest\n\trequest\n', ':4: expected request or reply'),
    ('too many descriptors', 'prefix p\ncall a\n\trequest fds(9)\n', ':3: expected request or reply'),
    ('too deep', 'prefix p\nstruct a\n\t\tx u8\n', ':3: unexpected line'),
    ('too large', 'prefix p\nstruct a\n\tx list(bytes(65536), 65536)\n', ':end: a may become larger'),
]


class Refuses(unittest.TestCase):
    def test_bad(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'x.idl')
            for name, text, want in BAD:
                with self.subTest(name):
                    with open(path, 'w', encoding='utf-8') as f:
                        f.write(text)
                    with self.assertRaises(SystemExit) as got:
                        idl_messages.generate(path, os.devnull, os.devnull)
                    self.assertIn('x.idl' + want, str(got.exception))


if __name__ == '__main__':
    unittest.main()
