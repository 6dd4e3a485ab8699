#!/usr/bin/python3
"""Shares a time among all fuzz targets (./dev fuzz).

    -minutes N    wall time in all, 60
    NAME...       only targets whose name contains one of these

A target runs with the corpus that is in the repository and with what earlier runs found, which is
kept in build-fuzz/corpus. What makes a target fail is kept in build-fuzz/crashes and ends the
run with status 1. A line for each target says how much it ran and what it covers.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-fuzz"
JOBS = os.cpu_count() or 2


def targets(names):
    found = sorted(p for p in (BUILD / "src").glob("*-fuzz") if p.is_file())
    return [t for t in found if not names or any(n in t.name for n in names)]


def run(target, seconds):
    name = target.name.removesuffix("-fuzz")
    kept = BUILD / "corpus" / name
    crashes = BUILD / "crashes" / name
    for folder in (kept, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    corpus = ROOT / "test" / "corpus" / name
    argv = [str(target), f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=3000",
            f"-artifact_prefix={crashes}/", "-print_final_stats=1", str(kept)]
    if corpus.is_dir():
        argv.append(str(corpus))
    return (name, *measured(argv, seconds + 600))


def measured(argv, deadline):
    """(what became of it, CPU seconds)"""
    with tempfile.TemporaryFile() as err:
        child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=err)
        killer = threading.Timer(deadline, child.kill)
        killer.start()
        _, status, usage = os.wait4(child.pid, 0)
        killer.cancel()
        err.seek(0)
        text = err.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(status)
    child.returncode = code
    return subprocess.CompletedProcess(argv, code, "", text), usage.ru_utime + usage.ru_stime


def summary(name, done, cpu):
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    return (f"{name}: {cpu / 60:.1f} CPU minutes, {runs[1] if runs else '?'} runs, "
            f"{covered[-1] if covered else '?'} places reached")


def main():
    args = sys.argv[1:]
    minutes = 60.0
    if "-minutes" in args:
        at = args.index("-minutes")
        minutes = float(args[at + 1])
        del args[at:at + 2]
    chosen = targets(args)
    if not chosen:
        sys.exit("no such fuzz target; ./dev fuzz without names runs all")
    seconds = max(1, int(minutes * 60 * JOBS / len(chosen)))
    print(f"{len(chosen)} targets, {seconds} CPU seconds each, {JOBS} at once", flush=True)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        jobs = [pool.submit(run, t, seconds) for t in chosen]
        for job in concurrent.futures.as_completed(jobs):
            name, done, cpu = job.result()
            print(summary(name, done, cpu), flush=True)
            if done.returncode:
                bad += 1
                print(f"{name} FAILED; the input is in build-fuzz/crashes/{name}\n{done.stderr[-3000:]}", flush=True)
    print(f"{len(chosen) - bad} targets without a finding, {bad} with")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
