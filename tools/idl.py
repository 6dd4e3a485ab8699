#!/usr/bin/env python3
"""Makes C of a definition: idl.py KIND INPUT OUT.h OUT.c, where KIND is a module idl_KIND beside
this file with a function generate(input, out_h, out_c)."""
import importlib
import sys

sys.dont_write_bytecode = True

if __name__ == '__main__':
    kind, *paths = sys.argv[1:]
    importlib.import_module('idl_' + kind).generate(*paths)
