/** Exit status after which the Job does not try again: trying again can't help. */
export const FINAL_FAILURE = 42;

/**
 * Downloads one commit, checks it, and writes the completion marker last. All input comes by environment variables.
 *
 * What is fetched: configuration, tokenizer and templates; then the shards that `model.safetensors.index.json` names, or else
 * `model.safetensors`, or else every safetensors file at the top level. So a second copy of the weights in the same repository
 * (`original/`, `consolidated.safetensors`) is left out. Pickle files are left out always.
 *
 * What is checked: every file that the hub lists and that is wanted exists (`snapshot_download` answers with what is there where the hub does
 * not answer), and each safetensors file is as long as its own header says. A file that is not is removed, so that the next try fetches it
 * again. The marker follows after everything is on the disk.
 */
export const DOWNLOAD_SCRIPT = `import errno
import fnmatch
import glob
import json
import os
import signal
import struct
import sys
import threading

FINAL = ${FINAL_FAILURE}
INDEX = 'model.safetensors.index.json'
SMALL_FILES = ['*.json', '*.jinja', '*.model', '*.tiktoken', '*.txt']
PICKLES = ['*.bin', '*.ckpt', '*.pickle', '*.pkl', '*.pt', '*.pth']
NEVER_HELPED_BY_RETRY = {'GatedRepoError', 'HFValidationError', 'RepositoryNotFoundError', 'RevisionNotFoundError'}

repository = os.environ['WEIGHTS_REPOSITORY']
revision = os.environ['WEIGHTS_REVISION']
target = os.environ['WEIGHTS_TARGET']
marker = os.environ['WEIGHTS_MARKER']
extra = json.loads(os.environ['WEIGHTS_EXTRA_FILES'])


def stop(status, sentence):
    print(sentence, file=sys.stderr, flush=True)
    sys.exit(status)


def say_progress(done):
    while not done.wait(60):
        size = 0
        for folder, _, leaves in os.walk(target):
            for leaf in leaves:
                try:
                    size += os.path.getsize(os.path.join(folder, leaf))
                except OSError:
                    pass
        print('%.1f GB on the volume' % (size / 1e9), flush=True)


def whole(path):
    try:
        size = os.path.getsize(path)
        with open(path, 'rb') as file:
            (length,) = struct.unpack('<Q', file.read(8))
            if length > size - 8:
                return False
            header = json.loads(file.read(length))
        ends = [tensor['data_offsets'][1] for name, tensor in header.items() if name != '__metadata__']
        return 8 + length + max(ends, default=0) == size
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error):
        return False


def flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def download():
    from huggingface_hub import HfApi, snapshot_download

    # A branch is followed once, so that all files are of one commit.
    repo = HfApi().model_info(repository, revision=revision)

    def bring(names):
        snapshot_download(repo_id=repository, revision=repo.sha, local_dir=target, allow_patterns=[glob.escape(name) for name in names])

    listed = [file.rfilename for file in repo.siblings if not matches(file.rfilename, PICKLES)]
    wanted = [name for name in listed if matches(name, SMALL_FILES + extra)]
    if not any(name in wanted for name in ('config.json', 'params.json')):
        stop(FINAL, 'the repository %s has no config.json at revision %s' % (repository, revision))
    if INDEX in wanted:
        bring(wanted)
        with open(os.path.join(target, INDEX)) as file:
            shards = set(json.load(file)['weight_map'].values())
        lacking = sorted(shards.difference(listed))
        if lacking:
            stop(FINAL, 'the repository %s lacks %d files that its index names, the first is %r' % (repository, len(lacking), lacking[0]))
    elif 'model.safetensors' in listed:
        shards = {'model.safetensors'}
    else:
        shards = {name for name in listed if name.endswith('.safetensors') and '/' not in name}
    if not shards:
        stop(FINAL, 'the repository %s has no safetensors files at revision %s; convert them, or fill a claim yourself' % (repository, revision))
    wanted = sorted(shards.union(wanted))
    bring(wanted)
    return repo.sha, wanted


def check(wanted):
    paths = [os.path.join(target, name) for name in wanted]
    broken = [path for path in paths if not os.path.isfile(path) or path.endswith('.safetensors') and not whole(path)]
    for path in broken:
        if os.path.exists(path):
            os.remove(path)
    if broken:
        stop(1, '%d of %d files are missing or cut short, the first is %s' % (len(broken), len(paths), broken[0]))
    return paths


def finish(commit, present):
    for path in present:
        flush(path)
    for folder in sorted({os.path.dirname(path) for path in present}):
        flush(folder)
    size = sum(os.path.getsize(path) for path in present)
    draft = '%s.%d' % (marker, os.getpid())
    with open(draft, 'w') as file:
        json.dump({'repository': repository, 'revision': commit, 'files': len(present), 'bytes': size}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, marker)
    flush(os.path.dirname(marker))
    print('complete: %d files, %.1f GB' % (len(present), size / 1e9), flush=True)


def main():
    if os.path.exists(marker):
        print('nothing to do: %s is there' % marker, flush=True)
        return
    try:
        os.makedirs(target, exist_ok=True)
        probe = os.path.join(target, '.writable')
        open(probe, 'w').close()
        os.remove(probe)
    except OSError as problem:
        stop(FINAL, 'user %d can not write to the volume: %s' % (os.getuid(), problem))
    print('downloading %s at %s' % (repository, revision), flush=True)
    done = threading.Event()
    threading.Thread(target=say_progress, args=(done,), daemon=True).start()
    try:
        commit, wanted = download()
        finish(commit, check(wanted))
    except ImportError as problem:
        stop(FINAL, 'the image can not download: %s' % problem)
    except Exception as problem:
        kinds = {kind.__name__ for kind in type(problem).__mro__}
        full = getattr(problem, 'errno', None) in (errno.ENOSPC, errno.EDQUOT)
        if full:
            stop(FINAL, 'the volume is full: state a larger sizeBytes (%s)' % problem)
        stop(FINAL if kinds & NEVER_HELPED_BY_RETRY else 1, '%s: %s' % (type(problem).__name__, problem))
    finally:
        done.set()


signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
main()
`;
