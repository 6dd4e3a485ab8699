"""Configuration: idl/config.idl -> C structs and the tables that src/idl/record reads.

A file is tab-indented text. A line that begins with # is a comment; comments directly above
something are its documentation, carried to C and to the annotated example. The first line is
`prefix NAME`. Then, each before its use:

    enum NAME               one value a line, as it is written in the configuration
    record NAME             fields: `Key type attribute...`

Types: those of src/idl/scalar.h in small letters, a record's or an enum's name; list(T), map(T).
Attributes: required; later (nothing uses it yet); zero (0 is a value and not "the default");
default=V; example=V (for the annotated example); key=V (of a map, for the same); range=A..B;
name=N (the field's name in C, where the one made of the key is ugly).

In C, `SMTPMaxMessageSize size` is `int64_t smtp_max_message_size`; a duration's name ends in _ms.
"""
import os
import re

# name: C type, range
SCALARS = {
    'string': 'struct str', 'bool': 'bool', 'int': 'int64_t', 'size': 'int64_t',
    'duration': 'int64_t', 'float': 'double', 'regexp': 'struct str', 'ip': 'struct str',
    'domain_name': 'struct str', 'account_name': 'struct str', 'mailbox': 'struct str',
    'url': 'struct str', 'hostport': 'struct str',
    'ip_port': 'struct str', 'ip_net': 'struct str'}
RANGES = {'int': ('0', 'INT32_MAX'), 'size': ('0', 'INT64_MAX'), 'float': ('0', '1'),
          'duration': ('0', 'IDL_DURATION_MAX')}
FIELD = re.compile(r'([A-Z][A-Za-z0-9]*) (?:(list|map)\(([a-z_0-9]+)\)|([a-z_0-9]+))((?: \S+)*)$')


class Bad(Exception):
    pass


def c_name(key):
    """FromIDLoginAddresses -> from_id_login_addresses, IPs -> ips"""
    key = re.sub(r'(?<=[A-Z])s(?![a-z])', 'S', key)
    key = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', key)
    return re.sub(r'([A-Z]+)([A-Z][a-z])', r'\1_\2', key).lower()


def c_string(text):
    return 'NULL' if text is None else '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


class Field:
    def __init__(self, key, shape, type_name, doc, attrs):
        self.key, self.type, self.doc = key, type_name, doc
        self.shape = {'list': 'IDL_LIST', 'map': 'IDL_MAP', None: 'IDL_ONE'}[shape]
        self.flags, self.values = [], {}
        for a in attrs:
            if '=' in a:
                self.values.update([a.split('=', 1)])
            else:
                self.flags.append(a)
        self.name = self.values.get('name') or c_name(key)
        if type_name == 'duration':
            self.name += '_ms'


class File:
    def __init__(self, path):
        self.path, self.number = path, 0
        self.prefix, self.enums, self.records, self.docs = None, {}, {}, {}
        self.top, self.doc = None, []

    def fail(self, text):
        raise Bad(f'{self.path}:{self.number}: {text}')

    def parse(self):
        with open(self.path, encoding='utf-8') as f:
            for self.number, line in enumerate(f, 1):
                text = line.strip()
                if text.startswith('#'):
                    self.doc.append(text[1:].strip())
                    continue
                if text and not line.startswith('\t'):
                    self.top_line(*text.split(' ', 1))
                elif text:
                    self.inner_line(text)
                self.doc = []
        return self

    def top_line(self, word, name):
        if word == 'prefix':
            self.prefix = name
        elif word in ('enum', 'record') and name not in {**self.enums, **self.records, **SCALARS}:
            self.top = self.enums.setdefault(name, []) if word == 'enum' \
                else self.records.setdefault(name, [])
            self.docs[name] = ' '.join(self.doc)
        else:
            self.fail(f'unexpected line, or {name} is there already')

    def inner_line(self, text):
        if any(self.top is e for e in self.enums.values()):
            self.top.append(text)
            return
        m = FIELD.match(text)
        if not m:
            self.fail(f'expected "Key type attribute...", got "{text}"')
        key, shape, many, one, attrs = m.groups()
        field = Field(key, shape, many or one, ' '.join(self.doc), attrs.split())
        self.field_check(field)
        self.top.append(field)

    def field_check(self, field):
        if not {**SCALARS, **self.enums, **self.records}.get(field.type):
            self.fail(f'unknown type {field.type}')
        if set(field.flags) - {'required', 'later', 'zero'}:
            self.fail(f'unknown attribute in {field.flags}')
        if set(field.values) - {'default', 'example', 'key', 'range', 'name'}:
            self.fail(f'unknown attribute in {list(field.values)}')
        if not field.doc:
            self.fail(f'{field.key} has no documentation')
        if (field.shape == 'IDL_MAP') != ('key' in field.values):
            self.fail('key= belongs to a map, and each map has it')
        if any(f.key == field.key or f.name == field.name for f in self.top):
            self.fail(f'{field.key} is there already')


class Writer:
    def __init__(self, file):
        self.f, self.p = file, file.prefix

    def value_type(self, field):
        if field.type in self.f.records:
            return f'struct {self.p}_{field.type}'
        if field.shape == 'IDL_MAP':
            return 'struct idl_pair'
        return SCALARS.get(field.type) or f'enum {self.p}_{field.type}'

    def member(self, field):
        t, is_record = self.value_type(field), field.type in self.f.records
        if field.shape != 'IDL_ONE':
            return f'\t{t} *{field.name};\n\tsize_t {field.name}_n;\n'
        return f'\t{t} {"*" if is_record else ""}{field.name};\n'

    def enum(self, name, values):
        up = f'{self.p}_{name}'.upper()
        names = [f'{up}_' + re.sub(r'[^A-Z0-9]', '_', v.upper()) for v in values]
        return f'enum {self.p}_{name} {{\n\t{up}_UNSET,\n' + ''.join(f'\t{n},\n' for n in names) \
            + '};\n' + f'extern const struct idl_type {self.p}_{name}_type;\n'

    def struct(self, name, fields):
        return f'/* {self.f.docs[name]} */\nstruct {self.p}_{name} {{\n' \
            '\tstruct str name; /* its key, in a map */\n\tuint32_t line;\n' \
            + ''.join(self.member(f) for f in fields) \
            + '\tstruct {\n\t\tuint32_t ' + ', '.join(f.name for f in fields) \
            + ';\n\t} line_of;\n};\n' \
            f'extern const struct idl_record {self.p}_{name}_record;\n'

    def header(self):
        guard = f'MOX_IDL_{self.p}_CONFIG_H'.upper()
        parts = [self.enum(*e) for e in self.f.enums.items()]
        parts += [self.struct(*r) for r in self.f.records.items()]
        return f'/* Made of {os.path.basename(self.f.path)} by tools/idl.py. */\n' \
            f'#ifndef {guard}\n#define {guard}\n\n#include "idl/record.h"\n\n' \
            + '\n'.join(parts) + '\n#endif\n'

    def enum_init(self, name):
        return f'{{.kind = IDL_ENUM, .choices = {name}_choices, ' \
            f'.choices_n = ARRAY_LEN({name}_choices)}}'

    def type_init(self, field):
        if field.type in self.f.records:
            return '{.kind = IDL_STRUCT}'
        if field.type in self.f.enums:
            return self.enum_init(field.type)
        low, high = RANGES.get(field.type, ('0', '0'))
        if 'range' in field.values:
            low, high = field.values['range'].split('..')
        return f'{{.kind = IDL_{field.type.upper()}, .min = {low}, .max = {high}}}'

    def field_init(self, name, f):
        struct = f'struct {self.p}_{name}'
        flags = ' | '.join('IDL_' + x.upper() for x in f.flags) or '0'
        record = f'&{self.p}_{f.type}_record' if f.type in self.f.records else 'NULL'
        n = f'offsetof({struct}, {f.name}_n)' if f.shape != 'IDL_ONE' else '0'
        texts = ', '.join(c_string(f.values.get(v)) for v in ('default', 'example', 'key'))
        return f'\t{{"{f.key}", {c_string(f.doc)}, {f.shape}, {flags},\n' \
            f'\t {self.type_init(f)}, {record}, {texts},\n' \
            f'\t offsetof({struct}, {f.name}), {n}, offsetof({struct}, line_of.{f.name})}},\n'

    def record(self, name, fields):
        return f'static const struct idl_field {name}_fields[] = {{\n' \
            + ''.join(self.field_init(name, f) for f in fields) + '};\n' \
            f'const struct idl_record {self.p}_{name}_record = {{"{name}", ' \
            f'{c_string(self.f.docs[name])}, sizeof(struct {self.p}_{name}), ' \
            f'{name}_fields, ARRAY_LEN({name}_fields)}};\n'

    def source(self, header):
        parts = [f'static const char *const {n}_choices[] = {{'
                 + ', '.join(c_string(v) for v in values) + '};\n'
                 f'const struct idl_type {self.p}_{n}_type = {self.enum_init(n)};\n'
                 for n, values in self.f.enums.items()]
        parts += [self.record(*r) for r in self.f.records.items()]
        return f'#include "idl/{os.path.basename(header)}"\n\n' + '\n'.join(parts)


def generate(path, out_h, out_c):
    w = Writer(File(path).parse())
    with open(out_h, 'w', encoding='utf-8') as f:
        f.write(w.header())
    with open(out_c, 'w', encoding='utf-8') as f:
        f.write(w.source(out_h))
