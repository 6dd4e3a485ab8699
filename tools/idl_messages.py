"""Messages between roles: idl/messages.idl -> C structs and the tables that base/wire reads.

A file is tab-indented text. A line that begins with # is a comment; comments directly above
something are carried to C. The first line is `prefix NAME`. Then, each before its use:

    enum NAME               one value a line, numbered from 0; in C, PREFIX_NAME_N is how many
    struct NAME             fields: `name type`
    call NAME               with `request` and `reply`, each followed by fields one tab deeper;
                            `request fds(N)` lets up to N file descriptors ride along

Types: bool u8 u16 u32 u64 i64 str(MAX) bytes(MAX) list(T, MAX) opt(T), or an enum's or struct's
name. str and bytes are the same on the wire; str says that it is text. A list or an optional value
holds neither a list nor an optional value: make a struct of it.

In C: `list(T, MAX) x` is `T *x; size_t x_n`, `opt(T) x` is `bool has_x; T x`.
"""
import os
import re
import sys

INTS = {'bool': ('bool', 1), 'u8': ('uint8_t', 1), 'u16': ('uint16_t', 2),
        'u32': ('uint32_t', 4), 'u64': ('uint64_t', 8), 'i64': ('int64_t', 8)}
NAME = re.compile(r'[a-z][a-z0-9_]*$')
KEYWORDS = {'auto', 'break', 'case', 'char', 'const', 'default', 'do', 'double', 'else', 'enum',
            'extern', 'float', 'for', 'goto', 'if', 'int', 'long', 'register', 'return', 'short',
            'signed', 'static', 'struct', 'switch', 'union', 'unsigned', 'void', 'while', 'bool'}
LIMIT = 1 << 31


class Bad(Exception):
    pass


class Field:
    def __init__(self, name, doc):
        self.name, self.doc = name, doc
        self.shape, self.list_max = 'ONE', 0
        self.kind = self.sub = None
        self.c_type, self.max = '', 0
        self.item = (0, 0)  # smallest and largest size of one value on the wire

    def wire(self):
        low, high = self.item
        if self.shape == 'OPT':
            return 1, 1 + high
        if self.shape == 'LIST':
            return 4, 4 + high * self.list_max
        return low, high


class Struct:
    def __init__(self, name, doc):
        self.name, self.doc, self.fields, self.fds = name, doc, [], 0

    def wire(self):
        sizes = [f.wire() for f in self.fields]
        return sum(s[0] for s in sizes), sum(s[1] for s in sizes)


class Enum:
    def __init__(self, name, doc):
        self.name, self.doc, self.values = name, doc, []


class Call:
    def __init__(self, name, doc):
        self.name, self.doc = name, doc
        self.request = self.reply = None


class Parser:
    """Reads the definition into self.items, in the order of the file."""

    def __init__(self, path):
        self.path, self.number = path, 0
        self.prefix, self.items, self.names = None, [], {}
        self.top = self.part = None
        self.doc = []

    def fail(self, text):
        raise Bad(f'{self.path}:{self.number}: {text}')

    def name(self, word):
        if not NAME.match(word) or word in KEYWORDS:
            self.fail(f'bad name: {word}')
        return word

    def take_doc(self):
        doc, self.doc = self.doc, []
        return doc

    def parse(self):
        with open(self.path, encoding='utf-8') as f:
            for self.number, line in enumerate(f, 1):
                text = line.strip()
                depth = len(line) - len(line.lstrip('\t'))
                if not text:
                    self.doc = []
                elif text.startswith('#'):
                    self.doc.append(text[1:].strip().replace('*/', '* /'))
                else:
                    self.line(depth, text)
        self.number = 'end'
        self.close()
        return self

    def line(self, depth, text):
        if depth == 0:
            self.close()
            self.top_line(text.split())
        elif isinstance(self.top, Enum) and depth == 1:
            self.value(self.name(text))
        elif isinstance(self.top, Struct) and depth == 1:
            self.field(self.top, text)
        elif isinstance(self.top, Call) and depth == 1:
            self.part_line(text)
        elif isinstance(self.top, Call) and depth == 2 and self.part:
            self.field(self.part, text)
        else:
            self.fail('unexpected line')

    def value(self, name):
        if name == 'n' or name in (v for v, _ in self.top.values):
            self.fail(f'{name} is taken')
        self.top.values.append((name, self.take_doc()))

    def top_line(self, words):
        makers = {'enum': Enum, 'struct': Struct, 'call': Call}
        if len(words) == 2 and words[0] == 'prefix' and not self.prefix:
            self.prefix = self.name(words[1])
            self.take_doc()
        elif len(words) == 2 and words[0] in makers and self.prefix:
            self.top = makers[words[0]](self.name(words[1]), self.take_doc())
            self.part = None
        else:
            self.fail('expected enum, struct or call and a name, after one prefix')

    def part_line(self, text):
        m = re.match(r'(request|reply)(?:\s+fds\(([1-8])\))?$', text)
        if not m or getattr(self.top, m[1]):
            self.fail('expected request or reply, once each')
        self.part = Struct(f'{self.top.name}_{m[1]}', self.take_doc())
        self.part.fds = int(m[2] or 0)
        setattr(self.top, m[1], self.part)

    def close(self):
        top, self.top = self.top, None
        if not top:
            return
        if isinstance(top, Call):
            if not top.request or not top.reply:
                self.fail(f'call {top.name} needs request and reply')
            self.check(top.request)
            self.check(top.reply)
        elif isinstance(top, Struct):
            self.check(top)
        elif not 1 <= len(top.values) <= 256:
            self.fail(f'enum {top.name} needs 1 to 256 values')
        else:
            self.add_name(top)
        self.items.append(top)

    def check(self, s):
        self.add_name(s)
        if s.wire()[1] >= LIMIT:
            self.fail(f'{s.name} may become larger than 2 GiB')

    def add_name(self, item):
        if item.name in self.names or item.name in ('call', 'calls', 'types'):
            self.fail(f'{item.name} is defined twice')
        self.names[item.name] = item

    def field(self, struct, text):
        words = text.split(None, 1)
        if len(words) != 2:
            self.fail('expected a name and a type')
        f = Field(self.name(words[0]), self.take_doc())
        if any(o.name == f.name for o in struct.fields):
            self.fail(f'{f.name} is there twice')
        self.shape(f, words[1].replace(' ', ''))
        if f.shape == 'LIST' and f.item[0] == 0:
            self.fail('a list needs items that cannot be empty on the wire')
        struct.fields.append(f)

    def shape(self, f, text):
        m = re.match(r'list\((.*),(\d+)\)$', text)
        if m:
            f.shape, f.list_max, text = 'LIST', int(m[2]), m[1]
        m = re.match(r'opt\((.*)\)$', text)
        if m and f.shape == 'ONE':
            f.shape, text = 'OPT', m[1]
        self.base_type(f, text)

    def base_type(self, f, text):
        m = re.match(r'(?:str|bytes)\((\d+)\)$', text)
        if text in INTS:
            f.kind, f.c_type = text.upper(), INTS[text][0]
            f.item = (INTS[text][1],) * 2
        elif m:
            f.kind, f.c_type, f.max = 'STR', 'struct str', int(m[1])
            f.item = (4, 4 + f.max)
        elif isinstance(self.names.get(text), Enum):
            f.kind, f.c_type = 'ENUM', f'enum {self.prefix}_{text}'
            f.max, f.item = len(self.names[text].values), (1, 1)
        elif isinstance(self.names.get(text), Struct):
            f.kind, f.c_type, f.sub = 'STRUCT', f'struct {self.prefix}_{text}', text
            f.item = self.names[text].wire()
        else:
            self.fail(f'unknown type: {text}')


def comment(doc, indent=''):
    if not doc:
        return []
    if len(doc) == 1:
        return [f'{indent}/* {doc[0]} */']
    lines = [f'{indent}/* {doc[0]}'] + [f'{indent} * {d}'.rstrip() for d in doc[1:]]
    return lines[:-1] + [lines[-1] + ' */']


class Writer:
    def __init__(self, parser):
        self.p = parser.prefix
        self.items = parser.items
        self.h, self.c = [], []

    def structs(self):
        for item in self.items:
            if isinstance(item, Struct):
                yield item
            elif isinstance(item, Call):
                yield item.request
                yield item.reply

    def calls(self):
        return [i for i in self.items if isinstance(i, Call)]

    def enum(self, name, doc, values, count):
        up = f'{self.p}_{name}'.upper()
        self.h += comment(doc) + [f'enum {self.p}_{name} {{']
        for value, value_doc in values:
            self.h += comment(value_doc, '\t') + [f'\t{up}_{value.upper()},']
        self.h += [f'\t{up}_{count}', '};', f'const char *{self.p}_{name}_name'
                   f'(enum {self.p}_{name} v);', '']
        self.c += [f'const char *{self.p}_{name}_name(enum {self.p}_{name} v)', '{',
                   '\tstatic const char *const names[] = {']
        self.c += [f'\t\t"{value}",' for value, _ in values]
        self.c += ['\t};', '',
                   f'\treturn (unsigned)v < {len(values)} ? names[v] : "?";', '}', '']

    def struct(self, s):
        full = f'{self.p}_{s.name}'
        self.h += comment(s.doc) + [f'struct {full} {{']
        for f in s.fields:
            self.h += comment(f.doc, '\t')
            if f.shape == 'OPT':
                self.h += [f'\tbool has_{f.name};']
            star = '*' if f.shape == 'LIST' else ''
            self.h += [f'\t{f.c_type} {star}{f.name};']
            if f.shape == 'LIST':
                self.h += [f'\tsize_t {f.name}_n;']
        self.h += ['};', f'extern const struct wire_type {full}_type;',
                   f'static inline void {full}_write(struct buf *b, const struct {full} *v)', '{',
                   f'\twire_write(b, &{full}_type, v);', '}',
                   f'static inline struct err {full}_read(struct str in, struct arena *a,',
                   f'\tstruct {full} *ret)', '{',
                   f'\treturn wire_read(in, a, &{full}_type, ret);', '}', '']
        self.table(s, full)

    def table(self, s, full):
        low, high = s.wire()
        if s.fields:
            self.c += [f'static const struct wire_field {full}_fields[] = {{']
            self.c += [f'\t{self.row(f, full)},' for f in s.fields]
            self.c += ['};']
        fields = f'{full}_fields' if s.fields else 'NULL'
        self.c += [f'const struct wire_type {full}_type = {{',
                   f'\t"{s.name}", sizeof(struct {full}), {low}, {high}, {fields}, '
                   f'{len(s.fields)}', '};', '']

    def row(self, f, full):
        extra = {'ONE': None, 'OPT': f'has_{f.name}', 'LIST': f'{f.name}_n'}[f.shape]
        parts = [f'"{f.name}"', f'WIRE_{f.kind}', f'WIRE_{f.shape}', str(f.max), str(f.list_max),
                 f'offsetof(struct {full}, {f.name})',
                 f'offsetof(struct {full}, {extra})' if extra else '0',
                 f'&{self.p}_{f.sub}_type' if f.sub else 'NULL']
        return '{' + ', '.join(parts) + '}'

    def call_table(self):
        calls = self.calls()
        if not calls:
            return
        up = f'{self.p}_CALL_N'.upper()
        self.enum('call', ['The number of every call.'], [(c.name, c.doc) for c in calls], 'N')
        self.h += [f'extern const struct wire_call {self.p}_calls[{up}];', '']
        self.c += [f'const struct wire_call {self.p}_calls[{up}] = {{']
        for c in calls:
            full = f'{self.p}_{c.name}'
            self.h += ['/* For IPC_CALL: the number, and the types checked. */',
                       f'static inline unsigned {full}_call(const struct {full}_request *request,',
                       f'\tconst struct {full}_reply *reply)', '{', '\t(void)request;',
                       '\t(void)reply;',
                       f'\treturn {self.p.upper()}_CALL_{c.name.upper()};', '}', '']
            self.c += [f'\t{{"{c.name}", &{self.p}_{c.name}_request_type, '
                       f'&{self.p}_{c.name}_reply_type, {c.request.fds}, {c.reply.fds}}},']
        self.c += ['};', '']

    def type_table(self):
        names = [s.name for s in self.structs()]
        self.h += ['/* Every struct of this file, for tests that walk them. */',
                   f'extern const struct wire_type *const {self.p}_types[];',
                   f'extern const size_t {self.p}_types_n;', '']
        self.c += [f'const struct wire_type *const {self.p}_types[] = {{']
        self.c += [f'\t&{self.p}_{n}_type,' for n in names]
        self.c += ['};', f'const size_t {self.p}_types_n = {len(names)};']

    def write(self, source, out_h, out_c):
        guard = f'MOX_IDL_{os.path.basename(out_h).upper().replace(".", "_")}'
        made = f'/* Made of {os.path.basename(source)} by tools/idl.py. Do not edit. */'
        self.h += [made, f'#ifndef {guard}', f'#define {guard}', '', '#include "base/wire.h"', '']
        self.c += [made, f'#include "idl/{os.path.basename(out_h)}"', '']
        for item in self.items:
            if isinstance(item, Enum):
                self.enum(item.name, item.doc, item.values, 'N')
            elif isinstance(item, Struct):
                self.struct(item)
            else:
                self.struct(item.request)
                self.struct(item.reply)
        self.call_table()
        self.type_table()
        self.h += ['#endif']
        for path, lines in ((out_h, self.h), (out_c, self.c)):
            with open(path, 'w', encoding='utf-8') as f:
                f.write('\n'.join(lines) + '\n')


def generate(source, out_h, out_c):
    try:
        Writer(Parser(source).parse()).write(source, out_h, out_c)
    except Bad as e:
        sys.exit(str(e))
