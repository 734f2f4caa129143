"""Pins what test/engine installs: one version and one hash for each package of test/engine/requirements/*.in.

    python3.12 scripts/engine-lock.py        # x86-64 Linux; needs uv beside it (pip install uv)

The hash is that of the file which pip takes on this platform, so that an installation can't be given another one.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent.parent / 'test/engine/requirements'
WITH_DEPENDENCIES = {'server': ['--override', FOLDER / 'overrides.in'], 'parsers': ['--constraint', FOLDER / 'server.txt']}


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def stated(path):
    lines = [line.split('#')[0].strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line]


def resolved(name):
    path = FOLDER / f'{name}.in'
    if name not in WITH_DEPENDENCIES:
        return stated(path)
    text = run(sys.executable, '-m', 'uv', 'pip', 'compile', '--quiet', '--no-annotate', '--no-header', *WITH_DEPENDENCIES[name], path)
    return [line for line in text.splitlines() if line and not line.startswith('-')]


def pinned(requirements):
    """Requirements with the hashes of their files."""
    with tempfile.NamedTemporaryFile('r') as report:
        run(sys.executable, '-m', 'pip', 'install', '--quiet', '--dry-run', '--ignore-installed', '--no-deps', '--only-binary', ':all:',
            '--report', report.name, *requirements)
        found = json.load(report)['install']
    files = {(normal(one['metadata']['name']), one['metadata']['version']): one['download_info']['archive_info']['hashes'] for one in found}
    return [f'{name}=={version} --hash=sha256:{hashes["sha256"]}' for (name, version), hashes in sorted(files.items())]


def normal(name):
    return re.sub('[-_.]+', '-', name).lower()


for name in ('uv', 'server', 'parsers', 'engines'):
    requirements = resolved(name)
    # Of an engine, several versions are wanted, and each is asked for alone.
    batches = [[one] for one in requirements] if name == 'engines' else [requirements]
    lines = [line for batch in batches for line in pinned(batch)]
    (FOLDER / f'{name}.txt').write_text(f'# Made by scripts/engine-lock.py from {name}.in.\n' + '\n'.join(lines) + '\n')
    print(f'{name}: {len(lines)} packages', file=sys.stderr)
